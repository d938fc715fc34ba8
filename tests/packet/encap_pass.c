// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from A that R1 must leave to the stack, byte for byte.
 */
#include <arpa/inet.h>
#include <string.h>

#include "packet.h"

/* One frame: how it differs from one that would be encrypted, and why it is passed. */
struct pass {
	const char *name;
	int inner;
	void (*change)(struct frame *frame);
	enum xdp_wg_reason reason;
	bool xdp_only; /* the kernel has no test runs of tc programs on such a frame */
};

static struct ether_header *eth_of(struct frame *frame)
{
	return (struct ether_header *)frame->data;
}

static struct ip *ip4_of(struct frame *frame)
{
	return (struct ip *)(frame->data + ETHER_HDR_LEN);
}

static struct ip6_hdr *ip6_of(struct frame *frame)
{
	return (struct ip6_hdr *)(frame->data + ETHER_HDR_LEN);
}

#define CHANGE(name, code)                                                                         \
	static void name(struct frame *frame)                                                      \
	{                                                                                          \
		code;                                                                              \
	}

/* Change an IPv4 header and make its checksum right again. */
#define CHANGE4(name, code)                                                                        \
	static void name(struct frame *frame)                                                      \
	{                                                                                          \
		struct ip *ip = ip4_of(frame);                                                     \
                                                                                                   \
		code;                                                                              \
		ip_update_check(ip);                                                               \
	}

#define CHANGE6(name, code)                                                                        \
	static void name(struct frame *frame)                                                      \
	{                                                                                          \
		struct ip6_hdr *ip = ip6_of(frame);                                                \
                                                                                                   \
		code;                                                                              \
	}

/* Link layer. */
CHANGE(arp, eth_of(frame)->ether_type = htons(ETHERTYPE_ARP))
CHANGE(lldp, eth_of(frame)->ether_type = htons(0x88cc))
CHANGE(type_length, eth_of(frame)->ether_type = htons(100))
CHANGE(vlan_q, eth_of(frame)->ether_type = htons(0x8100))
CHANGE(vlan_ad, eth_of(frame)->ether_type = htons(0x88a8))
CHANGE(other_mac, eth_of(frame)->ether_dhost[5] ^= 1)
CHANGE(broadcast_mac, memset(eth_of(frame)->ether_dhost, 0xff, 6))
CHANGE(multicast_mac, memcpy(eth_of(frame)->ether_dhost, "\x01\x00\x5e\x00\x00\x01", 6))
CHANGE(large, frame_put(frame, NULL, 5000))

/* Lengths and versions that lie. */
CHANGE(only_eth, frame->length = 14)
CHANGE(cut_19, frame->length = 14 + 19)
CHANGE(cut_20, frame->length = 14 + 20)
CHANGE(cut_39, frame->length = 14 + 39)
CHANGE(cut_99, frame->length = 14 + 99)
CHANGE4(version4, ip->ip_v = 6)
CHANGE6(version6, ip->ip6_vfc = 0x40)
CHANGE4(short_ihl, ip->ip_hl = 4)
CHANGE4(no_ihl, ip->ip_hl = 0)
CHANGE4(options, ip->ip_hl = 6)
CHANGE4(most_options, ip->ip_hl = 15)
CHANGE4(short_length, ip->ip_len = htons(19))
CHANGE4(no_length, ip->ip_len = 0)
CHANGE4(long_length, ip->ip_len = htons(101))
CHANGE4(longest_length, ip->ip_len = 0xffff)
CHANGE6(long_length6, ip->ip6_plen = htons(61))
CHANGE6(longest_length6, ip->ip6_plen = 0xffff)
CHANGE(bad_checksum, ip4_of(frame)->ip_sum ^= 1)
CHANGE(no_checksum, ip4_of(frame)->ip_sum = 0)
CHANGE(much_trailing, frame_put(frame, NULL, 200))

/* Fragments and extension headers. */
CHANGE4(first_fragment, ip->ip_off = htons(IP_MF))
CHANGE4(middle_fragment, ip->ip_off = htons(IP_MF | 10))
CHANGE4(last_fragment, ip->ip_off = htons(10))
CHANGE4(last_fragment_df, ip->ip_off = htons(IP_DF | 0x1000))
CHANGE6(fragment6, ip->ip6_nxt = 44)
CHANGE6(hop_by_hop, ip->ip6_nxt = 0)
CHANGE6(routing, ip->ip6_nxt = 43)
CHANGE6(authentication, ip->ip6_nxt = 51)
CHANGE6(destination, ip->ip6_nxt = 60)
CHANGE6(mobility, ip->ip6_nxt = 135)
CHANGE6(hip, ip->ip6_nxt = 139)
CHANGE6(shim6, ip->ip6_nxt = 140)

/* Addresses that no router forwards from or to. */
#define FROM4(name, address) CHANGE4(name, inet_pton(AF_INET, address, &ip->ip_src))
#define TO4(name, address) CHANGE4(name, inet_pton(AF_INET, address, &ip->ip_dst))
#define FROM6(name, address) CHANGE6(name, inet_pton(AF_INET6, address, &ip->ip6_src))
#define TO6(name, address) CHANGE6(name, inet_pton(AF_INET6, address, &ip->ip6_dst))

FROM4(from_loopback, "127.0.0.1")
FROM4(from_zero, "0.0.0.0")
FROM4(from_this_net, "0.1.2.3")
FROM4(from_multicast, "224.0.0.5")
FROM4(from_broadcast, "255.255.255.255")
FROM6(from_loopback6, "::1")
FROM6(from_unspecified6, "::")
FROM6(from_multicast6, "ff02::5")
FROM6(from_link_local6, "fe80::5")
FROM4(from_router, "10.1.0.1")

TO4(to_router, "10.1.0.1")
TO4(to_router_wan, "192.0.2.1")
TO4(to_router_tunnel, "10.0.0.1")
TO6(to_router6, "fd00:1::1")
TO6(to_router_tunnel6, "fd00::1")
TO4(to_wan, "192.0.2.2")
TO6(to_wan6, "2001:db8::2")
TO4(to_nowhere, "198.51.100.1")
TO6(to_nowhere6, "2001:db8:ffff::1")

static const struct pass passes[] = {
	{ "arp", 0, arp, XDP_WG_NOT_IP },
	{ "lldp", 0, lldp, XDP_WG_NOT_IP },
	{ "type-length", 0, type_length, XDP_WG_NOT_IP },
	{ "vlan-802.1q", 0, vlan_q, XDP_WG_VLAN },
	{ "vlan-802.1ad", 0, vlan_ad, XDP_WG_VLAN },
	{ "other-mac", 0, other_mac, XDP_WG_OTHER_MAC },
	{ "broadcast-mac", 0, broadcast_mac, XDP_WG_OTHER_MAC },
	{ "multicast-mac", 0, multicast_mac, XDP_WG_OTHER_MAC },
	{ "multi-buffer", 0, large, XDP_WG_MULTI_BUFFER, true },
	{ "only-ethernet", 0, only_eth, XDP_WG_MALFORMED, true },
	{ "only-ethernet-6", 1, only_eth, XDP_WG_MALFORMED, true },
	{ "truncated-header", 0, cut_19, XDP_WG_MALFORMED, true },
	{ "truncated-header-6", 1, cut_39, XDP_WG_MALFORMED, true },
	{ "truncated-packet", 0, cut_20, XDP_WG_MALFORMED },
	{ "truncated-by-one", 0, cut_99, XDP_WG_MALFORMED },
	{ "truncated-by-one-6", 1, cut_99, XDP_WG_MALFORMED },
	{ "version", 0, version4, XDP_WG_MALFORMED },
	{ "version-6", 1, version6, XDP_WG_MALFORMED },
	{ "header-of-16", 0, short_ihl, XDP_WG_OPTIONS },
	{ "header-of-0", 0, no_ihl, XDP_WG_OPTIONS },
	{ "options", 0, options, XDP_WG_OPTIONS },
	{ "most-options", 0, most_options, XDP_WG_OPTIONS },
	{ "length-19", 0, short_length, XDP_WG_MALFORMED },
	{ "length-0", 0, no_length, XDP_WG_MALFORMED },
	{ "length-too-long", 0, long_length, XDP_WG_MALFORMED },
	{ "length-longest", 0, longest_length, XDP_WG_MALFORMED },
	{ "length-too-long-6", 1, long_length6, XDP_WG_MALFORMED },
	{ "length-longest-6", 1, longest_length6, XDP_WG_MALFORMED },
	{ "bad-checksum", 0, bad_checksum, XDP_WG_MALFORMED },
	{ "no-checksum", 0, no_checksum, XDP_WG_MALFORMED },
	{ "much-trailing", 0, much_trailing, XDP_WG_MALFORMED },
	{ "first-fragment", 0, first_fragment, XDP_WG_FRAGMENT },
	{ "middle-fragment", 0, middle_fragment, XDP_WG_FRAGMENT },
	{ "last-fragment", 0, last_fragment, XDP_WG_FRAGMENT },
	{ "last-fragment-df", 0, last_fragment_df, XDP_WG_FRAGMENT },
	{ "fragment-6", 1, fragment6, XDP_WG_FRAGMENT },
	{ "hop-by-hop", 1, hop_by_hop, XDP_WG_OPTIONS },
	{ "routing", 1, routing, XDP_WG_OPTIONS },
	{ "authentication", 1, authentication, XDP_WG_OPTIONS },
	{ "destination-options", 1, destination, XDP_WG_OPTIONS },
	{ "mobility", 1, mobility, XDP_WG_OPTIONS },
	{ "hip", 1, hip, XDP_WG_OPTIONS },
	{ "shim6", 1, shim6, XDP_WG_OPTIONS },
	{ "from-loopback", 0, from_loopback, XDP_WG_ADDRESS },
	{ "from-zero", 0, from_zero, XDP_WG_ADDRESS },
	{ "from-this-net", 0, from_this_net, XDP_WG_ADDRESS },
	{ "from-multicast", 0, from_multicast, XDP_WG_ADDRESS },
	{ "from-broadcast", 0, from_broadcast, XDP_WG_ADDRESS },
	{ "from-loopback-6", 1, from_loopback6, XDP_WG_ADDRESS },
	{ "from-unspecified-6", 1, from_unspecified6, XDP_WG_ADDRESS },
	{ "from-multicast-6", 1, from_multicast6, XDP_WG_ADDRESS },
	{ "from-link-local-6", 1, from_link_local6, XDP_WG_ADDRESS },
	{ "from-router", 0, from_router, XDP_WG_SOURCE },
	{ "to-router", 0, to_router, XDP_WG_LOCAL },
	{ "to-router-wan", 0, to_router_wan, XDP_WG_LOCAL },
	{ "to-router-tunnel", 0, to_router_tunnel, XDP_WG_LOCAL },
	{ "to-router-6", 1, to_router6, XDP_WG_LOCAL },
	{ "to-router-tunnel-6", 1, to_router_tunnel6, XDP_WG_LOCAL },
	{ "to-wan", 0, to_wan, XDP_WG_NOT_TUNNEL },
	{ "to-wan-6", 1, to_wan6, XDP_WG_NOT_TUNNEL },
	{ "to-nowhere", 0, to_nowhere, XDP_WG_NO_ROUTE },
	{ "to-nowhere-6", 1, to_nowhere6, XDP_WG_NO_ROUTE },
};

static void test_pass(const void *arg)
{
	const struct pass *pass = arg;
	struct frame frame;

	host_frame(&r1, &frame, pass->inner, 100);
	pass->change(&frame);
	check_pass("r1-a", &frame, pass->reason);
}

/* Destinations that are passed whatever the reason is: routes decide some of them before. */
static void test_destinations(const void *arg)
{
	static const char *const addresses[] = {
		"0.0.0.0",	   "127.0.0.1", "224.0.0.1",
		"239.1.2.3",	   "240.0.0.1", "255.255.255.255",
		"10.1.0.255",	   "::",	"::1",
		"ff02::1",	   "ff05::2",	"fe80::1",
		"::ffff:10.2.0.2",
	};
	struct frame frame, copy;
	enum xdp_wg_reason reason;
	enum outcome verdict;
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		int inner = strchr(addresses[i], ':') != NULL;

		host_frame(&r1, &frame, inner, 100);
		if (inner) {
			inet_pton(AF_INET6, addresses[i], &ip6_of(&frame)->ip6_dst);
		} else {
			inet_pton(AF_INET, addresses[i], &ip4_of(&frame)->ip_dst);
			ip_update_check(ip4_of(&frame));
		}
		copy = frame;
		reason = datapath_run(0, "r1-a", &copy, &verdict);
		CHECK(verdict == PASS, "to %s: %s", addresses[i], reason_name(reason));
		CHECK_BYTES("the frame", copy.data, frame.data, frame.length);
	}
}

void add_encap_pass_tests(enum kind kind)
{
	size_t i;

	for (i = 0; i < sizeof(passes) / sizeof(*passes); i++) {
		if (kind == XDP || !passes[i].xdp_only)
			add_case(kind, test_pass, &passes[i], "encap-pass/%s", passes[i].name);
	}
	add_case(kind, test_destinations, NULL, "encap-pass/destinations");
}
