// SPDX-License-Identifier: GPL-2.0
/*
 * Calls every kfunc of the WireGuard module with good and bad arguments, in the kernel's test runs
 * and on real packets, against the session of the topology's two routers.
 */
#define _GNU_SOURCE
#include <sched.h>

#include "tests.h"

void add_both(void (*run)(const void *arg), const char *name)
{
	static const enum kind kinds[] = { XDP, SKB };

	test_add(run, &kinds[XDP], "kfunc/%s/xdp", name);
	test_add(run, &kinds[SKB], "kfunc/%s/skb", name);
}

static bool run_on(int first, int end)
{
	cpu_set_t set;
	int cpu;

	CPU_ZERO(&set);
	for (cpu = first; cpu < end; cpu++)
		CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

void stay_on_cpu(int cpu)
{
	CHECK(run_on(cpu, cpu + 1), "there is no CPU %d to stay on", cpu);
}

void leave_cpu(void)
{
	run_on(0, CPU_SETSIZE);
}

static void prepare(void)
{
	call_load();
	netns_enter("A");
	test_shell("ethtool -K a-r1 tx off txvlan off tx-vlan-stag-hw-insert off > /dev/null");
	session_ping();
}

static void restore(void)
{
	static const char *const namespaces[] = { "A", "R1", "R2", "B" };
	size_t i;

	leave_cpu();
	for (i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++) {
		netns_enter(namespaces[i]);
		test_shell("{ ip link del wgx; ip link del group 77; ip link del dummy9; "
			   "ip link del master9; tc qdisc del dev wg0 root; "
			   "tc qdisc del dev wg0 clsact; tc qdisc del dev r1-r2 root; "
			   "nft flush ruleset; ip xfrm policy flush; "
			   "ip route del 192.0.2.2/32; ip -6 route del 2001:db8::2/128; "
			   "ip -6 route del fd00:2::2/128; ip nexthop flush; "
			   "tc qdisc del dev r1-a clsact; tc qdisc del dev r1-r2 clsact; "
			   "wg set wg0 fwmark 0 peer $(wg pubkey < /run/topology/X.key) remove; "
			   "} 2> /dev/null || true");
	}
	netns_enter("A");
	test_shell("ethtool -K a-r1 tx off txvlan off tx-vlan-stag-hw-insert off > /dev/null");
	session_enter(&r1);
	test_shell(
		"{ ip link set r1-a xdp off; ip route del 10.2.0.2/32; ip route del 10.1.0.2/32; "
		"sysctl -q -w net.ipv4.conf.r1-a.rp_filter=0 net.ipv4.conf.wg0.rp_filter=0; "
		"sysctl -q -w net.ipv4.fib_multipath_hash_policy=0; "
		"ip addr add 192.0.2.1/30 dev r1-r2; ip addr del 192.0.2.5/29 dev r1-r2; "
		"ip neigh del 192.0.2.2 dev r1-r2; "
		"wg set wg0 private-key /run/topology/R1.key "
		"peer $(wg pubkey < /run/topology/R2.key) endpoint 192.0.2.2:51820; "
		"sysctl -q -w net.ipv6.conf.all.forwarding=1; } 2> /dev/null || true");
}

int main(int argc, char **argv)
{
	bool full = test_take_full(&argc, &argv);

	add_verifier_tests();
	add_lookup_tests();
	add_endpoint_tests();
	add_route_tests();
	add_input_tests();
	add_hooks_tests();
	add_path_tests();
	add_bridge_tests();
	add_consent_tests();
	add_encrypt_tests();
	add_peek_tests();
	add_decrypt_tests();
	add_decrypt_error_tests();
	add_stream_tests();
	add_relay_tests();
	add_memory_tests();
	add_aead_tests();
	add_stack_tests();
	add_unfinished_tests();
	if (full)
		add_expiry_tests();
	return test_main(argc, argv, prepare, session_keep_fresh, restore);
}
