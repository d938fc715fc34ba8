// SPDX-License-Identifier: GPL-2.0
/*
 * The port below a VLAN device: the tags that a frame has to have there, and the device above it
 * that a frame with tags comes in by.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdlib.h>

#include "tests.h"

#define BOTH (BPF_WG_HOOKS_NETFILTER | BPF_WG_HOOKS_TC)

/* What is answered in R1 about a decrypted packet that leaves by @egress. */
static long long ask_by(enum kind kind, const char *egress, uint32_t flags)
{
	struct request request = { .call = CALL_HOOKS, .hooks = flags };

	session_enter(&r1);
	request.ifindex = netns_ifindex("wg0");
	request.egress = netns_ifindex(egress);
	return call_run(kind, "r1-r2", &request, NULL);
}

static long long ask(const char *egress)
{
	return ask_by(XDP, egress, BOTH | BPF_WG_HOOKS_NATIVE);
}

static void check_egress(const char *port, uint16_t proto, uint16_t id, uint16_t outer_proto,
			 uint16_t outer_id)
{
	const struct bpf_wg_egress *egress = &call_reply()->egress;

	CHECK_EQ(egress->ifindex, netns_ifindex(port));
	CHECK_EQ(ntohs(egress->tag_proto[0]), proto);
	CHECK_EQ(ntohs(egress->tag_tci[0]), id);
	CHECK_EQ(ntohs(egress->tag_proto[1]), outer_proto);
	CHECK_EQ(ntohs(egress->tag_tci[1]), outer_id);
}

/* They send nothing by themselves. */
static void add_vlans(void)
{
	session_enter(&r1);
	test_shell("modprobe 8021q; sysctl -q net.ipv6.conf.default.disable_ipv6=1");
	test_shell("ip link add link r1-a name one type vlan id 7 && ip link set one up");
	test_shell("ip link add link r1-a name outer type vlan proto 802.1ad id 4094 && "
		   "ip link set outer up");
	test_shell("ip link add link outer name two type vlan id 1 && "
		   "ip link set two mtu 1496 up");
	test_shell("ip link add link two name three type vlan id 2 && "
		   "ip link set three mtu 1400 up");
	test_shell("sysctl -q net.ipv6.conf.default.disable_ipv6=0");
}

static void remove_vlans(void)
{
	test_shell("ip link del one && ip link del outer");
}

static void test_path_ports(const void *arg)
{
	(void)arg;
	add_vlans();
	CHECK_EQ(ask("r1-a"), 0);
	check_egress("r1-a", 0, 0, 0, 0);
	CHECK_EQ(ask("one"), 0);
	check_egress("r1-a", ETH_P_8021Q, 7, 0, 0);
	CHECK_EQ(ask("outer"), 0);
	check_egress("r1-a", ETH_P_8021AD, 4094, 0, 0);
	CHECK_EQ(ask("two"), 0);
	check_egress("r1-a", ETH_P_8021Q, 1, ETH_P_8021AD, 4094);
	CHECK_EQ(ask("three"), -ENETDOWN);
	/* What has an skb goes through the device. */
	for (int kind = XDP; kind <= SKB; kind++) {
		CHECK_EQ(ask_by(kind, "one", BOTH), 0);
		check_egress("one", 0, 0, 0, 0);
		CHECK_EQ(ask_by(kind, "three", BOTH), 0);
		check_egress("three", 0, 0, 0, 0);
	}
	CHECK_EQ(ask_by(SKB, "one", BOTH | BPF_WG_HOOKS_NATIVE), -ENETDOWN);
	remove_vlans();
}

/* Each condition by itself, and that it is over when it is. */
static void test_path_none(const void *arg)
{
	static const struct {
		const char *dev;
		const char *begin;
		const char *end;
	} conditions[] = {
		{ "one", "ip link set one down", "ip link set one up" },
		{ "two", "ip link set outer down", "ip link set outer up && ip link set two up" },
		{ "one", "ip link set one type vlan egress-qos-map 0:3",
		  "ip link set one type vlan egress-qos-map 0:0" },
		{ "two", "ip link set outer type vlan egress-qos-map 1:3",
		  "ip link set outer type vlan egress-qos-map 1:0" },
		{ "one", "ip link set one type vlan reorder_hdr off",
		  "ip link set one type vlan reorder_hdr on" },
		{ "two", "ip link set outer type vlan reorder_hdr off",
		  "ip link set outer type vlan reorder_hdr on" },
		{ "two", "ip link set two mtu 1497", "ip link set two mtu 1496" },
		{ "one", "nsenter --net=/run/netns/A ethtool -K a-r1 gro off",
		  "nsenter --net=/run/netns/A ethtool -K a-r1 gro on" },
	};

	(void)arg;
	add_vlans();
	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
		CHECK(!ask(conditions[i].dev), "%s at first", conditions[i].begin);
		test_shell("%s", conditions[i].begin);
		CHECK(ask(conditions[i].dev) == -ENETDOWN, "%s", conditions[i].begin);
		session_enter(&r1);
		test_shell("%s", conditions[i].end);
		CHECK(!ask(conditions[i].dev), "%s", conditions[i].end);
	}
	remove_vlans();
}

/* Whoever is on the way is asked about. */
static void test_path_hooks(const void *arg)
{
	static const char *const devs[] = { "two", "outer", "r1-a" };

	(void)arg;
	add_vlans();
	for (size_t i = 0; i < sizeof(devs) / sizeof(*devs); i++) {
		test_shell("nft 'table netdev test { chain c { type filter hook egress device %s "
			   "priority 0; counter; }; }'",
			   devs[i]);
		CHECK(ask("two") == BPF_WG_HOOKS_NETFILTER, "netfilter at %s", devs[i]);
		session_enter(&r1);
		test_shell("nft delete table netdev test");
		test_shell("tc qdisc add dev %s clsact && "
			   "tc filter add dev %s egress matchall action pass",
			   devs[i], devs[i]);
		CHECK(ask("two") == BPF_WG_HOOKS_TC, "a filter at %s", devs[i]);
		test_shell("tc qdisc del dev %s clsact", devs[i]);
		test_shell("tc qdisc add dev %s root tbf rate 1gbit burst 100k latency 50ms",
			   devs[i]);
		CHECK(ask("two") == BPF_WG_HOOKS_TC, "a shaper at %s", devs[i]);
		test_shell("tc qdisc del dev %s root", devs[i]);
		CHECK(!ask("two"), "without any at %s", devs[i]);
	}
	remove_vlans();
}

/* A VLAN device can be in another namespace than its port, where a program would not find that. */
static void test_path_namespace(const void *arg)
{
	(void)arg;
	netns_enter("A");
	test_shell("modprobe 8021q; ip link add link a-r1 name far type vlan id 5 && "
		   "ip link set far netns R1");
	session_enter(&r1);
	test_shell("ip link set far up");
	CHECK_EQ(ask("far"), -ENETDOWN);
	test_shell("ip link del far");
	/* The one between is elsewhere. */
	add_vlans();
	CHECK_EQ(ask("two"), 0);
	test_shell(
		"ip link set outer netns A && nsenter --net=/run/netns/A ip link set outer up && "
		"ip link set two up");
	CHECK_EQ(ask("two"), -ENETDOWN);
	test_shell(
		"ip link del one; ip link del two; nsenter --net=/run/netns/A ip link del outer");
}

/* A bond chooses the port itself, also where it transmits XDP frames. */
static void test_path_bond(const void *arg)
{
	(void)arg;
	session_enter(&r1);
	test_shell(
		"modprobe bonding max_bonds=0; modprobe 8021q; ip link add bond7 type bond mode balance-rr && "
		"ip link add end7 type veth peer name far7 && ethtool -K far7 gro on && "
		"ip link set end7 master bond7 && ip link set far7 up && ip link set bond7 up && "
		"ip link add link bond7 name vlan7 type vlan id 7 && ip link set vlan7 up");
	CHECK_EQ(ask("end7"), 0);
	CHECK_EQ(ask("bond7"), -ENETDOWN);
	CHECK_EQ(ask("vlan7"), -ENETDOWN);
	CHECK_EQ(ask_by(SKB, "bond7", BOTH), 0);
	test_shell("ip link del vlan7; ip link del bond7; ip link del end7");
}

unsigned long long counted(const char *dev, const char *what)
{
	return strtoull(test_shell_output("ip -j -s link show %s | jq .[0].stats64.%s", dev, what),
			NULL, 10);
}

/* The devices above the port count a frame with the tags that it has by then. */
static void test_sent(const void *arg)
{
	struct request request = { .call = CALL_SENT, .length = 100 };

	(void)arg;
	add_vlans();
	request.egress = netns_ifindex("two");
	request.ifindex = netns_ifindex("r1-a");
	CHECK_EQ(call_run(XDP, "r1-r2", &request, NULL), 2);
	request.egress = netns_ifindex("r1-a");
	CHECK_EQ(call_run(XDP, "r1-r2", &request, NULL), 0);
	request.egress = 99999;
	CHECK_EQ(call_run(XDP, "r1-r2", &request, NULL), 0);
	CHECK_EQ(counted("two", "tx.packets"), 1);
	CHECK_EQ(counted("two", "tx.bytes"), 100);
	CHECK_EQ(counted("outer", "tx.packets"), 1);
	CHECK_EQ(counted("outer", "tx.bytes"), 104);
	remove_vlans();
}

static const uint8_t sender[] = { 2, 0, 0, 0, 0, 0x5e };

/* What is answered about a frame with these tags, to @mac, that is received by r1-a. */
static long long ask_ingress(enum kind kind, const uint8_t *mac, uint16_t proto, uint16_t tci,
			     uint16_t inner_proto, uint16_t inner_tci)
{
	struct request request = {
		.call = CALL_INGRESS,
		.size = 12,
		.ingress = {
			.tag_proto = { htons(proto), htons(inner_proto) },
			.tag_tci = { htons(tci), htons(inner_tci) },
		},
	};

	session_enter(&r1);
	memcpy(request.memory, mac, 6);
	memcpy(request.memory + 6, sender, 6);
	return call_run(kind, "r1-a", &request, NULL);
}

/* Also that it is addressed to one of the devices. */
static void check_ingress(enum kind kind, const char *dev, uint16_t proto, uint16_t tci,
			  uint16_t inner_proto, uint16_t inner_tci)
{
	CHECK(ask_ingress(kind, netns_mac("r1-a"), proto, tci, inner_proto, inner_tci) == 1,
	      "%04x %04x %04x %04x", proto, tci, inner_proto, inner_tci);
	CHECK_EQ(call_reply()->arrival.ifindex, netns_ifindex(dev));
}

static void test_ingress_devices(const void *arg)
{
	const uint8_t *mac;
	enum kind kind = KIND(arg);

	add_vlans();
	mac = netns_mac("r1-a");
	check_ingress(kind, "r1-a", 0, 0, 0, 0);
	check_ingress(kind, "one", ETH_P_8021Q, 7, 0, 0);
	check_ingress(kind, "one", ETH_P_8021Q, 0xf007, 0, 0);
	check_ingress(kind, "outer", ETH_P_8021AD, 4094, 0, 0);
	check_ingress(kind, "two", ETH_P_8021AD, 4094, ETH_P_8021Q, 1);
	/* Priority tags. */
	check_ingress(kind, "r1-a", ETH_P_8021Q, 0xa000, 0, 0);
	check_ingress(kind, "one", ETH_P_8021Q, 0, ETH_P_8021Q, 7);
	CHECK_EQ(ask_ingress(kind, mac, ETH_P_8021Q, 6, 0, 0), -ENODEV);
	CHECK_EQ(ask_ingress(kind, mac, ETH_P_8021AD, 7, 0, 0), -ENODEV);
	CHECK_EQ(ask_ingress(kind, mac, ETH_P_8021AD, 4094, ETH_P_8021Q, 7), -ENODEV);
	CHECK_EQ(ask_ingress(kind, mac, ETH_P_8021Q, 7, ETH_P_8021Q, 7), -ENODEV);
	CHECK_EQ(ask_ingress(kind, mac, ETH_P_8021AD, 4094, ETH_P_8021Q, 0), -ENODEV);
	CHECK_EQ(ask_ingress(kind, mac, ETH_P_IP, 7, 0, 0), -EINVAL);
	CHECK_EQ(ask_ingress(kind, mac, ETH_P_8021Q, 7, 0x9100, 7), -EINVAL);
	remove_vlans();
}

static void test_ingress_mac(const void *arg)
{
	struct request request = { .call = CALL_INGRESS, .size = 6 };
	enum kind kind = KIND(arg);

	add_vlans();
	test_shell("ip link set outer address 02:00:00:00:07:01 && "
		   "ip link set two address 02:00:00:00:07:02");
	for (int of = 1; of <= 3; of++) {
		const uint8_t mac[] = { 2, 0, 0, 0, 7, of };
		int tags;

		for (tags = 0; tags <= 2; tags++)
			CHECK(ask_ingress(kind, mac, tags ? ETH_P_8021AD : 0, 4094,
					  tags > 1 ? ETH_P_8021Q : 0, 1) == (of <= tags),
			      "the address of device %d, %d tags", of, tags);
	}
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EINVAL);
	remove_vlans();
}

/* Each condition by itself, and that it is over when it is. */
static void test_ingress_none(const void *arg)
{
	static const struct {
		uint16_t proto, tci, inner_proto, inner_tci;
		const char *begin;
		const char *end;
		int error; /* -ENODEV if it is 0 */
	} conditions[] = {
		{ ETH_P_8021Q, 7, 0, 0, "ip link set one down", "ip link set one up" },
		{ ETH_P_8021AD, 4094, ETH_P_8021Q, 1, "ip link set two down",
		  "ip link set two up" },
		{ ETH_P_8021Q, 7, 0, 0, "ip link set one type vlan ingress-qos-map 5:3",
		  "ip link set one type vlan ingress-qos-map 5:0" },
		{ ETH_P_8021AD, 4094, ETH_P_8021Q, 1, "ip link set outer type vlan reorder_hdr off",
		  "ip link set outer type vlan reorder_hdr on" },
		{ ETH_P_8021AD, 4094, ETH_P_8021Q, 1,
		  "ip link add bridge7 type bridge && ip link set outer master bridge7 && "
		  "ip link del two",
		  "ip link del bridge7 && ip link add link outer name two type vlan id 1 && "
		  "ip link set two mtu 1496 up",
		  -EBUSY },
		{ ETH_P_8021Q, 0, 0, 0,
		  "ip link add bridge7 type bridge && ip link set r1-a master bridge7",
		  "ip link del bridge7", -EBUSY },
		{ ETH_P_8021Q, 7, 0, 0,
		  "ip link set one netns A && nsenter --net=/run/netns/A ip link set one up",
		  "nsenter --net=/run/netns/A ip link set one netns R1 && ip link set one up" },
	};
	enum kind kind = KIND(arg);
	size_t i;

	add_vlans();
	for (i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
		const typeof(*conditions) *c = &conditions[i];
		const uint8_t *mac = netns_mac("r1-a");

		CHECK(ask_ingress(kind, mac, c->proto, c->tci, c->inner_proto, c->inner_tci) == 1,
		      "%s at first", c->begin);
		test_shell("%s", c->begin);
		CHECK(ask_ingress(kind, mac, c->proto, c->tci, c->inner_proto, c->inner_tci) ==
			      (c->error ?: -ENODEV),
		      "%s", c->begin);
		test_shell("%s", c->end);
		CHECK(ask_ingress(kind, mac, c->proto, c->tci, c->inner_proto, c->inner_tci) == 1,
		      "%s", c->end);
	}
	remove_vlans();
}

/* What is answered about a packet that r1-a receives and that comes in by @dev. */
static long long ask_way(enum kind kind, const char *dev, uint32_t flags)
{
	struct request request = { .call = CALL_HOOKS, .hooks = flags };

	session_enter(&r1);
	request.ifindex = netns_ifindex("wg0");
	request.egress = netns_ifindex("r1-r2");
	request.iif = netns_ifindex(dev);
	return call_run(kind, "r1-a", &request, NULL);
}

/* Whoever sees it where it comes in is asked about. A witness knows only the last of them. */
static void test_ingress_hooks(const void *arg)
{
	static const char *const devs[] = { "two", "outer", "r1-a" };
	enum kind kind = KIND(arg);

	add_vlans();
	CHECK_EQ(ask_way(kind, "one", BOTH), 0);
	CHECK_EQ(ask_way(kind, "r1-a", BOTH), 0);
	CHECK_EQ(ask_way(kind, "r1-r2", BOTH), -ENODEV);
	CHECK_EQ(ask_way(kind, "three", BOTH), -ENODEV);
	for (size_t i = 0; i < sizeof(devs) / sizeof(*devs); i++) {
		CHECK(!ask_way(kind, "two", BOTH), "without any at %s", devs[i]);
		test_shell("nft 'table netdev test { chain c { type filter hook ingress device %s "
			   "priority 0; counter; }; }'",
			   devs[i]);
		CHECK(ask_way(kind, "two", BOTH) == BPF_WG_HOOKS_NETFILTER, "netfilter at %s",
		      devs[i]);
		CHECK(ask_way(kind, "two", BOTH | BPF_WG_HOOKS_CONSENT) == BPF_WG_HOOKS_NETFILTER,
		      "consent at %s", devs[i]);
		test_shell("nft delete table netdev test");
		test_shell("tc qdisc add dev %s clsact && "
			   "tc filter add dev %s ingress matchall action pass",
			   devs[i], devs[i]);
		CHECK(ask_way(kind, "two", BOTH) == BPF_WG_HOOKS_TC, "a filter at %s", devs[i]);
		test_shell("tc qdisc del dev %s clsact", devs[i]);
	}
	remove_vlans();
}

/* Each device counts what is behind its own tag. */
static void test_received(const void *arg)
{
	struct request request = { .call = CALL_RECEIVED, .length = 100 };
	enum kind kind = KIND(arg);

	add_vlans();
	request.egress = netns_ifindex("two");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 2);
	request.egress = netns_ifindex("r1-a");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	request.egress = 99999;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	CHECK_EQ(counted("two", "rx.packets"), 1);
	CHECK_EQ(counted("two", "rx.bytes"), 100);
	CHECK_EQ(counted("outer", "rx.packets"), 1);
	CHECK_EQ(counted("outer", "rx.bytes"), 104);
	/* What has received it has counted it. */
	request.egress = netns_ifindex("two");
	CHECK_EQ(call_run(kind, "outer", &request, NULL), 1);
	CHECK_EQ(call_run(kind, "two", &request, NULL), 0);
	CHECK_EQ(counted("two", "rx.packets"), 2);
	CHECK_EQ(counted("outer", "rx.packets"), 1);
	remove_vlans();
}

void add_path_tests(void)
{
	test_add(test_path_ports, NULL, "kfunc/path-ports/xdp");
	test_add(test_path_none, NULL, "kfunc/path-none/xdp");
	test_add(test_path_hooks, NULL, "kfunc/path-hooks/xdp");
	test_add(test_path_namespace, NULL, "kfunc/path-namespace/xdp");
	test_add(test_path_bond, NULL, "kfunc/path-bond/xdp");
	test_add(test_sent, NULL, "kfunc/sent/xdp");
	add_both(test_ingress_devices, "ingress-devices");
	add_both(test_ingress_mac, "ingress-mac");
	add_both(test_ingress_none, "ingress-none");
	add_both(test_ingress_hooks, "ingress-hooks");
	add_both(test_received, "received");
}
