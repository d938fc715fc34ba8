// SPDX-License-Identifier: GPL-2.0
/*
 * Good frames that are passed because of how the router is set up.
 */
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "packet.h"

/*
 * One set-up: commands that make and unmake it in a namespace, and what becomes of a frame from the
 * host and of one from the tunnel meanwhile.
 */
struct setup {
	const char *name;
	const char *ns;
	const char *make, *unmake;
	int inner, outer;
	enum xdp_wg_reason encap, decap;
	bool xdp_only; /* a tc program does not mind */
};

/* What both directions do when a set-up does not concern them. */
#define FAST_ENCAP XDP_WG_ENCAP
#define FAST_DECAP XDP_WG_DECAP

/* A rule that lets everything through. */
#define RULE(family, hook)                                                                         \
	"nft 'table " family " test { chain c { type filter hook " hook                            \
	" priority 0; counter; }; }'"
#define NO_RULES "nft flush ruleset"

static const struct setup setups[] = {
	{ "forwarding-off", "R1", "sysctl -q -w net.ipv4.conf.r1-a.forwarding=0",
	  "sysctl -q -w net.ipv4.conf.r1-a.forwarding=1", 0, 0, XDP_WG_FORWARDING_OFF, FAST_DECAP },
	{ "forwarding-off-tunnel", "R1", "sysctl -q -w net.ipv4.conf.wg0.forwarding=0",
	  "sysctl -q -w net.ipv4.conf.wg0.forwarding=1", 0, 0, FAST_ENCAP, XDP_WG_FORWARDING_OFF },
	{ "forwarding-off-6", "R1", "sysctl -q -w net.ipv6.conf.all.forwarding=0",
	  "sysctl -q -w net.ipv6.conf.all.forwarding=1", 1, 0, XDP_WG_FORWARDING_OFF,
	  XDP_WG_FORWARDING_OFF },
	{ "no-route", "R1", "ip route del 10.2.0.0/24 dev wg0", "ip route add 10.2.0.0/24 dev wg0",
	  0, 0, XDP_WG_NO_ROUTE, FAST_DECAP },
	{ "route-blackhole", "R1", "ip route add blackhole 10.2.0.2/32",
	  "ip route del blackhole 10.2.0.2/32", 0, 0, XDP_WG_NO_ROUTE, FAST_DECAP },
	{ "route-prohibit-6", "R1", "ip -6 route add prohibit fd00:2::2/128",
	  "ip -6 route del prohibit fd00:2::2/128", 1, 0, XDP_WG_NO_ROUTE, FAST_DECAP },
	{ "route-mtu", "R1", "ip route add 10.2.0.2/32 dev wg0 mtu 499",
	  "ip route del 10.2.0.2/32 dev wg0", 0, 0, XDP_WG_MTU, FAST_DECAP },
	{ "outer-route-mtu", "R1", "ip route add 192.0.2.2/32 dev r1-r2 mtu 571",
	  "ip route del 192.0.2.2/32 dev r1-r2", 0, 0, XDP_WG_MTU, FAST_DECAP },
	{ "inner-route-mtu", "R1", "ip route add 10.1.0.2/32 dev r1-a mtu 499",
	  "ip route del 10.1.0.2/32 dev r1-a", 0, 0, FAST_ENCAP, XDP_WG_MTU },
	{ "outer-blackhole", "R1", "ip route add blackhole 192.0.2.2/32",
	  "ip route del blackhole 192.0.2.2/32", 0, 0, XDP_WG_OUTER_ROUTE, FAST_DECAP },
	{ "outer-neighbour", "R1", "ip neigh flush to 192.0.2.2 dev r1-r2",
	  "ping -q -n -c 1 192.0.2.2", 0, 0, XDP_WG_NEIGHBOUR, FAST_DECAP },
	{ "inner-neighbour", "R1", "ip neigh flush to 10.1.0.2 dev r1-a",
	  "ping -q -n -c 1 10.1.0.2", 0, 0, FAST_ENCAP, XDP_WG_NEIGHBOUR },
	{ "inner-neighbour-6", "R1", "ip neigh flush to fd00:1::2 dev r1-a",
	  "ping -q -n -c 1 fd00:1::2", 1, 1, FAST_ENCAP, XDP_WG_NEIGHBOUR },
	{ "no-peer", "R1",
	  "wg set wg0 peer $(wg pubkey < /run/topology/R2.key) "
	  "allowed-ips 10.0.0.2/32,fd00::2/128,fd00:2::/64",
	  "wg set wg0 peer $(wg pubkey < /run/topology/R2.key) "
	  "allowed-ips 10.0.0.2/32,10.2.0.0/24,fd00::2/128,fd00:2::/64",
	  0, 0, XDP_WG_NO_PEER, XDP_WG_INNER },
	{ "other-peers-address", "R1",
	  "umask 077; wg set wg0 peer $(wg genkey | tee /run/topology/X.key | wg pubkey) "
	  "allowed-ips 10.2.0.2/32",
	  "wg set wg0 peer $(wg pubkey < /run/topology/X.key) remove; "
	  "wg set wg0 peer $(wg pubkey < /run/topology/R2.key) "
	  "allowed-ips 10.0.0.2/32,10.2.0.0/24,fd00::2/128,fd00:2::/64",
	  0, 0, XDP_WG_NO_KEY, XDP_WG_INNER },
	{ "rp-filter", "R1", "sysctl -q -w net.ipv4.conf.all.rp_filter=1",
	  "sysctl -q -w net.ipv4.conf.all.rp_filter=0", 0, 0, FAST_ENCAP, FAST_DECAP },
	{ "rp-filter-elsewhere", "R1",
	  "sysctl -q -w net.ipv4.conf.all.rp_filter=1; "
	  "ip route add 10.1.0.2/32 via 192.0.2.2; "
	  "ip route add 10.2.0.2/32 via 192.0.2.2 metric 9",
	  "ip route del 10.1.0.2/32 via 192.0.2.2; "
	  "ip route del 10.2.0.2/32 via 192.0.2.2 metric 9; "
	  "sysctl -q -w net.ipv4.conf.all.rp_filter=0",
	  0, 0, XDP_WG_NOT_TUNNEL, XDP_WG_SOURCE },
	{ "ipsec", "R1",
	  "ip xfrm policy add dir fwd src 198.51.100.0/24 dst 203.0.113.0/24 action block",
	  "ip xfrm policy flush", 0, 0, XDP_WG_POLICY, XDP_WG_POLICY },
	{ "netfilter-prerouting", "R1", RULE("inet", "prerouting"), NO_RULES, 0, 0,
	  XDP_WG_NETFILTER, XDP_WG_NETFILTER },
	{ "netfilter-input", "R1", RULE("inet", "input"), NO_RULES, 0, 0, FAST_ENCAP,
	  XDP_WG_NETFILTER },
	{ "netfilter-forward", "R1", RULE("inet", "forward"), NO_RULES, 0, 0, XDP_WG_NETFILTER,
	  XDP_WG_NETFILTER },
	{ "netfilter-output", "R1", RULE("inet", "output"), NO_RULES, 0, 0, XDP_WG_NETFILTER,
	  FAST_DECAP },
	{ "netfilter-postrouting", "R1", RULE("inet", "postrouting"), NO_RULES, 0, 0,
	  XDP_WG_NETFILTER, XDP_WG_NETFILTER },
	{ "netfilter-inner-6", "R1", RULE("ip6", "forward"), NO_RULES, 1, 0, XDP_WG_NETFILTER,
	  XDP_WG_NETFILTER },
	{ "netfilter-outer-6", "R1", RULE("ip6", "postrouting"), NO_RULES, 0, 1, XDP_WG_NETFILTER,
	  FAST_DECAP },
	{ "netfilter-other-family", "R1", RULE("ip6", "forward"), NO_RULES, 0, 0, FAST_ENCAP,
	  FAST_DECAP },
	{ "netfilter-idle", "R1",
	  "nft 'table inet test { chain c { type filter hook forward priority 0; }; }'", NO_RULES,
	  0, 0, FAST_ENCAP, FAST_DECAP },
	{ "tc-ingress", "R1",
	  "tc qdisc add dev r1-a clsact && tc filter add dev r1-a ingress matchall action pass",
	  "tc qdisc del dev r1-a clsact", 0, 0, XDP_WG_TRAFFIC_CONTROL, FAST_DECAP },
	{ "tc-tunnel", "R1",
	  "tc qdisc add dev wg0 clsact && tc filter add dev wg0 ingress matchall action pass",
	  "tc qdisc del dev wg0 clsact", 0, 0, FAST_ENCAP, XDP_WG_TRAFFIC_CONTROL },
	{ "tc-egress", "R1",
	  "tc qdisc add dev r1-a clsact && tc filter add dev r1-a egress matchall action pass",
	  "tc qdisc del dev r1-a clsact", 0, 0, FAST_ENCAP, XDP_WG_TRAFFIC_CONTROL, true },
	{ "tc-shaper", "R1", "tc qdisc add dev r1-r2 root tbf rate 1gbit burst 100k latency 50ms",
	  "tc qdisc del dev r1-r2 root", 0, 0, XDP_WG_TRAFFIC_CONTROL, FAST_DECAP, true },
	{ "encapsulating-route", "R1",
	  "ip route add 192.0.2.2/32 encap ip id 7 dst 192.0.2.9 dev r1-r2",
	  "ip route del 192.0.2.2/32", 0, 0, XDP_WG_POLICY, FAST_DECAP },
	{ "egress-wan", "R2", "ethtool -K r2-r1 gro off", "ethtool -K r2-r1 gro on", 0, 0,
	  XDP_WG_EGRESS, FAST_DECAP, true },
	{ "egress-lan", "A", "ethtool -K a-r1 gro off", "ethtool -K a-r1 gro on", 0, 0, FAST_ENCAP,
	  XDP_WG_EGRESS, true },
	{ "policy-routing", "R1",
	  "ip rule add from 10.1.0.2 table 99; ip route add prohibit default "
	  "table 99",
	  "ip rule del from 10.1.0.2 table 99; ip route flush table 99", 0, 0, XDP_WG_NO_ROUTE,
	  FAST_DECAP },
	{ "device-down", "R1", "ip link set wg0 down",
	  "ip link set wg0 up && ip addr add fd00::1/128 dev wg0 && "
	  "ip route add 10.2.0.0/24 dev wg0 && "
	  "ip -6 route add fd00:2::/64 dev wg0 && ip route add 10.0.0.2 dev wg0 && "
	  "ip -6 route add fd00::2 dev wg0",
	  0, 0, XDP_WG_NO_ROUTE, XDP_WG_LOCAL },
};

/* The set-up that is made at the moment. */
static const struct setup *made;

void unmake_setup(void)
{
	const struct setup *setup = made;

	made = NULL;
	if (!setup)
		return;
	netns_enter(setup->ns);
	test_shell("%s", setup->unmake);
	/* What was resolved on demand has to be again. */
	session_ping();
}

/* A good frame in one direction; of one from the tunnel, what is in it. */
static void put_frame(const struct setup *setup, bool decap, struct frame *frame,
		      struct frame *packet)
{
	if (decap) {
		inner_packet(&r2, packet, setup->inner, 500);
		message_frame(&r1, frame, packet);
	} else {
		host_frame(&r1, frame, setup->inner, 500);
	}
	session_enter(&r1);
}

/* What must become of it. */
static void check_direction(const struct setup *setup, bool decap)
{
	enum xdp_wg_reason expected = decap ? setup->decap : setup->encap;
	struct frame frame, packet;

	use_outer(setup->outer);
	put_frame(setup, decap, &frame, &packet);
	netns_enter(setup->ns);
	made = setup;
	test_shell("%s", setup->make);
	session_enter(&r1);
	if (expected == XDP_WG_ENCAP)
		check_encap(&r1, 0, &frame);
	else if (expected == XDP_WG_DECAP)
		check_decap(&r1, &frame, &packet, 0);
	else
		check_pass(decap ? "r1-r2" : "r1-a", &frame, expected);
	unmake_setup();

	/* As it was before, frames go fast. */
	put_frame(setup, decap, &frame, &packet);
	if (decap)
		check_decap(&r1, &frame, &packet, 0);
	else
		check_encap(&r1, 0, &frame);
}

static void test_setup_encap(const void *arg)
{
	check_direction(arg, false);
}

static void test_setup_decap(const void *arg)
{
	check_direction(arg, true);
}

/* An egress that only the stack can send by is good enough in skb mode. */
static void test_any_egress(const void *arg)
{
	struct frame frame;

	(void)arg;
	use_outer(0);
	host_frame(&r1, &frame, 0, 500);
	session_enter(&r2);
	test_shell("ethtool -K r2-r1 gro off");
	session_enter(&r1);
	check_encap(&r1, XDP_WG_SKB_MODE, &frame);
	session_enter(&r2);
	test_shell("ethtool -K r2-r1 gro on");
}

static void test_no_key(const void *arg)
{
	struct frame frame;

	(void)arg;
	use_outer(0);
	host_frame(&r1, &frame, 0, 500);
	session_enter(&r1);
	test_shell("wg genkey | wg set wg0 private-key /proc/self/fd/0");
	check_pass("r1-a", &frame, XDP_WG_NO_KEY);
	test_shell("wg set wg0 private-key /run/topology/R1.key");
	session_ping();
	session_enter(&r1);
	check_encap(&r1, 0, &frame);
}

/* R2 has answered a handshake and must wait for a message of R1 before it uses the new key. */
static void test_new_key(const void *arg)
{
	struct session session;
	struct message message;
	struct frame packet, frame;

	(void)arg;
	use_outer(0);
	session_enter(&r2);
	test_shell("nft 'add table inet test; add chain inet test in { "
		   "type filter hook prerouting priority raw; }; "
		   "add rule inet test in udp dport 51820 @th,64,8 4 drop'");
	session_enter(&r1);
	test_shell("wg genkey | wg set wg0 private-key /proc/self/fd/0 && "
		   "wg set wg0 private-key /run/topology/R1.key");
	netns_enter("A");
	test_shell("ping -q -n -c 1 -W 1 10.2.0.2 || true");
	session_read(&r1, &session);
	session.local_index = session.remote_index;
	memcpy(session.receiving, session.sending, sizeof(session.receiving));
	inner_packet(&r1, &packet, 0, 112);
	message_seal(&message, &session, 50, packet.data, packet.length);
	wan_frame(&r2, &frame, &message);
	session_enter(&r2);
	check_pass("r2-r1", &frame, XDP_WG_NEW_KEY);
	test_shell("nft delete table inet test");
	session_ping();
	/* The stack has never got the message that was left to it: that is waited for. */
	usleep(300000);
	check_decap(&r2, &frame, &packet, 0);
}

/*
 * A SYN, and the same segment without, while there is a forward hook of the family or none: who
 * bypasses netfilter does not mean MSS clamping.
 */
static void check_syn(int inner, bool hooked)
{
	struct frame frame, packet, tcp;
	uint32_t header = inner ? sizeof(struct ip6_hdr) : sizeof(struct ip);
	int syn;

	for (syn = 0; syn < 2; syn++) {
		inner_packet(&r1, &tcp, inner, header + 20);
		if (inner) {
			((struct ip6_hdr *)tcp.data)->ip6_nxt = IPPROTO_TCP;
		} else {
			((struct ip *)tcp.data)->ip_p = IPPROTO_TCP;
			ip_update_check((struct ip *)tcp.data);
		}
		tcp.data[header + 13] = syn ? 2 : 16;
		lan_frame(&r1, &frame, inner);
		frame_put(&frame, tcp.data, tcp.length);
		session_enter(&r1);
		if (syn && hooked)
			check_pass("r1-a", &frame, XDP_WG_NETFILTER);
		else
			check_encap(&r1, 0, &frame);

		inner_packet(&r2, &packet, inner, header + 20);
		if (inner) {
			((struct ip6_hdr *)packet.data)->ip6_nxt = IPPROTO_TCP;
		} else {
			((struct ip *)packet.data)->ip_p = IPPROTO_TCP;
			ip_update_check((struct ip *)packet.data);
		}
		packet.data[header + 13] = syn ? 18 : 16;
		message_frame(&r1, &frame, &packet);
		session_enter(&r1);
		if (syn && hooked)
			check_pass("r1-r2", &frame, XDP_WG_NETFILTER);
		else
			check_decap(&r1, &frame, &packet, 0);
	}
}

static void test_syn(const void *arg)
{
	(void)arg;
	use_outer(0);
	check_syn(0, false);
	check_syn(1, false);
	session_enter(&r1);
	test_shell(RULE("inet", "forward"));
	use_flags(XDP_WG_BYPASS_NETFILTER);
	check_syn(0, true);
	check_syn(1, true);
	use_flags(0);
	session_enter(&r1);
	test_shell(NO_RULES);
}

/* Each option is for its own kind of rules alone. */
static void test_bypass(const void *arg)
{
	struct frame host, frame, packet;

	(void)arg;
	use_outer(0);
	host_frame(&r1, &host, 0, 500);
	session_enter(&r1);
	test_shell(RULE("inet", "forward"));
	use_flags(XDP_WG_BYPASS_TC);
	check_pass("r1-a", &host, XDP_WG_NETFILTER);
	use_flags(XDP_WG_BYPASS_NETFILTER);
	frame = host;
	check_encap(&r1, 0, &frame);
	inner_packet(&r2, &packet, 0, 500);
	message_frame(&r1, &frame, &packet);
	check_decap(&r1, &frame, &packet, 0);

	test_shell("tc qdisc add dev r1-a clsact && "
		   "tc filter add dev r1-a ingress matchall action pass");
	check_pass("r1-a", &host, XDP_WG_TRAFFIC_CONTROL);
	use_flags(XDP_WG_BYPASS_NETFILTER | XDP_WG_BYPASS_TC);
	frame = host;
	check_encap(&r1, 0, &frame);
	test_shell(NO_RULES);
	use_flags(0);
	check_pass("r1-a", &host, XDP_WG_TRAFFIC_CONTROL);
	use_flags(XDP_WG_BYPASS_TC);
	frame = host;
	check_encap(&r1, 0, &frame);
	use_flags(0);
	test_shell("tc qdisc del dev r1-a clsact");
}

void add_setup_tests(enum kind kind)
{
	size_t i;

	for (i = 0; i < sizeof(setups) / sizeof(*setups); i++) {
		if (kind == SKB && setups[i].xdp_only)
			continue;
		add_case(kind, test_setup_encap, &setups[i], "setup/%s/encap", setups[i].name);
		add_case(kind, test_setup_decap, &setups[i], "setup/%s/decap", setups[i].name);
	}
	add_case(kind, test_any_egress, NULL, "setup/any-egress");
	add_case(kind, test_no_key, NULL, "setup/no-key");
	add_case(kind, test_new_key, NULL, "setup/new-key");
	add_case(kind, test_syn, NULL, "setup/syn");
	add_case(kind, test_bypass, NULL, "setup/bypass");
}
