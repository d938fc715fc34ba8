// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <string.h>

#include "netns/ports.h"

enum {
	ETH0,
	ETH1,
	BRIDGE,
	VLAN,
	DEVICES,
};

static struct snapshot_device devices[DEVICES];
static const struct snapshot snapshot = { .devices = devices, .count = DEVICES };
static struct port_list ports;

/* A bridge of both ports, and a VLAN device on it. */
static int set_up(void **state __attribute__((unused)))
{
	static const struct snapshot_device good[DEVICES] = {
		[ETH0] = { .ifindex = 2, .name = "eth0", .up = true, .master = 4 },
		[ETH1] = { .ifindex = 3, .name = "eth1", .up = true, .master = 4 },
		[BRIDGE] = { .ifindex = 4,
			     .name = "br0",
			     .up = true,
			     .bridge = true,
			     .forwards = { true, false } },
		[VLAN] = { .ifindex = 5,
			   .name = "br0.7",
			   .up = true,
			   .lower = 4,
			   .tag = 7,
			   .forwards = { false, true } },
	};

	memcpy(devices, good, sizeof(devices));
	return 0;
}

static int tear_down(void **state __attribute__((unused)))
{
	ports_free(&ports);
	return 0;
}

static void collect(size_t count)
{
	ports_free(&ports);
	assert_int_equal(ports_collect(&snapshot, &ports), 0);
	assert_int_equal(ports.count, count);
}

static void expect(size_t index, const char *above, const char *name, int outer, int inner)
{
	assert_string_equal(ports.entries[index].above, above);
	assert_string_equal(ports.entries[index].name, name);
	assert_int_equal(ports.entries[index].tags[0], outer);
	assert_int_equal(ports.entries[index].tags[1], inner);
}

TEST(bridges_have_ports)
{
	collect(4);
	expect(0, "br0", "eth0", 0, 0);
	expect(1, "br0", "eth1", 0, 0);
	expect(2, "br0.7", "eth0", 7, 0);
	expect(3, "br0.7", "eth1", 7, 0);
}

TEST(tags_are_told_from_outside)
{
	devices[BRIDGE] = (struct snapshot_device){
		.ifindex = 4, .name = "eth0.9", .up = true, .lower = 2, .tag = 9
	};
	devices[ETH0].master = devices[ETH1].master = 0;
	collect(1);
	expect(0, "br0.7", "eth0", 9, 7);

	/* The fast path knows two. */
	devices[ETH0].lower = 3;
	devices[ETH0].tag = 1;
	collect(0);
}

TEST(what_does_not_forward_is_not_shown)
{
	devices[BRIDGE].forwards[FAMILY_IPV4] = false;
	devices[VLAN].up = false;
	collect(0);
	devices[BRIDGE].underlay = true;
	collect(2);
}

/* In another network namespace, perhaps; and what is above itself is a mistake. */
TEST(ways_end)
{
	devices[VLAN].lower = 99;
	collect(2);
	devices[VLAN].lower = 5;
	collect(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bridges_have_ports, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tags_are_told_from_outside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_does_not_forward_is_not_shown, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(ways_end, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
