// SPDX-License-Identifier: GPL-2.0
/*
 * What a program asks about interfaces: is the source valid, is the MAC ours, can the egress
 * transmit, is the neighbour alive.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "tests.h"

/* A packet from A to B, as R1 sees it before it is encrypted. */
static struct request validate_request(int family)
{
	struct request request = { .call = CALL_VALIDATE, .size = sizeof(request.flow) };
	int six = family == AF_INET6;

	session_enter(&r1);
	request.flow.iif = netns_ifindex("r1-a");
	request.flow.oif = netns_ifindex("wg0");
	request.flow.family = family;
	request.flow.protocol = IPPROTO_UDP;
	inet_pton(family, r1.host_address[six], request.flow.src);
	inet_pton(family, r2.host_address[six], request.flow.dst);
	return request;
}

static void set_source(struct request *request, const char *address)
{
	inet_pton(request->flow.family, address, request->flow.src);
}

static void test_validate(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request = validate_request(AF_INET);

	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	request = validate_request(AF_INET6);
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	/* The packet in the context need not be the one that is asked about. */
	CHECK_EQ(call_run(kind, "lo", &request, NULL), 0);
}

/* A packet that is not forwarded must be for an address of this host. */
static void test_validate_local(const void *arg)
{
	static const struct {
		int family;
		const char *address;
		int error;
	} cases[] = {
		{ AF_INET, "10.1.0.1", 0 },
		{ AF_INET, "192.0.2.1", 0 },
		{ AF_INET, "10.0.0.1", 0 },
		{ AF_INET, "10.1.0.255", -EADDRNOTAVAIL },
		{ AF_INET, "10.1.0.7", -EADDRNOTAVAIL },
		{ AF_INET, "10.2.0.2", -EADDRNOTAVAIL },
		{ AF_INET, "224.0.0.1", -EADDRNOTAVAIL },
		{ AF_INET, "255.255.255.255", -EADDRNOTAVAIL },
		{ AF_INET6, "fd00:1::1", 0 },
		{ AF_INET6, "2001:db8::1", 0 },
		{ AF_INET6, "fd00:1::7", -EADDRNOTAVAIL },
		{ AF_INET6, "fd00:2::2", -EADDRNOTAVAIL },
		{ AF_INET6, "ff02::1", -EADDRNOTAVAIL },
	};
	struct request request;
	long long ret;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		request = validate_request(cases[i].family);
		request.flow.oif = 0;
		inet_pton(cases[i].family, cases[i].address, request.flow.dst);
		ret = call_run(KIND(arg), "r1-a", &request, NULL);
		CHECK(ret == cases[i].error, "to %s: %lld", cases[i].address, ret);
	}
}

/* A table of one family with a rule for what is forwarded. */
static void add_forward_rule(const char *family)
{
	test_shell("nft add table %s test && nft add chain %s test forward "
		   "'{ type filter hook forward priority 0; }' && "
		   "nft add rule %s test forward counter",
		   family, family, family);
}

/* Firewalls adjust the MSS that a SYN announces, as far as there is a firewall. */
static void test_validate_syn(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request = validate_request(AF_INET), request6;

	request.flow.protocol = IPPROTO_TCP;
	request.flow.flags = BPF_WG_FLOW_SYN;
	request6 = validate_request(AF_INET6);
	request6.flow.protocol = IPPROTO_TCP;
	request6.flow.flags = BPF_WG_FLOW_SYN;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	add_forward_rule("ip");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EINPROGRESS);
	CHECK_EQ(call_run(kind, "r1-a", &request6, NULL), 0);
	request.flow.flags = 0;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	test_shell("nft delete table ip test");
	request.flow.flags = BPF_WG_FLOW_SYN;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	add_forward_rule("ip6");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	CHECK_EQ(call_run(kind, "r1-a", &request6, NULL), -EINPROGRESS);
	test_shell("nft delete table ip6 test");
}

/* The MTU of the packet's own route, if it has one; that of the interface is not its business. */
static void test_validate_mtu(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request = validate_request(AF_INET);

	request.flow.mtu = 7;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	CHECK_EQ(call_reply()->mtu, 0);
	test_shell("ip route add 10.2.0.2/32 dev wg0 mtu 1300");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	CHECK_EQ(call_reply()->mtu, 1300);
	test_shell("ip route del 10.2.0.2/32 dev wg0");

	request = validate_request(AF_INET6);
	request.flow.mtu = 7;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	CHECK_EQ(call_reply()->mtu, 0);
	test_shell("ip -6 route add fd00:2::2/128 dev wg0 mtu 1301");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	CHECK_EQ(call_reply()->mtu, 1301);
	test_shell("ip -6 route del fd00:2::2/128 dev wg0");
}

/*
 * Of several next hops the stack chooses one by what the policy says, and for that looks where
 * bpf_fib_lookup() cannot, in the packet or its metadata: found by the differential test.
 */
static void check_multipath4(enum kind kind, bool out)
{
	static const struct {
		int policy, protocol;
		int in, out; /* results: into the tunnel and out of it */
	} cases[] = {
		{ 0, IPPROTO_UDP, 0, 0 },
		{ 0, IPPROTO_ESP, 0, 0 },
		{ 1, IPPROTO_UDP, -EOPNOTSUPP, 0 },
		{ 1, IPPROTO_TCP, -EOPNOTSUPP, 0 },
		{ 1, IPPROTO_ESP, -EOPNOTSUPP, -EOPNOTSUPP },
		{ 1, IPPROTO_AH, -EOPNOTSUPP, -EOPNOTSUPP },
		{ 2, IPPROTO_UDP, -EOPNOTSUPP, -EOPNOTSUPP },
		{ 2, IPPROTO_ESP, -EOPNOTSUPP, -EOPNOTSUPP },
		{ 3, IPPROTO_TCP, -EOPNOTSUPP, -EOPNOTSUPP },
	};
	const char *const devices[] = { "wg0", "r1-a" };
	struct request request = validate_request(AF_INET);
	int several, again, expected;
	long long ret;
	size_t i;

	request.flow.iif = netns_ifindex(devices[!out]);
	request.flow.oif = netns_ifindex(devices[out]);
	for (several = 0; several < 2; several++) {
		test_shell("ip route add 10.2.0.2/32 nexthop dev %s %s", devices[out],
			   several ? "nexthop dev r1-r2" : "");
		for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			test_shell("sysctl -q -w net.ipv4.fib_multipath_hash_policy=%d",
				   cases[i].policy);
			request.flow.protocol = cases[i].protocol;
			expected = !several ? 0 : out ? cases[i].out : cases[i].in;
			/* An answer is remembered. */
			for (again = 0; again < 2; again++) {
				ret = call_run(kind, "r1-a", &request, NULL);
				CHECK(ret == expected, "policy %d, protocol %d, by %s: %lld",
				      cases[i].policy, cases[i].protocol, devices[out], ret);
			}
		}
		test_shell("ip route del 10.2.0.2/32");
	}
	test_shell("sysctl -q -w net.ipv4.fib_multipath_hash_policy=0");
}

static void test_validate_multipath4(const void *arg)
{
	check_multipath4(KIND(arg), false);
	check_multipath4(KIND(arg), true);
}

/* For IPv6 it is always more than a program can tell: found by the differential test, too. */
static void test_validate_multipath6(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request = validate_request(AF_INET6);

	test_shell("ip -6 route add fd00:2::2/128 nexthop via fd00:1::2 dev r1-a "
		   "nexthop via 2001:db8::2 dev r1-r2");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EOPNOTSUPP);
	test_shell("ip -6 route del fd00:2::2/128");
	test_shell("ip nexthop add id 91 via fd00:1::2 dev r1-a && "
		   "ip nexthop add id 92 via 2001:db8::2 dev r1-r2 && "
		   "ip nexthop add id 93 group 91/92 && ip -6 route add fd00:2::2/128 nhid 93");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EOPNOTSUPP);
	test_shell("ip -6 route del fd00:2::2/128 && ip -6 route add fd00:2::2/128 nhid 91");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	test_shell("ip -6 route del fd00:2::2/128 && ip nexthop flush");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
}

static void test_validate_bad(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request = validate_request(AF_INET);
	uint32_t size;

	for (size = 0; size < sizeof(request.flow); size++) {
		request.size = size;
		CHECK(call_run(kind, "r1-a", &request, NULL) == -EINVAL, "size %u", size);
	}
	request = validate_request(AF_INET);
	for (request.flow.flags = BPF_WG_FLOW_FLAGS + 1; request.flow.flags;
	     request.flow.flags <<= 1)
		CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EINVAL);
	request = validate_request(AF_INET);
	request.flow.family = AF_UNIX;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EAFNOSUPPORT);
	request = validate_request(AF_INET);
	request.flow.iif = 99999;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -ENODEV);
	request.flow.iif = 0;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -ENODEV);
}

static void test_validate_own_address(const void *arg)
{
	struct request request = validate_request(AF_INET);

	set_source(&request, "10.1.0.1");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -EXDEV);
}

static void rp_filter(int value)
{
	test_shell("sysctl -q -w net.ipv4.conf.r1-a.rp_filter=%d net.ipv4.conf.wg0.rp_filter=%d",
		   value, value);
}

static void test_validate_rp_filter(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request good = validate_request(AF_INET), elsewhere = good, nowhere = good;

	set_source(&elsewhere, "192.0.2.2");
	set_source(&nowhere, "198.51.100.1");
	rp_filter(0);
	CHECK_EQ(call_run(kind, "r1-a", &good, NULL), 0);
	CHECK_EQ(call_run(kind, "r1-a", &elsewhere, NULL), 0);
	CHECK_EQ(call_run(kind, "r1-a", &nowhere, NULL), 0);
	rp_filter(1);
	CHECK_EQ(call_run(kind, "r1-a", &good, NULL), 0);
	CHECK_EQ(call_run(kind, "r1-a", &elsewhere, NULL), -EXDEV);
	CHECK_EQ(call_run(kind, "r1-a", &nowhere, NULL), -EXDEV);
	rp_filter(2);
	CHECK_EQ(call_run(kind, "r1-a", &good, NULL), 0);
	CHECK_EQ(call_run(kind, "r1-a", &elsewhere, NULL), 0);
	CHECK_EQ(call_run(kind, "r1-a", &nowhere, NULL), -EXDEV);
	rp_filter(0);
}

/* The same for a decrypted packet, whose layer 3 interface is the WireGuard device. */
/*
 * A member of a group of nexthops that changes is no change of routes to the kernel: what the way
 * back goes by is seen all the same.
 */
static void test_validate_rp_filter_group(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request = validate_request(AF_INET);
	int again;

	rp_filter(1);
	test_shell("ip nexthop add id 91 dev r1-a && ip nexthop add id 93 group 91 && "
		   "ip route add 10.1.0.2/32 nhid 93");
	for (again = 0; again < 2; again++)
		CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	test_shell("ip nexthop replace id 91 dev r1-r2");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EXDEV);
	test_shell("ip nexthop replace id 91 dev r1-a");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	test_shell("ip nexthop add id 92 dev r1-r2 && ip nexthop replace id 93 group 91/92");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	test_shell("ip nexthop del id 91");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EXDEV);
	test_shell("ip route del 10.1.0.2/32 && ip nexthop flush");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	rp_filter(0);
}

static void test_validate_rp_filter_tunnel(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request = validate_request(AF_INET);

	request.flow.iif = netns_ifindex("wg0");
	request.flow.oif = netns_ifindex("r1-a");
	set_source(&request, "10.2.0.2");
	inet_pton(AF_INET, "10.1.0.2", request.flow.dst);
	rp_filter(1);
	CHECK_EQ(call_run(kind, "r1-r2", &request, NULL), 0);
	set_source(&request, "10.1.0.7");
	CHECK_EQ(call_run(kind, "r1-r2", &request, NULL), -EXDEV);
	rp_filter(0);
}

static void test_validate_ipsec(const void *arg)
{
	static const char *const directions[] = { "fwd", "out", "in" };
	struct request forward = validate_request(AF_INET), local = forward;
	size_t i;

	local.flow.oif = 0;
	inet_pton(AF_INET, "10.1.0.1", local.flow.dst);
	for (i = 0; i < 3; i++) {
		test_shell("ip xfrm policy add dir %s src 198.51.100.0/24 dst 203.0.113.0/24 "
			   "action block",
			   directions[i]);
		CHECK(call_run(KIND(arg), "r1-a", &forward, NULL) == (i < 2 ? -EPERM : 0),
		      "to forward, with a policy for %s", directions[i]);
		CHECK(call_run(KIND(arg), "r1-a", &local, NULL) == (i < 2 ? 0 : -EPERM),
		      "to this host, with a policy for %s", directions[i]);
		test_shell("ip xfrm policy flush");
	}
}

static void test_validate_vrf(const void *arg)
{
	struct request request = validate_request(AF_INET);

	test_shell("ip link add master9 type vrf table 9 && ip link add dummy9 type dummy && "
		   "ip link set dummy9 master master9 && ip link set dummy9 up");
	request.flow.iif = netns_ifindex("dummy9");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -EOPNOTSUPP);
	request.flow.iif = netns_ifindex("master9");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -EOPNOTSUPP);
	test_shell("ip link del dummy9 && ip link del master9");
}

/* What a bridge port receives comes in by the bridge. */
static void test_validate_bridge(const void *arg)
{
	struct request request = validate_request(AF_INET);

	test_shell("ip link add master9 type bridge && ip link add dummy9 type dummy && "
		   "ip addr add 10.77.0.1/24 dev dummy9 && ip link set dummy9 up");
	request.flow.iif = netns_ifindex("dummy9");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	test_shell("ip link set dummy9 master master9");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -EOPNOTSUPP);
	test_shell("ip link del dummy9 && ip link del master9");
}

static void test_validate_disabled6(const void *arg)
{
	struct request request = validate_request(AF_INET6);

	test_shell("ip link add dummy9 type dummy && ip link set dummy9 up");
	request.flow.iif = netns_ifindex("dummy9");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	test_shell("sysctl -q -w net.ipv6.conf.dummy9.disable_ipv6=1");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -ENODEV);
	test_shell("ip link del dummy9");
}

static void test_validate_forwarding6(const void *arg)
{
	struct request request = validate_request(AF_INET6);

	test_shell("sysctl -q -w net.ipv6.conf.all.forwarding=0");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -ENETDOWN);
	request.flow.oif = 0;
	inet_pton(AF_INET6, "fd00:1::1", request.flow.dst);
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	test_shell("sysctl -q -w net.ipv6.conf.all.forwarding=1");
}

static void test_own_mac(const void *arg)
{
	struct request request = { .call = CALL_OWN_MAC, .size = 6 };
	enum kind kind = KIND(arg);
	uint32_t size;
	int bit;

	session_enter(&r1);
	memcpy(request.memory, netns_mac("r1-a"), 6);
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 1);
	CHECK_EQ(call_run(kind, "r1-r2", &request, NULL), 0);
	for (bit = 0; bit < 48; bit++) {
		request.memory[bit / 8] ^= 1 << bit % 8;
		CHECK(call_run(kind, "r1-a", &request, NULL) == 0, "with bit %d wrong", bit);
		request.memory[bit / 8] ^= 1 << bit % 8;
	}
	for (size = 0; size <= sizeof(request.memory); size++) {
		request.size = size;
		CHECK(call_run(kind, "r1-a", &request, NULL) == (size == 6 ? 1 : -EINVAL),
		      "size %u", size);
	}
	/* The loopback device has a MAC address of zeros, but is not Ethernet. */
	request.size = 6;
	memset(request.memory, 0, 6);
	CHECK_EQ(call_run(kind, "lo", &request, NULL), 0);
}

static long long egress(enum kind kind, uint32_t ifindex)
{
	struct request request = { .call = CALL_EGRESS, .egress = ifindex };

	session_enter(&r1);
	return call_run(kind, "r1-r2", &request, NULL);
}

static void test_egress(const void *arg)
{
	enum kind kind = KIND(arg);
	uint32_t lan, dummy;

	session_enter(&r1);
	lan = netns_ifindex("r1-a");
	CHECK_EQ(egress(kind, lan), 1);
	CHECK_EQ(egress(kind, netns_ifindex("lo")), -ENETDOWN);
	CHECK_EQ(egress(kind, netns_ifindex("wg0")), -ENETDOWN);
	CHECK_EQ(egress(kind, 0), -ENETDOWN);
	CHECK_EQ(egress(kind, 99999), -ENETDOWN);

	netns_enter(r1.host);
	test_shell("ethtool -K a-r1 gro off");
	CHECK_EQ(egress(kind, lan), 0);
	netns_enter(r1.host);
	test_shell("ethtool -K a-r1 gro on");
	CHECK_EQ(egress(kind, lan), 1);

	test_shell("ip link add dummy9 type dummy");
	dummy = netns_ifindex("dummy9");
	CHECK_EQ(egress(kind, dummy), -ENETDOWN);
	test_shell("ip link set dummy9 up");
	CHECK_EQ(egress(kind, dummy), 0);
	test_shell("ip link del dummy9");
	CHECK_EQ(egress(kind, dummy), -ENETDOWN);
}

static void neighbour_is(const char *address, const char *state)
{
	const char *line = test_shell_output("ip neigh show %s dev r1-r2", address);

	CHECK(strstr(line, state), "the neighbour is not %s: %s", state, line);
}

static void check_probe(enum kind kind, int family)
{
	int six = family == AF_INET6;
	const char *address = r2.wan_address[six];
	struct request request = {
		.call = CALL_PROBE,
		.size = six ? 16 : 4,
	};

	session_enter(&r1);
	request.egress = netns_ifindex("r1-r2");
	test_shell("ping -q -n -c 1 %s", address);
	inet_pton(family, address, request.memory);
	test_shell("ip neigh change %s dev r1-r2 nud reachable", address);
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	neighbour_is(address, "REACHABLE");
	test_shell("ip neigh change %s dev r1-r2 nud stale", address);
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	neighbour_is(address, "DELAY");
	request.egress = netns_ifindex("r1-a");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -ENOENT);
	request.egress = 99999;
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -ENODEV);
}

static void test_probe(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request = { .call = CALL_PROBE };

	check_probe(kind, AF_INET);
	check_probe(kind, AF_INET6);
	request.egress = netns_ifindex("r1-r2");
	for (request.size = 0; request.size < 16; request.size++) {
		CHECK(call_run(kind, "r1-a", &request, NULL) ==
			      (request.size == 4 ? -ENOENT : -EINVAL),
		      "size %u", request.size);
	}
}

void add_input_tests(void)
{
	add_both(test_validate, "flow-validate");
	add_both(test_validate_local, "flow-validate-local");
	add_both(test_validate_syn, "flow-validate-syn");
	add_both(test_validate_bridge, "flow-validate-bridge");
	add_both(test_validate_disabled6, "flow-validate-disabled-6");
	add_both(test_validate_mtu, "flow-validate-mtu");
	add_both(test_validate_multipath4, "flow-validate-multipath-4");
	add_both(test_validate_multipath6, "flow-validate-multipath-6");
	add_both(test_validate_bad, "flow-validate-bad");
	add_both(test_validate_own_address, "flow-validate-own-address");
	add_both(test_validate_rp_filter, "flow-validate-rp-filter");
	add_both(test_validate_rp_filter_group, "flow-validate-rp-filter-group");
	add_both(test_validate_rp_filter_tunnel, "flow-validate-rp-filter-tunnel");
	add_both(test_validate_ipsec, "flow-validate-ipsec");
	add_both(test_validate_vrf, "flow-validate-vrf");
	add_both(test_validate_forwarding6, "flow-validate-forwarding-6");
	add_both(test_own_mac, "own-mac");
	add_both(test_egress, "egress");
	add_both(test_probe, "neigh-probe");
}
