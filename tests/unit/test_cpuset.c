// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <stdbool.h>

#include <errno.h>
#include <stdlib.h>

#include "util/cpuset.h"
#include "util/log.h"

static struct cpuset of(const char *list)
{
	struct cpuset cpus = {};

	assert_int_equal(cpuset_parse(list, &cpus), 0);
	return cpus;
}

static void assert_cpus(const char *list, __u64 mask)
{
	struct cpuset cpus = of(list);

	for (int cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++)
		assert_int_equal(cpus.has[cpu], cpu < 64 && (mask >> cpu & 1));
}

/* Whether this is how many entries of the table one of so many CPUs has. */
static bool is_share(unsigned int entries, unsigned int cpus)
{
	return entries == XDP_WG_RSS_TABLE / cpus || entries == XDP_WG_RSS_TABLE / cpus + 1;
}

TEST(lists_are_read)
{
	assert_cpus("0", 0x1);
	assert_cpus("0,1,4-7", 0xf3);
	assert_cpus("5-5", 0x20);
	assert_cpus("3,1,1-2", 0xe);
	assert_cpus("00,063", 1ULL << 63 | 1);
	assert_true(of("1020-1023").has[1023]);
}

TEST(malformed_lists_are_refused)
{
	/* clang-format off */
	static const char *const lists[] = {
		"",    ",",	  "0,",	 ",0",	  "0,,1",   "-",
		"-1",  "1-",	  "2-1", "1-2-3", "a",	    "0x1",
		"1 ",  " 1",	  "+1",	 "1024",  "0-1024", "99999999999999999999",
		"1;2", "0-3:1/2",
	};
	/* clang-format on */
	struct cpuset cpus;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		assert_int_equal(cpuset_parse(lists[i], &cpus), -EINVAL);
}

TEST(excluded_are_left_out)
{
	struct cpuset online = of("0-3"), possible = of("0-7"), excluded = of("1-2"), allowed;
	struct cpuset none = {};

	assert_int_equal(cpuset_allow(&online, &possible, &excluded, &allowed), 0);
	for (int cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++)
		assert_int_equal(allowed.has[cpu], cpu == 0 || cpu == 3);
	assert_int_equal(cpuset_allow(&online, &possible, &none, &allowed), 0);
	assert_memory_equal(&allowed, &online, sizeof(online));
}

TEST(only_online_ones_can_be_excluded)
{
	struct cpuset online = of("0-3"), possible = of("0-7"), allowed;
	struct cpuset offline = of("4"), impossible = of("0,8"), all = of("0-3");

	assert_int_equal(cpuset_allow(&online, &possible, &offline, &allowed), -EINVAL);
	assert_int_equal(cpuset_allow(&online, &possible, &impossible, &allowed), -EINVAL);
	assert_int_equal(cpuset_allow(&online, &possible, &all, &allowed), -EINVAL);
}

TEST(machine_has_cpus)
{
	struct cpuset online, possible, none = {}, allowed;

	assert_int_equal(cpuset_online(&online, &possible), 0);
	assert_int_equal(cpuset_allow(&online, &possible, &none, &allowed), 0);
}

TEST(table_is_even)
{
	__u32 table[XDP_WG_RSS_TABLE], entries[1024] = {};
	struct cpuset allowed = of("1,5,1023");

	cpuset_fill(&allowed, table, XDP_WG_RSS_TABLE);
	for (size_t i = 0; i < XDP_WG_RSS_TABLE; i++)
		entries[table[i]]++;
	assert_int_equal(entries[1] + entries[5] + entries[1023], XDP_WG_RSS_TABLE);
	assert_true(is_share(entries[1], 3));
	assert_true(is_share(entries[5], 3));
	assert_true(is_share(entries[1023], 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read),
		cmocka_unit_test(malformed_lists_are_refused),
		cmocka_unit_test(excluded_are_left_out),
		cmocka_unit_test(only_online_ones_can_be_excluded),
		cmocka_unit_test(machine_has_cpus),
		cmocka_unit_test(table_is_even),
	};

	log_init();
	return cmocka_run_group_tests_name("cpus", tests, NULL, NULL);
}
