// SPDX-License-Identifier: GPL-2.0
/*
 * Bridges between a port and the device that IP knows.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <unistd.h>

#include "tests.h"

#define BOTH (BPF_WG_HOOKS_NETFILTER | BPF_WG_HOOKS_TC)

/* At home at the first port, and at the second. */
static const uint8_t at_first[] = { 2, 0, 0, 0, 0x77, 1 };
static const uint8_t at_second[] = { 2, 0, 0, 0, 0x77, 2 };
static const uint8_t nowhere[] = { 2, 0, 0, 0, 0x77, 3 };

/* Who is at home where, which a bridge forgets when a port goes down. */
static void settle(void)
{
	for (int i = 1; i <= 2; i++)
		test_shell("bridge fdb replace 02:00:00:00:77:0%d dev end%d master dynamic", i, i);
}

/* A bridge of two ports, whose other ends are in the same namespace; they send nothing. */
static void add_bridge(void)
{
	session_enter(&r1);
	test_shell("modprobe bridge; modprobe 8021q; "
		   "sysctl -q net.ipv6.conf.default.disable_ipv6=1");
	test_shell("ip link add br7 type bridge mcast_snooping 0 && "
		   "ip link set br7 address 02:00:00:00:77:77 up");
	for (int i = 1; i <= 2; i++) {
		test_shell("ip link add end%d type veth peer name far%d && "
			   "ethtool -K end%d gro on && ethtool -K far%d gro on && "
			   "ip link set end%d master br7 up && ip link set far%d up",
			   i, i, i, i, i, i);
	}
	settle();
}

static void remove_bridge(void)
{
	session_enter(&r1);
	test_shell("sysctl -q net.ipv6.conf.default.disable_ipv6=0");
	test_shell("ip link del end1; ip link del end2; ip link del br7");
}

/* What is answered about a decrypted packet that leaves by @egress, for @mac. */
static long long ask(const char *egress, const uint8_t *mac, uint32_t flags)
{
	struct request request = { .call = CALL_HOOKS, .hooks = flags };

	session_enter(&r1);
	request.ifindex = netns_ifindex("wg0");
	request.egress = netns_ifindex(egress);
	memcpy(request.memory, mac, ETH_ALEN);
	return call_run(XDP, "r1-r2", &request, NULL);
}

/* What can leave natively, and by which port, with which tag. */
static void check_out(const char *egress, const uint8_t *mac, const char *port, uint16_t id)
{
	long long ret = ask(egress, mac, BOTH | BPF_WG_HOOKS_NATIVE);

	CHECK(ret == 0, "%s: %lld", egress, ret);
	CHECK_EQ(call_reply()->egress.ifindex, netns_ifindex(port));
	CHECK_EQ(ntohs(call_reply()->egress.tag_tci[0]), id);
	CHECK_EQ(call_reply()->egress.tag_proto[1], 0);
}

static void check_not_out(const char *egress, const uint8_t *mac, long long error)
{
	long long ret = ask(egress, mac, BOTH | BPF_WG_HOOKS_NATIVE);

	CHECK(ret == error, "%s: %lld", egress, ret);
}

static void test_out(const void *arg)
{
	static const uint8_t group[] = { 3, 0, 0, 0, 0x77, 1 };

	(void)arg;
	add_bridge();
	check_out("br7", at_first, "end1", 0);
	check_out("br7", at_second, "end2", 0);
	check_not_out("br7", nowhere, -EBUSY);
	test_shell("bridge fdb add 03:00:00:00:77:01 dev end1 master static");
	check_not_out("br7", group, -EBUSY);
	check_not_out("br7", netns_mac("br7"), -EBUSY);
	/* What has an skb goes through the bridge. */
	CHECK_EQ(ask("br7", nowhere, BOTH), 0);
	CHECK_EQ(call_reply()->egress.ifindex, netns_ifindex("br7"));
	/* A VLAN device on the bridge. */
	test_shell("ip link add link br7 name tag7 type vlan id 5 && ip link set tag7 up");
	check_out("tag7", at_second, "end2", 5);
	check_not_out("tag7", nowhere, -EBUSY);
	remove_bridge();
}

/* A bridge of VLAN devices: one of them is of that port, or the way back is not known. */
static void test_out_vlan(const void *arg)
{
	(void)arg;
	add_bridge();
	test_shell("ip link add link end1 name tag1 type vlan id 6 && "
		   "ip link add br8 type bridge mcast_snooping 0 && "
		   "ip link set tag1 master br8 up && ip link set br8 up && "
		   "bridge fdb add 02:00:00:00:77:01 dev tag1 master dynamic");
	check_out("br8", at_first, "end1", 6);
	test_shell("ip link add link end1 name tag2 type vlan id 7 && "
		   "ip link set tag2 master br8 up");
	check_not_out("br8", at_first, -EBUSY);
	test_shell("ip link set tag2 nomaster");
	check_out("br8", at_first, "end1", 6);
	/* A bridge on a bridge. */
	test_shell("ip link add link br7 name tag7 type vlan id 5 && "
		   "ip link set tag7 master br8 up && "
		   "bridge fdb add 02:00:00:00:77:02 dev tag7 master dynamic");
	check_not_out("br8", at_second, -EBUSY);
	test_shell("ip link del br8");
	remove_bridge();
}

/* Each condition by itself, and that it is over when it is. */
static void test_out_none(const void *arg)
{
	static const struct {
		const char *begin;
		const char *end;
		int error;
	} conditions[] = {
		{ "bridge link set dev end1 state 0", "bridge link set dev end1 state 3", -EBUSY },
		{ "bridge link set dev end1 state 1", "bridge link set dev end1 state 3", -EBUSY },
		{ "bridge link set dev end1 state 2", "bridge link set dev end1 state 3", -EBUSY },
		{ "bridge link set dev end1 neigh_suppress on",
		  "bridge link set dev end1 neigh_suppress off", -EBUSY },
		{ "ip link set br7 type bridge vlan_filtering 1",
		  "ip link set br7 type bridge vlan_filtering 0", -EBUSY },
		{ "bridge fdb del 02:00:00:00:77:01 dev end1 master", "true", -EBUSY },
		{ "ip link set end1 nomaster", "ip link set end1 master br7", -EBUSY },
		{ "ip link set br7 mtu 1400; ip link set end1 mtu 1300",
		  "ip link set end1 mtu 1500; ip link set br7 mtu 1500", -EBUSY },
		{ "ip link set br7 down", "ip link set br7 up", -ENETDOWN },
		{ "ethtool -K far1 gro off", "ethtool -K far1 gro on", -ENETDOWN },
	};

	(void)arg;
	add_bridge();
	test_shell("ip link set br7 mtu 1500");
	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
		long long ret;

		check_out("br7", at_first, "end1", 0);
		test_shell("%s", conditions[i].begin);
		ret = ask("br7", at_first, BOTH | BPF_WG_HOOKS_NATIVE);
		CHECK(ret == conditions[i].error, "%s: %lld", conditions[i].begin, ret);
		test_shell("%s", conditions[i].end);
		settle();
	}
	check_out("br7", at_first, "end1", 0);
	remove_bridge();
}

/* What is answered about a frame that is received by @port. */
static long long ask_in(enum kind kind, const char *port, const uint8_t *to, const uint8_t *from)
{
	struct request request = { .call = CALL_INGRESS, .size = 2 * ETH_ALEN };

	session_enter(&r1);
	memcpy(request.memory, to, ETH_ALEN);
	memcpy(request.memory + ETH_ALEN, from, ETH_ALEN);
	return call_run(kind, port, &request, NULL);
}

static void check_in(enum kind kind, const char *port, const uint8_t *to, const uint8_t *from,
		     const char *dev)
{
	long long ret = ask_in(kind, port, to, from);

	CHECK(ret == 1, "to %02x from %02x at %s: %lld", to[5], from[5], port, ret);
	CHECK_EQ(call_reply()->arrival.ifindex, netns_ifindex(dev));
}

static long long own_mac(enum kind kind, const char *port, const uint8_t *mac)
{
	struct request request = { .call = CALL_OWN_MAC, .size = ETH_ALEN };

	memcpy(request.memory, mac, ETH_ALEN);
	return call_run(kind, port, &request, NULL);
}

static void test_in(const void *arg)
{
	static const uint8_t bridge[] = { 2, 0, 0, 0, 0x77, 0x77 };
	enum kind kind = KIND(arg);

	add_bridge();
	CHECK_EQ(own_mac(kind, "end1", bridge), BPF_WG_MAC_BRIDGE);
	CHECK_EQ(own_mac(kind, "end1", netns_mac("end1")), BPF_WG_MAC_BRIDGE);
	CHECK_EQ(own_mac(kind, "r1-a", netns_mac("r1-a")), BPF_WG_MAC_OWN);
	check_in(kind, "end1", bridge, at_first, "br7");
	check_in(kind, "end2", bridge, at_second, "br7");
	CHECK_EQ(ask_in(kind, "end1", bridge, at_second), -EBUSY);
	CHECK_EQ(ask_in(kind, "end1", bridge, nowhere), -EBUSY);
	CHECK_EQ(ask_in(kind, "end1", bridge, bridge), -EBUSY);
	CHECK_EQ(ask_in(kind, "end1", nowhere, at_first), 0);
	CHECK_EQ(ask_in(kind, "end1", netns_mac("end1"), at_first), 0);
	/* Once it is at home elsewhere, it is not here. */
	test_shell("bridge fdb replace 02:00:00:00:77:01 dev end2 master dynamic");
	CHECK_EQ(ask_in(kind, "end1", bridge, at_first), -EBUSY);
	check_in(kind, "end2", bridge, at_first, "br7");
	remove_bridge();
}

/* Each condition by itself, and that it is over when it is. */
static void test_in_none(const void *arg)
{
	static const uint8_t bridge[] = { 2, 0, 0, 0, 0x77, 0x77 };
	static const struct {
		const char *begin;
		const char *end;
	} conditions[] = {
		{ "bridge link set dev end1 state 2", "bridge link set dev end1 state 3" },
		{ "bridge link set dev end1 state 1", "bridge link set dev end1 state 3" },
		{ "bridge link set dev end1 locked on", "bridge link set dev end1 locked off" },
		{ "bridge link set dev end1 vlan_tunnel on",
		  "bridge link set dev end1 vlan_tunnel off" },
		{ "bridge link set dev end1 neigh_suppress on",
		  "bridge link set dev end1 neigh_suppress off" },
		{ "ip link set br7 type bridge vlan_filtering 1",
		  "ip link set br7 type bridge vlan_filtering 0" },
		{ "bridge fdb del 02:00:00:00:77:01 dev end1 master", "true" },
		{ "ip link set br7 down", "ip link set br7 up" },
	};
	static const char *const harmless[] = { "hairpin",  "isolated",	   "learning",
						"flood",    "mcast_flood", "bcast_flood",
						"guard",    "root_block",  "mcast_to_unicast",
						"fastleave" };
	enum kind kind = KIND(arg);

	add_bridge();
	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
		check_in(kind, "end1", bridge, at_first, "br7");
		test_shell("%s", conditions[i].begin);
		CHECK(ask_in(kind, "end1", bridge, at_first) == -EBUSY, "%s", conditions[i].begin);
		test_shell("%s", conditions[i].end);
		settle();
	}
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++) {
		test_shell("bridge link set dev end1 %s off", harmless[i]);
		check_in(kind, "end1", bridge, at_first, "br7");
		test_shell("bridge link set dev end1 %s on", harmless[i]);
		check_in(kind, "end1", bridge, at_first, "br7");
	}
	/* What does not learn does not mind. */
	test_shell("bridge link set dev end1 learning off");
	CHECK_EQ(ask_in(kind, "end1", bridge, nowhere), 1);
	remove_bridge();
}

/* Whether the bridge is to see a packet of a flow that comes from there. */
static long long ask_sees(enum kind kind, const uint8_t *from, uint32_t flow, bool received)
{
	struct request request = { .call = CALL_BRIDGE_SEES, .mark = flow, .offset = received };
	struct frame frame = { .length = 60 };

	session_enter(&r1);
	request.ifindex = netns_ifindex("wg0");
	request.find_peer = PEER_BY_ADDRESS;
	request.address_size = 4;
	memcpy(request.address, (uint8_t[]){ 10, 2, 0, 2 }, 4);
	memcpy(frame.data + ETH_ALEN, from, ETH_ALEN);
	return call_run(kind, "end1", &request, &frame);
}

/* Until what passed is through. */
static void wait_seen(enum kind kind, const uint8_t *from, uint32_t flow, bool received)
{
	for (int i = 0; i < 200 && ask_sees(kind, from, flow, received); i++)
		usleep(10000);
	CHECK_EQ(ask_sees(kind, from, flow, received), 0);
}

static void test_sees(const void *arg)
{
	uint8_t from[] = { 2, 0, 0, 0, 0x77, 0 };
	enum kind kind = KIND(arg);

	add_bridge();
	/* The memory comes when somebody asks. */
	wait_seen(kind, from, 1, false);
	from[5] = 0x10 + kind;
	CHECK_EQ(ask_sees(kind, from, 1, false), 1);
	/* Others go on: another flow, and the other direction. */
	CHECK_EQ(ask_sees(kind, from, 2, false), 0);
	CHECK_EQ(ask_sees(kind, from, 0, true), 0);
	wait_seen(kind, from, 1, false);
	CHECK_EQ(ask_sees(kind, from, 2, false), 0);
	/* Once in five seconds, whichever comes. */
	sleep(5);
	CHECK_EQ(ask_sees(kind, from, 2, false), 1);
	CHECK_EQ(ask_sees(kind, from, 1, false), 0);
	remove_bridge();
}

/* What is answered about a packet that @port receives and that comes in by @dev. */
static long long ask_way(enum kind kind, const char *port, const char *dev, uint32_t flags)
{
	struct request request = { .call = CALL_HOOKS, .hooks = flags };

	session_enter(&r1);
	request.ifindex = netns_ifindex("wg0");
	request.egress = netns_ifindex("r1-r2");
	request.iif = netns_ifindex(dev);
	return call_run(kind, port, &request, NULL);
}

/* Hooks of bridges count where one is on the way, and only then. */
static void test_hooks(const void *arg)
{
	static const struct {
		const char *hook;
		bool in;
		bool out;
	} hooks[] = {
		{ "prerouting", true, false },	{ "input", true, false },
		{ "forward", false, false },	{ "output", false, true },
		{ "postrouting", false, true },
	};
	enum kind kind = KIND(arg);

	add_bridge();
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		long long in = hooks[i].in ? BPF_WG_HOOKS_NETFILTER : 0;
		long long out = hooks[i].out ? BPF_WG_HOOKS_NETFILTER : 0;

		CHECK_EQ(ask_way(kind, "end1", "br7", BOTH), 0);
		test_shell("nft 'table bridge test { chain c { type filter hook %s priority 0; "
			   "counter; }; }'",
			   hooks[i].hook);
		CHECK(ask_way(kind, "end1", "br7", BOTH) == in, "in at %s", hooks[i].hook);
		CHECK_EQ(ask_way(kind, "end1", "br7", BPF_WG_HOOKS_TC), 0);
		CHECK_EQ(ask_way(kind, "br7", "br7", BOTH), 0);
		CHECK_EQ(ask_way(kind, "r1-a", "r1-a", BOTH), 0);
		if (kind == XDP)
			CHECK(ask("br7", at_first, BOTH | BPF_WG_HOOKS_NATIVE) == out, "out at %s",
			      hooks[i].hook);
		session_enter(&r1);
		test_shell("nft delete table bridge test");
	}
	CHECK_EQ(ask_way(kind, "r1-a", "br7", BOTH), -ENODEV);
	test_shell("tc qdisc add dev br7 clsact && "
		   "tc filter add dev br7 ingress matchall action pass");
	CHECK_EQ(ask_way(kind, "end1", "br7", BOTH), BPF_WG_HOOKS_TC);
	test_shell("tc qdisc del dev br7 clsact");
	remove_bridge();
}

/* A bridge counts a frame without the tag that is beside it there. */
static void test_counts(const void *arg)
{
	struct request request = { .length = 100 };

	(void)arg;
	add_bridge();
	test_shell("ip link add link br7 name tag7 type vlan id 5 && ip link set tag7 up && "
		   "ip link add link tag7 name tag8 type vlan id 6 && ip link set tag8 up");
	request.call = CALL_RECEIVED;
	request.egress = netns_ifindex("tag8");
	CHECK_EQ(call_run(XDP, "end1", &request, NULL), 3);
	CHECK_EQ(counted("tag8", "rx.bytes"), 100);
	CHECK_EQ(counted("tag7", "rx.bytes"), 104);
	CHECK_EQ(counted("br7", "rx.bytes"), 104);
	CHECK_EQ(counted("br7", "rx.packets"), 1);
	request.egress = netns_ifindex("br7");
	CHECK_EQ(call_run(SKB, "end1", &request, NULL), 1);
	CHECK_EQ(counted("br7", "rx.bytes"), 204);
	request.call = CALL_SENT;
	request.egress = netns_ifindex("tag8");
	request.ifindex = netns_ifindex("end2");
	CHECK_EQ(call_run(XDP, "r1-r2", &request, NULL), 3);
	CHECK_EQ(counted("tag8", "tx.bytes"), 100);
	CHECK_EQ(counted("tag7", "tx.bytes"), 104);
	CHECK_EQ(counted("br7", "tx.bytes"), 104);
	/* A bridge does not know the way to a port that is gone. */
	request.ifindex = 99999;
	CHECK_EQ(call_run(XDP, "r1-r2", &request, NULL), 3);
	remove_bridge();
}

void add_bridge_tests(void)
{
	test_add(test_out, NULL, "kfunc/bridge-out/xdp");
	test_add(test_out_vlan, NULL, "kfunc/bridge-out-vlan/xdp");
	test_add(test_out_none, NULL, "kfunc/bridge-out-none/xdp");
	test_add(test_counts, NULL, "kfunc/bridge-counts/xdp");
	add_both(test_in, "bridge-in");
	add_both(test_in_none, "bridge-in-none");
	add_both(test_sees, "bridge-sees");
	add_both(test_hooks, "bridge-hooks");
}
