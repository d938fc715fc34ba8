// SPDX-License-Identifier: GPL-2.0
/*
 * Frames with messages that R1 must leave to the stack, byte for byte, or drop.
 */
#include <arpa/inet.h>
#include <string.h>

#include "packet.h"

/* One frame: how its inner packet or the frame around it differs from a good one. */
struct pass {
	const char *name;
	int inner, outer;
	void (*change_packet)(struct frame *packet);
	void (*change_frame)(struct frame *frame);
	enum xdp_wg_reason reason;
};

static struct ip *ip4_of(struct frame *packet)
{
	return (struct ip *)packet->data;
}

static struct ip6_hdr *ip6_of(struct frame *packet)
{
	return (struct ip6_hdr *)packet->data;
}

static struct ip *outer4_of(struct frame *frame)
{
	return (struct ip *)(frame->data + ETHER_HDR_LEN);
}

static struct ip6_hdr *outer6_of(struct frame *frame)
{
	return (struct ip6_hdr *)(frame->data + ETHER_HDR_LEN);
}

static struct udphdr *udp_of(struct frame *frame)
{
	if (ip_family(frame->data + ETHER_HDR_LEN) == AF_INET)
		return (struct udphdr *)(outer4_of(frame) + 1);
	return (struct udphdr *)(outer6_of(frame) + 1);
}

static uint8_t *message_of(struct frame *frame)
{
	return (uint8_t *)(udp_of(frame) + 1);
}

#define INNER4(name, code)                                                                         \
	static void name(struct frame *packet)                                                     \
	{                                                                                          \
		struct ip *ip = ip4_of(packet);                                                    \
                                                                                                   \
		code;                                                                              \
		ip_update_check(ip);                                                               \
	}

#define INNER6(name, code)                                                                         \
	static void name(struct frame *packet)                                                     \
	{                                                                                          \
		struct ip6_hdr *ip = ip6_of(packet);                                               \
                                                                                                   \
		code;                                                                              \
	}

#define FRAME(name, code)                                                                          \
	static void name(struct frame *frame)                                                      \
	{                                                                                          \
		code;                                                                              \
	}

/* Change an outer IPv4 header and make its checksum right again. */
#define OUTER4(name, code)                                                                         \
	static void name(struct frame *frame)                                                      \
	{                                                                                          \
		struct ip *ip = outer4_of(frame);                                                  \
                                                                                                   \
		code;                                                                              \
		ip_update_check(ip);                                                               \
	}

/* What is inside: only a packet that is to be forwarded, from an address of the peer's. */
INNER4(inner_version, ip->ip_v = 5)
INNER4(inner_version0, ip->ip_v = 0)
INNER4(inner_options, ip->ip_hl = 6)
INNER4(inner_fragment, ip->ip_off = htons(IP_MF))
INNER4(inner_last_fragment, ip->ip_off = htons(20))
INNER4(inner_long, ip->ip_len = htons(113))
INNER4(inner_short, ip->ip_len = htons(19))
FRAME(inner_checksum, ip4_of(frame)->ip_sum ^= 1)
INNER4(inner_other_source, inet_pton(AF_INET, "10.1.0.9", &ip->ip_src))
INNER4(inner_loopback_source, inet_pton(AF_INET, "127.0.0.1", &ip->ip_src))
INNER4(inner_zero_source, inet_pton(AF_INET, "0.0.0.0", &ip->ip_src))
INNER4(inner_to_router, inet_pton(AF_INET, "10.1.0.1", &ip->ip_dst))
INNER4(inner_to_tunnel, inet_pton(AF_INET, "10.0.0.1", &ip->ip_dst))
INNER4(inner_multicast, inet_pton(AF_INET, "224.0.0.1", &ip->ip_dst))
INNER4(inner_broadcast, inet_pton(AF_INET, "255.255.255.255", &ip->ip_dst))
INNER4(inner_loopback, inet_pton(AF_INET, "127.0.0.1", &ip->ip_dst))
INNER4(inner_nowhere, inet_pton(AF_INET, "198.51.100.1", &ip->ip_dst))
INNER4(inner_no_neighbour, inet_pton(AF_INET, "10.1.0.77", &ip->ip_dst))
INNER4(inner_back, inet_pton(AF_INET, "10.2.0.9", &ip->ip_dst))
INNER6(inner_fragment6, ip->ip6_nxt = 44)
INNER6(inner_hop_by_hop, ip->ip6_nxt = 0)
INNER6(inner_routing, ip->ip6_nxt = 43)
INNER6(inner_long6, ip->ip6_plen = htons(73))
INNER6(inner_other_source6, inet_pton(AF_INET6, "fd00:1::9", &ip->ip6_src))
INNER6(inner_link_local_source6, inet_pton(AF_INET6, "fe80::9", &ip->ip6_src))
INNER6(inner_to_router6, inet_pton(AF_INET6, "fd00:1::1", &ip->ip6_dst))
INNER6(inner_multicast6, inet_pton(AF_INET6, "ff02::1", &ip->ip6_dst))
INNER6(inner_link_local6, inet_pton(AF_INET6, "fe80::1", &ip->ip6_dst))
INNER6(inner_nowhere6, inet_pton(AF_INET6, "2001:db8:ffff::1", &ip->ip6_dst))
INNER6(inner_no_neighbour6, inet_pton(AF_INET6, "fd00:1::77", &ip->ip6_dst))

/* What is around it. */
OUTER4(outer_options, ip->ip_hl = 6)
OUTER4(outer_first_fragment, ip->ip_off = htons(IP_MF))
OUTER4(outer_last_fragment, ip->ip_off = htons(20))
FRAME(outer_checksum, outer4_of(frame)->ip_sum ^= 1)
OUTER4(outer_long, ip->ip_len = htons(ntohs(ip->ip_len) + 1))
OUTER4(outer_other_source, inet_pton(AF_INET, "192.0.2.9", &ip->ip_src))
OUTER4(outer_loopback_source, inet_pton(AF_INET, "127.0.0.1", &ip->ip_src))
OUTER4(outer_other_address, inet_pton(AF_INET, "10.1.0.1", &ip->ip_dst))
FRAME(outer_fragment6, outer6_of(frame)->ip6_nxt = 44)
FRAME(outer_destination6, outer6_of(frame)->ip6_nxt = 60)
FRAME(outer_other_source6, inet_pton(AF_INET6, "2001:db8::3", &outer6_of(frame)->ip6_src))
FRAME(outer_not_udp, outer6_of(frame)->ip6_nxt = 17 ^ 1)
FRAME(udp_other_source_port, udp_of(frame)->uh_sport ^= 1)
FRAME(udp_other_port, udp_of(frame)->uh_dport ^= 1)
FRAME(udp_long, udp_of(frame)->uh_ulen = htons(ntohs(udp_of(frame)->uh_ulen) + 1))
FRAME(udp_short, udp_of(frame)->uh_ulen = htons(ntohs(udp_of(frame)->uh_ulen) - 1))
FRAME(udp_zero, udp_of(frame)->uh_ulen = 0)
FRAME(udp_no_checksum, udp_of(frame)->uh_sum = 0)
FRAME(frame_cut, frame->length--)
FRAME(other_mac, frame->data[5] ^= 1)
FRAME(broadcast_mac, memset(frame->data, 0xff, 6))

/* The message. */
FRAME(type_0, message_of(frame)[0] = 0)
FRAME(type_1, message_of(frame)[0] = 1)
FRAME(type_2, message_of(frame)[0] = 2)
FRAME(type_3, message_of(frame)[0] = 3)
FRAME(type_5, message_of(frame)[0] = 5)
FRAME(type_reserved, message_of(frame)[3] = 1)
FRAME(other_index, message_of(frame)[4] ^= 1)
FRAME(last_counter, memset(message_of(frame) + 8, 0xff, 8))
FRAME(wrong_tag, frame->data[frame->length - 1] ^= 1)
FRAME(wrong_payload, message_of(frame)[16 + 60] ^= 1)
FRAME(wrong_version, message_of(frame)[16] ^= 0x80)

static const struct pass passes[] = {
	{ "inner-version-5", 0, 0, inner_version, NULL, XDP_WG_INNER },
	{ "inner-version-0", 0, 0, inner_version0, NULL, XDP_WG_INNER },
	{ "inner-options", 0, 0, inner_options, NULL, XDP_WG_OPTIONS },
	{ "inner-first-fragment", 0, 0, inner_fragment, NULL, XDP_WG_FRAGMENT },
	{ "inner-last-fragment", 0, 0, inner_last_fragment, NULL, XDP_WG_FRAGMENT },
	{ "inner-fragment-6", 1, 0, inner_fragment6, NULL, XDP_WG_FRAGMENT },
	{ "inner-length-too-long", 0, 0, inner_long, NULL, XDP_WG_MALFORMED },
	{ "inner-length-19", 0, 0, inner_short, NULL, XDP_WG_MALFORMED },
	{ "inner-length-too-long-6", 1, 0, inner_long6, NULL, XDP_WG_MALFORMED },
	{ "inner-checksum", 0, 0, inner_checksum, NULL, XDP_WG_MALFORMED },
	{ "inner-hop-by-hop", 1, 0, inner_hop_by_hop, NULL, XDP_WG_OPTIONS },
	{ "inner-routing", 1, 0, inner_routing, NULL, XDP_WG_OPTIONS },
	{ "inner-other-source", 0, 0, inner_other_source, NULL, XDP_WG_INNER },
	{ "inner-loopback-source", 0, 0, inner_loopback_source, NULL, XDP_WG_INNER },
	{ "inner-zero-source", 0, 0, inner_zero_source, NULL, XDP_WG_INNER },
	{ "inner-other-source-6", 1, 0, inner_other_source6, NULL, XDP_WG_INNER },
	{ "inner-link-local-source-6", 1, 0, inner_link_local_source6, NULL, XDP_WG_INNER },
	{ "inner-to-router", 0, 0, inner_to_router, NULL, XDP_WG_INNER },
	{ "inner-to-router-tunnel", 0, 0, inner_to_tunnel, NULL, XDP_WG_INNER },
	{ "inner-to-router-6", 1, 0, inner_to_router6, NULL, XDP_WG_INNER },
	{ "inner-multicast", 0, 0, inner_multicast, NULL, XDP_WG_ADDRESS },
	{ "inner-broadcast", 0, 0, inner_broadcast, NULL, XDP_WG_ADDRESS },
	{ "inner-loopback", 0, 0, inner_loopback, NULL, XDP_WG_ADDRESS },
	{ "inner-multicast-6", 1, 0, inner_multicast6, NULL, XDP_WG_ADDRESS },
	{ "inner-link-local-6", 1, 0, inner_link_local6, NULL, XDP_WG_ADDRESS },
	{ "inner-to-nowhere", 0, 0, inner_nowhere, NULL, XDP_WG_NO_ROUTE },
	{ "inner-to-nowhere-6", 1, 0, inner_nowhere6, NULL, XDP_WG_NO_ROUTE },
	{ "inner-no-neighbour", 0, 0, inner_no_neighbour, NULL, XDP_WG_NEIGHBOUR },
	{ "inner-no-neighbour-6", 1, 0, inner_no_neighbour6, NULL, XDP_WG_NEIGHBOUR },
	{ "inner-back-into-tunnel", 0, 0, inner_back, NULL, XDP_WG_NESTED },
	{ "outer-options", 0, 0, NULL, outer_options, XDP_WG_OPTIONS },
	{ "outer-first-fragment", 0, 0, NULL, outer_first_fragment, XDP_WG_FRAGMENT },
	{ "outer-last-fragment", 0, 0, NULL, outer_last_fragment, XDP_WG_FRAGMENT },
	{ "outer-checksum", 0, 0, NULL, outer_checksum, XDP_WG_MALFORMED },
	{ "outer-length-too-long", 0, 0, NULL, outer_long, XDP_WG_MALFORMED },
	{ "outer-other-source", 0, 0, NULL, outer_other_source, XDP_WG_ENDPOINT },
	{ "outer-loopback-source", 0, 0, NULL, outer_loopback_source, XDP_WG_ADDRESS },
	{ "outer-other-address", 0, 0, NULL, outer_other_address, XDP_WG_ENDPOINT },
	{ "outer-fragment-6", 0, 1, NULL, outer_fragment6, XDP_WG_FRAGMENT },
	{ "outer-destination-options-6", 0, 1, NULL, outer_destination6, XDP_WG_OPTIONS },
	{ "outer-other-source-6", 0, 1, NULL, outer_other_source6, XDP_WG_ENDPOINT },
	{ "outer-not-udp-6", 0, 1, NULL, outer_not_udp, XDP_WG_LOCAL },
	{ "udp-other-source-port", 0, 0, NULL, udp_other_source_port, XDP_WG_ENDPOINT },
	{ "udp-other-port", 0, 0, NULL, udp_other_port, XDP_WG_LOCAL },
	{ "udp-length-too-long", 0, 0, NULL, udp_long, XDP_WG_MALFORMED },
	{ "udp-length-too-short", 0, 0, NULL, udp_short, XDP_WG_MALFORMED },
	{ "udp-length-0", 0, 0, NULL, udp_zero, XDP_WG_MALFORMED },
	{ "udp-length-too-long-6", 0, 1, NULL, udp_long, XDP_WG_MALFORMED },
	{ "udp-no-checksum-6", 0, 1, NULL, udp_no_checksum, XDP_WG_MALFORMED },
	{ "truncated-by-one", 0, 0, NULL, frame_cut, XDP_WG_MALFORMED },
	{ "truncated-by-one-6", 0, 1, NULL, frame_cut, XDP_WG_MALFORMED },
	{ "other-mac", 0, 0, NULL, other_mac, XDP_WG_OTHER_MAC },
	{ "broadcast-mac", 0, 0, NULL, broadcast_mac, XDP_WG_OTHER_MAC },
	{ "type-0", 0, 0, NULL, type_0, XDP_WG_NOT_DATA },
	{ "handshake-initiation", 0, 0, NULL, type_1, XDP_WG_NOT_DATA },
	{ "handshake-response", 0, 0, NULL, type_2, XDP_WG_NOT_DATA },
	{ "cookie", 0, 0, NULL, type_3, XDP_WG_NOT_DATA },
	{ "cookie-6", 0, 1, NULL, type_3, XDP_WG_NOT_DATA },
	{ "type-5", 0, 0, NULL, type_5, XDP_WG_NOT_DATA },
	{ "type-reserved-bytes", 0, 0, NULL, type_reserved, XDP_WG_NOT_DATA },
	{ "other-index", 0, 0, NULL, other_index, XDP_WG_NO_PEER },
	{ "last-counter", 0, 0, NULL, last_counter, XDP_WG_WINDOW },
	/* Garbage where the version is: there is nothing to say where it would go. */
	{ "wrong-version", 0, 0, NULL, wrong_version, XDP_WG_INNER },
};

static void put_frame(struct frame *frame, const struct pass *pass)
{
	struct frame packet;

	use_outer(pass->outer);
	inner_packet(&r2, &packet, pass->inner, 112);
	if (pass->change_packet)
		pass->change_packet(&packet);
	message_frame(&r1, frame, &packet);
	if (pass->change_frame)
		pass->change_frame(frame);
}

static void test_pass(const void *arg)
{
	const struct pass *pass = arg;
	struct frame frame;

	put_frame(&frame, pass);
	session_enter(&r1);
	check_pass("r1-r2", &frame, pass->reason);
}

static const struct pass forged[] = {
	{ "wrong-tag", 0, 0, NULL, wrong_tag, XDP_WG_AUTH },
	{ "wrong-payload", 0, 0, NULL, wrong_payload, XDP_WG_AUTH },
	{ "wrong-tag-6", 1, 1, NULL, wrong_tag, XDP_WG_AUTH },
};

static void test_forged(const void *arg)
{
	const struct pass *pass = arg;
	struct frame frame;

	put_frame(&frame, pass);
	session_enter(&r1);
	check_drop("r1-r2", &frame, XDP_WG_AUTH);
}

/* A forged message is not taken for received: the true one, when it comes, is decrypted. */
static void test_after_forged(const void *arg)
{
	struct frame packet, frame, copy;

	(void)arg;
	use_outer(0);
	inner_packet(&r2, &packet, 0, 112);
	message_frame(&r1, &frame, &packet);
	copy = frame;
	wrong_tag(&copy);
	check_drop("r1-r2", &copy, XDP_WG_AUTH);
	check_decap(&r1, &frame, &packet, 0);
}

static void test_replay(const void *arg)
{
	struct frame packet, frame, copy;

	(void)arg;
	use_outer(0);
	inner_packet(&r2, &packet, 0, 112);
	message_frame(&r1, &frame, &packet);
	copy = frame;
	check_decap(&r1, &frame, &packet, 0);
	session_enter(&r1);
	check_pass("r1-r2", &copy, XDP_WG_WINDOW);
}

static void test_keepalive(const void *arg)
{
	struct frame packet = { .length = 0 }, frame;

	(void)arg;
	use_outer(0);
	message_frame(&r1, &frame, &packet);
	session_enter(&r1);
	check_pass("r1-r2", &frame, XDP_WG_NOT_DATA);
}

/* Datagrams too short for a message. */
static void test_short_datagram(const void *arg)
{
	struct message message = { .data = { MESSAGE_DATA } };
	struct frame frame;

	(void)arg;
	use_outer(0);
	for (message.length = 0; message.length < MESSAGE_OVERHEAD; message.length++) {
		wan_frame(&r1, &frame, &message);
		session_enter(&r1);
		check_pass("r1-r2", &frame, XDP_WG_NOT_DATA);
	}
}

void add_decap_pass_tests(enum kind kind)
{
	size_t i;

	for (i = 0; i < sizeof(passes) / sizeof(*passes); i++)
		add_case(kind, test_pass, &passes[i], "decap-pass/%s", passes[i].name);
	for (i = 0; i < sizeof(forged) / sizeof(*forged); i++)
		add_case(kind, test_forged, &forged[i], "decap-drop/%s", forged[i].name);
	add_case(kind, test_after_forged, NULL, "decap-drop/after-forged");
	add_case(kind, test_replay, NULL, "decap-pass/replay");
	add_case(kind, test_keepalive, NULL, "decap-pass/keepalive");
	add_case(kind, test_short_datagram, NULL, "decap-pass/short-datagram");
}
