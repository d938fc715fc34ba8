// SPDX-License-Identifier: GPL-2.0
/*
 * Checksums that the sender may have left undone, where a program cannot see whether it has: as in
 * skb mode. What the kernel lets a program see natively comes by real senders (net/unfinished).
 */
#include <arpa/inet.h>
#include <string.h>

#include "packet.h"

#define LENGTH 200

#define GRE 47
#define ETHERIP 97
#define L2TP 115
#define MPLS 137

static uint8_t *l4_of(struct frame *frame, int inner)
{
	return frame->data + ETHER_HDR_LEN + (inner ? sizeof(struct ip6_hdr) : sizeof(struct ip));
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* A frame with a packet of a protocol, from A. Its ports are not those of a tunnel. */
static void protocol_frame(struct frame *frame, int inner, uint8_t protocol)
{
	struct ip6_hdr *ip6 = (struct ip6_hdr *)(frame->data + ETHER_HDR_LEN);
	struct ip *ip = (struct ip *)ip6;

	host_frame(&r1, frame, inner, LENGTH);
	if (inner) {
		ip6->ip6_nxt = protocol;
	} else {
		ip->ip_p = protocol;
		ip_update_check(ip);
	}
	put16(l4_of(frame, inner), 1234);
	put16(l4_of(frame, inner) + 2, 5678);
	/* No SYN: it would be the rules' to see. */
	l4_of(frame, inner)[13] = 0x10;
}

/* The sum of the pseudo header alone, which is what a sender leaves in the field. */
static uint16_t pseudo_sum(struct frame *frame, int inner, uint8_t protocol)
{
	const uint8_t *addresses = frame->data + ETHER_HDR_LEN + (inner ? 8 : 12);
	uint32_t header = inner ? sizeof(struct ip6_hdr) : sizeof(struct ip);

	return checksum_sum(addresses, inner ? 32 : 8, protocol + LENGTH - header);
}

/* Both protocols with such a checksum: undone, done, and one off what is undone. */
static void test_sums(const void *arg)
{
	static const struct {
		uint8_t protocol, field;
	} sums[] = { { IPPROTO_TCP, 16 }, { IPPROTO_UDP, 6 } };
	int inner = *(const int *)arg;
	struct frame frame;
	uint16_t pseudo;
	size_t i;

	use_outer(0);
	use_frames(XDP_WG_END_MOVES);
	for (i = 0; i < sizeof(sums) / sizeof(*sums); i++) {
		protocol_frame(&frame, inner, sums[i].protocol);
		pseudo = pseudo_sum(&frame, inner, sums[i].protocol);
		put16(l4_of(&frame, inner) + sums[i].field, pseudo);
		check_pass("r1-a", &frame, XDP_WG_CHECKSUM);
		put16(l4_of(&frame, inner) + sums[i].field, pseudo ^ 1);
		check_encap(&r1, 0, &frame);
	}
	use_frames(NIC_FLAGS);
	protocol_frame(&frame, inner, IPPROTO_TCP);
	put16(l4_of(&frame, inner) + 16, pseudo_sum(&frame, inner, IPPROTO_TCP));
	check_encap(&r1, 0, &frame);
}

/* What may have another packet inside, with a checksum of its own. */
static void test_tunnels(const void *arg)
{
	static const uint16_t ports[] = { 1701, 2152, 4754, 4789, 4790, 6080, 6081, 6635, 8472 };
	static const uint8_t protocols[] = { IPPROTO_IPIP, IPPROTO_IPV6, GRE, ETHERIP, L2TP, MPLS };
	int inner = *(const int *)arg;
	struct frame frame;
	size_t i;

	use_outer(0);
	use_frames(XDP_WG_END_MOVES);
	for (i = 0; i < sizeof(protocols); i++) {
		protocol_frame(&frame, inner, protocols[i]);
		check_pass("r1-a", &frame, XDP_WG_CHECKSUM);
	}
	for (i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		protocol_frame(&frame, inner, IPPROTO_UDP);
		put16(l4_of(&frame, inner) + 6, 0x4321);
		check_encap(&r1, 0, &frame);
		protocol_frame(&frame, inner, IPPROTO_UDP);
		put16(l4_of(&frame, inner) + 6, 0x4321);
		put16(l4_of(&frame, inner) + 2, ports[i]);
		check_pass("r1-a", &frame, XDP_WG_CHECKSUM);
	}
	/* A tunnel without a checksum. */
	protocol_frame(&frame, inner, IPPROTO_UDP);
	put16(l4_of(&frame, inner) + 6, 0);
	check_pass("r1-a", &frame, XDP_WG_CHECKSUM);
	protocol_frame(&frame, inner, inner ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	l4_of(&frame, inner)[0] = NO_ICMP_ERROR;
	check_encap(&r1, 0, &frame);
}

/* The CRC of SCTP is zero until a device has made it. */
static void test_sctp(const void *arg)
{
	int inner = *(const int *)arg;
	struct frame frame;

	use_outer(0);
	use_frames(XDP_WG_END_MOVES);
	protocol_frame(&frame, inner, IPPROTO_SCTP);
	memset(l4_of(&frame, inner) + 8, 0, 4);
	check_pass("r1-a", &frame, XDP_WG_CHECKSUM);
	l4_of(&frame, inner)[11] = 1;
	check_encap(&r1, 0, &frame);
}

/* A packet that ends before its checksum. */
static void test_short(const void *arg)
{
	int inner = *(const int *)arg;
	uint32_t header = inner ? sizeof(struct ip6_hdr) : sizeof(struct ip);
	struct frame frame;

	use_outer(0);
	use_frames(XDP_WG_END_MOVES);
	host_frame(&r1, &frame, inner, header + 5);
	frame.data[ETHER_HDR_LEN + (inner ? 6 : 9)] = IPPROTO_UDP;
	if (!inner)
		ip_update_check((struct ip *)(frame.data + ETHER_HDR_LEN));
	frame.length = ETHER_HDR_LEN + header + 5;
	check_pass("r1-a", &frame, XDP_WG_CHECKSUM);
}

/* A datagram to decrypt needs no checksum, but in an skb that would have it finished later. */
static void test_datagram(const void *arg)
{
	int outer = *(const int *)arg;
	struct frame frame, packet;
	struct udphdr *udp;
	uint32_t length;
	uint8_t *ip;

	use_outer(outer);
	use_frames(XDP_WG_END_MOVES);
	inner_packet(&r2, &packet, 0, LENGTH);
	ip = message_frame(&r1, &frame, &packet);
	udp = (struct udphdr *)(ip + (outer ? sizeof(struct ip6_hdr) : sizeof(struct ip)));
	length = frame.length - ((uint8_t *)udp - frame.data);
	udp->uh_sum =
		htons(checksum_sum(ip + (outer ? 8 : 12), outer ? 32 : 8, IPPROTO_UDP + length));
	check_pass("r1-r2", &frame, XDP_WG_CHECKSUM);
	udp->uh_sum ^= 1;
	check_decap(&r1, &frame, &packet, 0);
	use_frames(NIC_FLAGS);
	message_frame(&r1, &frame, &packet);
	udp->uh_sum =
		htons(checksum_sum(ip + (outer ? 8 : 12), outer ? 32 : 8, IPPROTO_UDP + length));
	check_decap(&r1, &frame, &packet, 0);
}

/* The other end may leave a tag beside its packets, or a checksum: everything passes. */
static void test_peer(const void *arg)
{
	struct frame frame;

	(void)arg;
	use_outer(0);
	use_frames(XDP_WG_END_MOVES);
	host_frame(&r1, &frame, 0, LENGTH);
	netns_enter("A");
	test_shell("ethtool -K a-r1 txvlan on > /dev/null");
	session_enter(&r1);
	check_pass("r1-a", &frame, XDP_WG_VLAN);
	netns_enter("A");
	test_shell("ethtool -K a-r1 txvlan off tx on > /dev/null");
	session_enter(&r1);
	check_pass("r1-a", &frame, XDP_WG_CHECKSUM);
	netns_enter("A");
	test_shell("ethtool -K a-r1 tx off > /dev/null");
	session_enter(&r1);
	check_encap(&r1, 0, &frame);
}

void add_unfinished_tests(void)
{
	static const struct {
		void (*run)(const void *arg);
		const char *name;
	} cases[] = {
		{ test_sums, "sums" },	 { test_tunnels, "tunnels" },	{ test_sctp, "sctp" },
		{ test_short, "short" }, { test_datagram, "datagram" },
	};
	static const int indices[FAMILIES] = { 0, 1 };
	size_t i;
	int f;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (f = 0; f < FAMILIES; f++)
			add_case(XDP, cases[i].run, &indices[f], "unfinished/%s/%s", cases[i].name,
				 family_names[f]);
	add_case(XDP, test_peer, NULL, "unfinished/peer");
}
