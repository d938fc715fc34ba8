// SPDX-License-Identifier: GPL-2.0
/*
 * A frame in, the verdict and the exact frame out: the XDP program in test runs of the kernel, on
 * the routers of the topology and with their real session.
 */

#define _GNU_SOURCE
#include <sched.h>

#include "packet.h"

/* In test runs a program cannot see what a sender leaves undone: none does, but where it is said.
 */
static void leave_nothing(void)
{
	netns_enter("A");
	test_shell("ethtool -K a-r1 tx off txvlan off tx-vlan-stag-hw-insert off > /dev/null");
	netns_enter("R2");
	test_shell("ethtool -K r2-r1 tx off txvlan off tx-vlan-stag-hw-insert off > /dev/null");
}

/* What a program leaves in the module is left on its CPU. */
static void stay_on_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set), "cannot stay on a CPU");
}

static void prepare(void)
{
	stay_on_cpu();
	call_load();
	datapath_load();
	leave_nothing();
	session_ping();
}

static void restore(void)
{
	static const char *const namespaces[] = { "R1", "R2" };
	size_t i;

	unmake_setup();
	leave_nothing();
	undo_room();
	undo_found();
	undo_tagged();
	use_flags(0);
	use_frames(NIC_FLAGS);
	for (i = 0; i < 2; i++) {
		netns_enter(namespaces[i]);
		test_shell("{ nft flush ruleset; ip xfrm policy flush; "
			   "ip route del 192.0.2.2/32; ip route del 10.2.0.2/32; "
			   "ip route del 10.1.0.2/32; ip rule del from 10.1.0.2; "
			   "sysctl -q -w net.ipv4.conf.all.rp_filter=0 "
			   "net.ipv4.conf.all.forwarding=1 net.ipv6.conf.all.forwarding=1; "
			   "wg set wg0 private-key /run/topology/%s.key; "
			   "wg set wg0 peer $(wg pubkey < /run/topology/X.key) remove; "
			   "tc qdisc del dev r1-a clsact; tc qdisc del dev r1-r2 root; "
			   "} 2> /dev/null || true",
			   namespaces[i]);
	}
}

int main(int argc, char **argv)
{
	bool full = test_take_full(&argc, &argv);
	enum kind kind;

	for (kind = XDP; kind <= SKB; kind++) {
		add_encap_tests(kind, full);
		add_encap_pass_tests(kind);
		add_decap_tests(kind, full);
		add_decap_pass_tests(kind);
		add_setup_tests(kind);
		add_found_tests(kind);
	}
	add_unfinished_tests();
	add_room_tests();
	add_tagged_tests();
	return test_main(argc, argv, prepare, session_keep_fresh, restore);
}
