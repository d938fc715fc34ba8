// SPDX-License-Identifier: GPL-2.0
/*
 * Where the outer packets of a peer go: route and identification. All of it is asked in R1.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "tests.h"

static struct request route_request(void)
{
	struct request request = request_peer(&r1, CALL_ROUTE);

	request.size = sizeof(call_reply()->route);
	return request;
}

/* The MAC address at the other end of the link. */
static void check_route_macs(void)
{
	const struct bpf_wg_route *route = &call_reply()->route;

	CHECK_BYTES("smac", route->smac, netns_mac("r1-r2"), 6);
	session_enter(&r2);
	CHECK_BYTES("dmac", route->dmac, netns_mac("r2-r1"), 6);
	session_enter(&r1);
}

static void test_route4(const void *arg)
{
	const struct bpf_wg_route *route = &call_reply()->route;
	struct request request;

	session_ping();
	session_enter(&r1);
	request = route_request();
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	CHECK_EQ(route->ifindex, netns_ifindex("r1-r2"));
	CHECK_EQ(route->mtu, 1500);
	CHECK_EQ(route->family, AF_INET);
	CHECK_EQ(route->nh_family, AF_INET);
	CHECK_EQ(route->ttl, 64);
	CHECK_EQ(ntohs(route->sport), WG_PORT);
	CHECK_EQ(ntohs(route->dport), WG_PORT);
	check_address("src", route->src, "192.0.2.1");
	check_address("dst", route->dst, "192.0.2.2");
	check_address("nexthop", route->nexthop, "192.0.2.2");
	check_route_macs();
}

static void test_route6(const void *arg)
{
	const struct bpf_wg_route *route = &call_reply()->route;
	struct request request;

	set_endpoint("[2001:db8::2]");
	session_ping();
	session_enter(&r1);
	request = route_request();
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	CHECK_EQ(route->ifindex, netns_ifindex("r1-r2"));
	CHECK_EQ(route->mtu, 1500);
	CHECK_EQ(route->family, AF_INET6);
	CHECK_EQ(route->nh_family, AF_INET6);
	CHECK_EQ(route->ttl, 64);
	CHECK_EQ(ntohs(route->sport), WG_PORT);
	CHECK_EQ(ntohs(route->dport), WG_PORT);
	check_address("src", route->src, "2001:db8::1");
	check_address("dst", route->dst, "2001:db8::2");
	check_address("nexthop", route->nexthop, "2001:db8::2");
	check_route_macs();
	set_endpoint("192.0.2.2");
	session_ping();
}

static void test_route_size(const void *arg)
{
	struct request request;

	session_enter(&r1);
	request = route_request();
	check_sizes(KIND(arg), &request, sizeof(call_reply()->route));
}

static void test_route_no_key(const void *arg)
{
	struct request request = add_peer(CALL_ROUTE, "endpoint 192.0.2.2:9");

	request.size = sizeof(call_reply()->route);
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -ENOKEY);
	remove_peer();
}

/* A packet waits for a peer that does not answer; for one that does, none is left. */
static void test_queued(const void *arg)
{
	struct request request = add_peer(CALL_QUEUED, "endpoint 192.0.2.2:9");

	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	test_shell("ip route add 10.9.0.0/16 dev wg0 && "
		   "{ ping -q -n -c 1 -W 1 10.9.1.1 > /dev/null; ip route del 10.9.0.0/16; }");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 1);
	request.offset = 1; /* of those received */
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	remove_peer();
	session_ping();
	session_enter(&r1);
	request = request_peer(&r1, CALL_QUEUED);
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	request.offset = 1;
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
}

/* Check what the route is while another one for the endpoint is in the routing table. */
static void with_route(enum kind kind, const char *options, long long expected)
{
	struct request request;

	session_ping();
	session_enter(&r1);
	request = route_request();
	test_shell("ip route add %s", options);
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), expected);
	test_shell("ip route del 192.0.2.2/32");
}

static void test_route_metrics(const void *arg)
{
	const struct bpf_wg_route *route = &call_reply()->route;

	with_route(KIND(arg), "192.0.2.2/32 dev r1-r2 mtu 9000", 0);
	CHECK_EQ(route->mtu, 1500);
	with_route(KIND(arg), "192.0.2.2/32 dev r1-r2 mtu 1300 hoplimit 33", 0);
	CHECK_EQ(route->mtu, 1300);
	CHECK_EQ(route->ttl, 33);
}

static void test_route_nexthop6(const void *arg)
{
	const struct bpf_wg_route *route = &call_reply()->route;

	session_enter(&r1);
	test_shell("ping -q -n -c 1 2001:db8::2");
	with_route(KIND(arg), "192.0.2.2/32 via inet6 2001:db8::2 dev r1-r2", 0);
	CHECK_EQ(route->family, AF_INET);
	CHECK_EQ(route->nh_family, AF_INET6);
	check_address("dst", route->dst, "192.0.2.2");
	check_address("nexthop", route->nexthop, "2001:db8::2");
	check_route_macs();
}

static void test_route_unreachable(const void *arg)
{
	static const char *const types[] = { "blackhole", "unreachable", "prohibit", "local" };
	char options[64];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		snprintf(options, sizeof(options), "%s 192.0.2.2/32%s", types[i],
			 i == 3 ? " dev lo table main" : "");
		with_route(KIND(arg), options, -ENETUNREACH);
	}
}

static void test_route_not_ethernet(const void *arg)
{
	session_enter(&r1);
	test_shell("ip link add wgx type wireguard && ip link set wgx up");
	with_route(KIND(arg), "192.0.2.2/32 dev wgx src 192.0.2.1", -ENETUNREACH);
	test_shell("ip link del wgx");
}

static void test_route_encapsulated(const void *arg)
{
	with_route(KIND(arg), "192.0.2.2/32 encap ip id 7 dst 192.0.2.9 dev r1-r2", -EPERM);
}

static void test_route_ipsec(const void *arg)
{
	struct request request;

	session_ping();
	session_enter(&r1);
	request = route_request();
	test_shell("ip xfrm policy add dir out src 198.51.100.0/24 dst 203.0.113.0/24 "
		   "action block");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -EPERM);
	test_shell("ip xfrm policy flush");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
}

static void test_route_fwmark(const void *arg)
{
	struct request request;

	session_ping();
	session_enter(&r1);
	request = route_request();
	test_shell("ip rule add fwmark 7 table 77 && ip route add blackhole default table 77");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	test_shell("wg set wg0 fwmark 7");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -ENETUNREACH);
	test_shell("wg set wg0 fwmark 0 && ip rule del fwmark 7 && ip route flush table 77");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
}

static void test_route_neighbour(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request;

	session_ping();
	session_enter(&r1);
	request = route_request();
	test_shell("ip neigh flush to 192.0.2.2 dev r1-r2");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EHOSTUNREACH);
	session_ping();
	session_enter(&r1);
	test_shell("ip neigh change 192.0.2.2 dev r1-r2 nud stale");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	CHECK(call_reply()->route.probe, "a stale neighbour is not to be probed");
	test_shell("ip neigh change 192.0.2.2 dev r1-r2 nud reachable");
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), 0);
	CHECK(!call_reply()->route.probe, "a reachable neighbour is to be probed");
	check_route_macs();
}

/* The endpoint's source address is gone: another one is used, as the kernel would. */
static void test_route_source_gone(const void *arg)
{
	struct request request;

	session_ping();
	session_enter(&r1);
	request = route_request();
	test_shell("ip addr add 192.0.2.5/29 dev r1-r2 && ip addr del 192.0.2.1/30 dev r1-r2");
	test_shell("ip neigh replace 192.0.2.2 dev r1-r2 lladdr 02:00:00:00:00:09 nud reachable");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), 0);
	check_address("src", call_reply()->route.src, "192.0.2.5");
	test_shell("ip addr add 192.0.2.1/30 dev r1-r2 && ip addr del 192.0.2.5/29 dev r1-r2 && "
		   "ip neigh del 192.0.2.2 dev r1-r2");
	session_ping();
}

/* The outer packets of a device that was moved are another namespace's. */
static void test_route_other_netns(const void *arg)
{
	struct request request = {
		.call = CALL_ROUTE,
		.size = sizeof(call_reply()->route),
	};

	session_enter(&r2);
	test_shell(
		"umask 077; wg genkey > /run/topology/X.key && wg genkey > /run/topology/Y.key && "
		"ip link add wgx type wireguard && "
		"wg set wgx listen-port 51850 private-key /run/topology/X.key peer "
		"$(wg pubkey < /run/topology/Y.key) allowed-ips 10.50.0.1 && "
		"ip addr add 10.50.0.2/24 dev wgx && ip link set wgx up");
	session_enter(&r1);
	test_shell("ip link add wgx type wireguard && ip link set wgx netns A");
	netns_enter("A");
	test_shell("wg set wgx listen-port 51850 private-key /run/topology/Y.key peer "
		   "$(wg pubkey < /run/topology/X.key) allowed-ips 10.50.0.2 "
		   "endpoint 192.0.2.2:51850 && "
		   "ip addr add 10.50.0.1/24 dev wgx && ip link set wgx up && "
		   "ping -q -n -c 1 -W 3 10.50.0.2");
	request.ifindex = netns_ifindex("wgx");
	request_address(&request, "10.50.0.2");
	CHECK_EQ(call_run(KIND(arg), "a-r1", &request, NULL), -EXDEV);
	test_shell("ip link del wgx");
	session_enter(&r2);
	test_shell("ip link del wgx");
}

static void test_ident(const void *arg)
{
	struct request request;
	long long ident, first = 0;
	int i, others = 0;

	session_enter(&r1);
	request = request_peer(&r1, CALL_IDENT);
	inet_pton(AF_INET, "192.0.2.1", &request.saddr);
	inet_pton(AF_INET, "192.0.2.2", &request.daddr);
	for (i = 0; i < 32; i++) {
		ident = call_run(KIND(arg), "r1-a", &request, NULL);
		CHECK(ident >= 0 && ident <= 0xffff, "identification %lld", ident);
		if (!i)
			first = ident;
		else
			others += ident != first;
	}
	CHECK_EQ(others, 31);
}

void add_route_tests(void)
{
	add_both(test_route4, "peer-route-4");
	add_both(test_route6, "peer-route-6");
	add_both(test_route_size, "peer-route-size");
	add_both(test_queued, "queued");
	add_both(test_route_no_key, "peer-route-no-key");
	add_both(test_route_metrics, "peer-route-metrics");
	add_both(test_route_nexthop6, "peer-route-nexthop-6");
	add_both(test_route_unreachable, "peer-route-unreachable");
	add_both(test_route_not_ethernet, "peer-route-not-ethernet");
	add_both(test_route_encapsulated, "peer-route-encapsulated");
	add_both(test_route_ipsec, "peer-route-ipsec");
	add_both(test_route_fwmark, "peer-route-fwmark");
	add_both(test_route_neighbour, "peer-route-neighbour");
	add_both(test_route_source_gone, "peer-route-source-gone");
	add_both(test_route_other_netns, "peer-route-other-netns");
	add_both(test_ident, "ip-ident");
}
