// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "diagnose/diagnose.h"

/*
 * A router as it should be: eth0 to the inside, eth1 to the outside, wg0 over eth1. The tests
 * take something away from it.
 */
enum {
	ETH0,
	ETH1,
	WG0,
	LO,
	DEVICES,
};

static struct snapshot_device devices[DEVICES];
static struct snapshot snapshot = { .devices = devices, .count = DEVICES };
static struct diagnosis diagnosis;

static int set_up(void **state __attribute__((unused)))
{
	static const struct snapshot_device good[DEVICES] = {
		[ETH0] = { .ifindex = 2,
			   .name = "eth0",
			   .up = true,
			   .loaded = true,
			   .native = true,
			   .transmits = true,
			   .forwards = { true, true } },
		[ETH1] = { .ifindex = 3,
			   .name = "eth1",
			   .up = true,
			   .loaded = true,
			   .native = true,
			   .transmits = true,
			   .forwards = { true, true },
			   .underlay = true },
		[WG0] = { .ifindex = 4,
			  .name = "wg0",
			  .up = true,
			  .wireguard = true,
			  .forwards = { true, true },
			  .routed = { true, true },
			  .peers = 2,
			  .sessions = 1 },
		[LO] = { .ifindex = 1, .name = "lo", .up = true },
	};

	memcpy(devices, good, sizeof(devices));
	snapshot.policies_in = snapshot.policies_out = snapshot.policies_forward = 0;
	return 0;
}

static void expect(size_t index, const char *words, bool blocking)
{
	assert_true(diagnosis.count > index);
	if (!strstr(diagnosis.findings[index].text, words))
		fail_msg("\"%s\" is not about \"%s\"", diagnosis.findings[index].text, words);
	assert_int_equal(diagnosis.findings[index].blocking, blocking);
}

TEST(good_router_has_no_findings)
{
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);
	assert_null(diagnose_reason(&diagnosis));
}

TEST(no_wireguard_device_hides_all_else)
{
	devices[WG0].wireguard = false;
	devices[ETH0].transmits = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "no WireGuard device in", true);
}

TEST(no_devices_at_all)
{
	struct snapshot none = {};

	diagnose(&none, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "no WireGuard device in", true);
}

TEST(wireguard_device_is_down)
{
	devices[WG0].up = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "up: wg0", true);
}

TEST(no_route_to_wireguard_device)
{
	devices[WG0].routed[FAMILY_IPV4] = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);
	devices[WG0].routed[FAMILY_IPV6] = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "no route leads to a WireGuard device (wg0)", true);
}

TEST(forwarding_is_off)
{
	for (int i = 0; i < DEVICES; i++)
		devices[i].forwards[FAMILY_IPV4] = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "IPv4 forwarding is off: turn it on (sysctl -w net.ipv4.ip_forward=1)", false);

	for (int i = 0; i < DEVICES; i++)
		devices[i].forwards[FAMILY_IPV6] = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 2);
	expect(0, "IPv4 forwarding is off", true);
	expect(1, "net.ipv6.conf.all.forwarding=1", true);
}

TEST(unused_family_does_not_need_forwarding)
{
	devices[WG0].routed[FAMILY_IPV6] = false;
	for (int i = 0; i < DEVICES; i++)
		devices[i].forwards[FAMILY_IPV6] = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);

	for (int i = 0; i < DEVICES; i++)
		devices[i].forwards[FAMILY_IPV4] = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "IPv4 forwarding is off", true);
}

TEST(forwarding_is_off_on_some)
{
	devices[ETH0].forwards[FAMILY_IPV4] = false;
	devices[WG0].forwards[FAMILY_IPV4] = false;
	devices[LO].forwards[FAMILY_IPV4] = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "IPv4 forwarding is off on eth0, wg0", false);
}

TEST(no_peer_and_no_session)
{
	devices[WG0].sessions = 0;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "no WireGuard peer has a session", true);

	devices[WG0].peers = 0;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "no WireGuard device has a peer (wg0)", true);
}

TEST(egress_cannot_transmit)
{
	devices[ETH1].transmits = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "eth1 cannot transmit XDP frames", false);

	devices[ETH0].transmits = false;
	devices[ETH0].veth = true;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 2);
	expect(0, "eth0 cannot transmit XDP frames: turn GRO on", true);
	expect(1, "eth1 cannot transmit XDP frames", true);
}

/* Of a route that leaves by a VLAN device, the port below is what has to transmit. */
TEST(egress_below_vlan)
{
	struct snapshot_device below[DEVICES + 2];
	struct snapshot wider = { .devices = below, .count = ARRAY_SIZE(below) };

	devices[ETH1].loaded = false;
	devices[ETH1].lower = 7;
	memcpy(below, devices, sizeof(devices));
	below[DEVICES] =
		(struct snapshot_device){ .ifindex = 7, .name = "outer", .up = true, .lower = 8 };
	below[DEVICES + 1] = (struct snapshot_device){ .ifindex = 8,
						       .name = "port",
						       .up = true,
						       .loaded = true,
						       .native = true,
						       .forwards = { true, true } };
	assert_ptr_equal(snapshot_port(&wider, &below[ETH0]), &below[ETH0]);
	assert_ptr_equal(snapshot_port(&wider, &below[ETH1]), &below[DEVICES + 1]);
	below[ETH1].transmits = false;
	diagnose(&wider, &diagnosis);
	expect(0, "port cannot transmit XDP frames", false);
	below[DEVICES + 1].loaded = false;
	diagnose(&wider, &diagnosis);
	expect(0, "port cannot transmit XDP frames", false);
	/* And that is said once. */
	below[LO] = below[ETH1];
	below[LO].ifindex = 9;
	diagnose(&wider, &diagnosis);
	assert_int_equal(diagnosis.count, 2);
	expect(0, "port cannot transmit XDP frames", false);
	expect(1, "only packets to encrypt can go fast", false);
	below[LO] = devices[LO];
	below[DEVICES + 1].lag = true;
	diagnose(&wider, &diagnosis);
	expect(0, "port is a bond or team, ", false);
	below[ETH1].lower = 99;
	diagnose(&wider, &diagnosis);
	expect(0, "eth1 cannot transmit XDP frames", false);
}

TEST(skb_mode_does_not_need_xdp_egress)
{
	devices[ETH0].native = devices[ETH1].native = false;
	devices[ETH0].transmits = devices[ETH1].transmits = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);

	devices[ETH0].native = true;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 2);
	expect(0, "eth0", false);
	expect(1, "eth1", false);
}

TEST(ipsec_policies)
{
	snapshot.policies_in = 2;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "IPsec policies (2 in, 0 out, 0 forward)", false);

	snapshot.policies_out = 1;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "IPsec policies (2 in, 1 out, 0 forward)", true);

	snapshot.policies_in = snapshot.policies_out = 0;
	snapshot.policies_forward = 3;
	diagnose(&snapshot, &diagnosis);
	expect(0, "IPsec policies (0 in, 0 out, 3 forward)", true);
}

TEST(devices_are_found)
{
	assert_ptr_equal(snapshot_device(&snapshot, 3), &devices[ETH1]);
	assert_null(snapshot_device(&snapshot, 5));
}

TEST(interface_is_down)
{
	devices[ETH0].up = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "down: eth0", false);
	devices[ETH1].up = false;
	diagnose(&snapshot, &diagnosis);
	expect(0, "down: eth0, eth1", true);
}

TEST(reason_is_the_first_blocking_one)
{
	devices[ETH0].up = false;
	devices[WG0].sessions = 0;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 2);
	assert_non_null(strstr(diagnose_reason(&diagnosis)->text, "session"));

	devices[WG0].sessions = 1;
	diagnose(&snapshot, &diagnosis);
	assert_non_null(strstr(diagnose_reason(&diagnosis)->text, "down: eth0"));
}

TEST(ports_of_a_bridge)
{
	devices[LO] = (struct snapshot_device){ .ifindex = 9, .name = "br-lan", .up = true };
	devices[ETH0].master = 9;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);

	devices[LO].bridge = devices[LO].filters_vlans = true;
	devices[LO].forwards[FAMILY_IPV4] = devices[LO].forwards[FAMILY_IPV6] = true;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "eth0 is a port of br-lan", false);
	expect(0, "(load --hook tc br-lan)", false);

	devices[ETH1].loaded = devices[ETH1].underlay = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "eth0 is a port of br-lan", true);

	devices[LO].filters_vlans = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);
}

/* What the port of a bridge does with packets is the bridge's setting. */
TEST(bridges_forward)
{
	devices[LO] = (struct snapshot_device){ .ifindex = 9,
						.name = "br-lan",
						.up = true,
						.bridge = true,
						.forwards = { true, true } };
	devices[ETH0].master = 9;
	devices[ETH0].forwards[FAMILY_IPV4] = devices[ETH0].forwards[FAMILY_IPV6] = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);

	devices[LO].forwards[FAMILY_IPV4] = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "IPv4 forwarding is off on br-lan", false);
}

/* Packets of a tunnel arrive at the port, whatever is between. */
TEST(ports_of_the_outside)
{
	devices[ETH0].ethernet = devices[ETH1].ethernet = true;
	devices[LO] = (struct snapshot_device){ .ifindex = 9,
						.name = "wan",
						.up = true,
						.ethernet = true,
						.underlay = true,
						.transmits = true };
	devices[ETH1].underlay = false;
	devices[LO].lower = 3;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);

	devices[ETH1].loaded = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "those to decrypt arrive at eth1, where nothing is loaded", false);

	devices[LO].lower = 0;
	devices[LO].bridge = true;
	devices[ETH1].master = 9;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "those to decrypt arrive at eth1, where nothing is loaded", false);

	/* At the tc hook, the bridge itself will do. */
	devices[LO].loaded = devices[LO].tc = true;
	devices[LO].forwards[FAMILY_IPV4] = devices[LO].forwards[FAMILY_IPV6] = true;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);
}

TEST(loaded_on_one_side)
{
	devices[ETH0].ethernet = devices[ETH1].ethernet = true;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);

	devices[ETH1].loaded = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "those to decrypt arrive at eth1, where nothing is loaded", false);

	devices[ETH1].loaded = true;
	devices[ETH0].loaded = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "load where those to encrypt arrive, too (eth0?)", false);

	/* With one leg only, there is nowhere else. */
	devices[ETH0].up = false;
	diagnose(&snapshot, &diagnosis);
	assert_int_equal(diagnosis.count, 0);
}

TEST(counters_tell_what_passed)
{
	struct xdp_wg_counter counters[XDP_WG_REASON_MAX] = {};

	diagnose(&snapshot, &diagnosis);
	diagnose_passed(counters, &diagnosis);
	assert_int_equal(diagnosis.count, 0);

	/* Some always pass, and of some kinds all: that is how it should be. */
	counters[XDP_WG_NEIGHBOUR].packets = 9;
	counters[XDP_WG_NOT_TUNNEL].packets = 1000;
	diagnose_passed(counters, &diagnosis);
	assert_int_equal(diagnosis.count, 0);
	counters[XDP_WG_NEIGHBOUR].packets = 10;
	counters[XDP_WG_ENCAP].packets = 1100;
	diagnose_passed(counters, &diagnosis);
	assert_int_equal(diagnosis.count, 0);

	counters[XDP_WG_NEIGHBOUR].packets = 11;
	diagnose_passed(counters, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "11 packets passed, to a next hop not resolved yet: is the next hop there",
	       false);

	counters[XDP_WG_ENCAP].packets = 0;
	counters[XDP_WG_EGRESS].packets = 50;
	diagnose(&snapshot, &diagnosis);
	diagnose_passed(counters, &diagnosis);
	assert_int_equal(diagnosis.count, 2);
	expect(1, "--hook tc", false);
}

TEST(what_may_concern_nobody_is_left_out_if_packets_went_fast)
{
	struct xdp_wg_counter counters[XDP_WG_REASON_MAX] = {};

	devices[WG0].sessions = 0;
	snapshot.policies_in = 1;
	diagnose(&snapshot, &diagnosis);
	diagnose_passed(counters, &diagnosis);
	assert_int_equal(diagnosis.count, 2);

	counters[XDP_WG_DECAP].packets = 1;
	diagnose_passed(counters, &diagnosis);
	assert_int_equal(diagnosis.count, 0);

	devices[WG0].wireguard = false;
	diagnose(&snapshot, &diagnosis);
	diagnose_passed(counters, &diagnosis);
	assert_int_equal(diagnosis.count, 1);
	expect(0, "no WireGuard device in", true);
}

TEST(findings_and_names_have_room)
{
	static struct snapshot_device many[200];
	struct snapshot crowd = { .devices = many, .count = ARRAY_SIZE(many) };

	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		many[i] = devices[ETH0];
		snprintf(many[i].name, sizeof(many[i].name), "interface-%05zu", i);
		many[i].transmits = false;
		many[i].forwards[FAMILY_IPV4] = i % 2;
	}
	many[0] = devices[WG0];
	diagnose(&crowd, &diagnosis);
	assert_int_equal(diagnosis.count, DIAGNOSIS_MAX_FINDINGS);
	for (size_t i = 0; i < diagnosis.count; i++)
		assert_true(strlen(diagnosis.findings[i].text) <
			    sizeof(diagnosis.findings[i].text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good_router_has_no_findings, set_up),
		cmocka_unit_test_setup(no_wireguard_device_hides_all_else, set_up),
		cmocka_unit_test_setup(no_devices_at_all, set_up),
		cmocka_unit_test_setup(wireguard_device_is_down, set_up),
		cmocka_unit_test_setup(no_route_to_wireguard_device, set_up),
		cmocka_unit_test_setup(forwarding_is_off, set_up),
		cmocka_unit_test_setup(unused_family_does_not_need_forwarding, set_up),
		cmocka_unit_test_setup(forwarding_is_off_on_some, set_up),
		cmocka_unit_test_setup(no_peer_and_no_session, set_up),
		cmocka_unit_test_setup(egress_cannot_transmit, set_up),
		cmocka_unit_test_setup(egress_below_vlan, set_up),
		cmocka_unit_test_setup(skb_mode_does_not_need_xdp_egress, set_up),
		cmocka_unit_test_setup(ipsec_policies, set_up),
		cmocka_unit_test_setup(devices_are_found, set_up),
		cmocka_unit_test_setup(interface_is_down, set_up),
		cmocka_unit_test_setup(reason_is_the_first_blocking_one, set_up),
		cmocka_unit_test_setup(ports_of_a_bridge, set_up),
		cmocka_unit_test_setup(bridges_forward, set_up),
		cmocka_unit_test_setup(ports_of_the_outside, set_up),
		cmocka_unit_test_setup(loaded_on_one_side, set_up),
		cmocka_unit_test_setup(counters_tell_what_passed, set_up),
		cmocka_unit_test_setup(what_may_concern_nobody_is_left_out_if_packets_went_fast,
				       set_up),
		cmocka_unit_test_setup(findings_and_names_have_room, set_up),
	};

	return cmocka_run_group_tests_name("diagnose", tests, NULL, NULL);
}
