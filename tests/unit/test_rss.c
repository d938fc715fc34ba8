// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <stdio.h>

#include "attach/attachment.h"
#include "attach/cpumap_stats.h"
#include "program/rss.h"

TEST(names_lead_to_programs)
{
	char program[64];
	enum rss rss;

	for (enum rss i = RSS_NONE + 1; i < RSS_COUNT; i++) {
		assert_true(rss_parse(rss_name(i), &rss));
		assert_int_equal(rss, i);
		snprintf(program, sizeof(program), "%s_%s", i == RSS_AUTO ? "xdp_wg" : "rss",
			 rss_name(i));
		assert_string_equal(rss_program(i), program);
		assert_int_equal(rss_is_bound(i), i == RSS_RX_HASH);
	}
	assert_true(rss_parse("none", &rss));
	assert_int_equal(rss, RSS_NONE);
	assert_false(rss_parse("", &rss));
}

TEST(attached_programs_have_names)
{
	struct attachment entry = { .hook = HOOK_XDP };

	assert_string_equal(attachment_program(&entry), XDP_WG_PROG);
	entry.rss = RSS_INNER_FLOW;
	assert_string_equal(attachment_program(&entry), "rss_inner_flow");
	entry = (struct attachment){ .hook = HOOK_TC };
	assert_string_equal(attachment_program(&entry), XDP_WG_TC_PROG);
}

/* The kernel cuts names off, and goes by them no less. */
TEST(names_differ_in_the_kernel)
{
	for (enum rss i = RSS_NONE + 1; i < RSS_COUNT; i++)
		for (enum rss j = i + 1; j < RSS_COUNT; j++)
			assert_int_not_equal(strncmp(rss_program(i), rss_program(j), 15), 0);
}

TEST(shares_are_of_the_total)
{
	static struct cpumap_stats queues;

	assert_true(cpumap_stats_share(&queues, 0) == 0);
	queues.cpus[0].queued = 30;
	queues.cpus[7].queued = 10;
	queues.cpus[7].lost = 5;
	assert_int_equal(cpumap_stats_total(&queues), 40);
	assert_true(cpumap_stats_share(&queues, 0) == 75);
	assert_true(cpumap_stats_share(&queues, 7) == 25);
	assert_true(cpumap_stats_share(&queues, 1) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_to_programs),
		cmocka_unit_test(attached_programs_have_names),
		cmocka_unit_test(names_differ_in_the_kernel),
		cmocka_unit_test(shares_are_of_the_total),
	};

	return cmocka_run_group_tests_name("rss", tests, NULL, NULL);
}
