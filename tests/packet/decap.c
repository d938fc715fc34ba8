// SPDX-License-Identifier: GPL-2.0
/*
 * Frames with messages from R2 that R1 must decrypt and forward to A.
 */
#include <arpa/inet.h>
#include <string.h>

#include "packet.h"

struct combination {
	int inner, outer;
};

static const struct combination combinations[] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 1, 1 } };

static uint32_t shortest(int inner)
{
	return inner ? sizeof(struct ip6_hdr) : sizeof(struct ip);
}

/* For tc, which has no trap among the lengths, only some of them, unless all was asked for. */
static bool all_lengths;

static uint32_t step(uint32_t length)
{
	return all_lengths || current_kind() == XDP || length > TUNNEL_MTU - 40 ? 1 : 13;
}

static void test_lengths(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame, packet;
	uint32_t length;

	use_outer(c->outer);
	for (length = shortest(c->inner); length <= TUNNEL_MTU; length += step(length)) {
		session_keep_alive();
		inner_packet(&r2, &packet, c->inner, length);
		message_frame(&r1, &frame, &packet);
		check_decap(&r1, &frame, &packet, 0);
	}
}

static void test_other_router(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame, packet;

	use_outer(c->outer);
	inner_packet(&r1, &packet, c->inner, 500);
	message_frame(&r2, &frame, &packet);
	check_decap(&r2, &frame, &packet, 0);
}

/* What the two ECN fields become, RFC 6040 section 4.2 as the kernel's WireGuard applies it. */
static uint8_t decapsulated_ecn(int inner, int outer)
{
	static const uint8_t table[4][4] = {
		/* outer: not ECT, ECT(1), ECT(0), CE */
		[0] = { 0, 0, 0, 0 },
		[1] = { 1, 1, 1, 3 },
		[2] = { 2, 1, 2, 3 },
		[3] = { 3, 3, 3, 3 },
	};

	return table[inner][outer];
}

static void test_ecn(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame, packet;
	int inner, outer;

	use_outer(c->outer);
	for (inner = 0; inner < 4; inner++) {
		for (outer = 0; outer < 4; outer++) {
			inner_packet(&r2, &packet, c->inner, 100);
			ip_set_tos(packet.data, 0xb8 | inner);
			ip_set_tos(message_frame(&r1, &frame, &packet), 0x40 | outer);
			check_decap(&r1, &frame, &packet, 0xb8 | decapsulated_ecn(inner, outer));
		}
	}
}

/* A packet is marked on its way, which changes its header's checksum from @sum. */
static void check_marked(uint16_t sum, int inner, int outer)
{
	struct frame frame, packet;
	struct ip *ip = (struct ip *)packet.data;
	uint32_t rest;

	session_keep_alive();
	inner_packet(&r2, &packet, 0, 64);
	ip->ip_id = 0;
	ip_set_tos(ip, inner);
	rest = ntohs(ip->ip_sum);
	ip->ip_id = htons(rest >= sum ? rest - sum : rest + 0xffff - sum);
	ip_update_check(ip);
	CHECK_EQ(ntohs(ip->ip_sum), sum);
	ip_set_tos(message_frame(&r1, &frame, &packet), outer);
	check_decap(&r1, &frame, &packet, decapsulated_ecn(inner, outer));
}

/*
 * Header checksums around those at which one's complement arithmetic wraps, RFC 1624: none has one
 * of 0xffff.
 */
static void test_ecn_checksum(const void *arg)
{
	static const uint16_t edges[] = { 0,	  1,	  2,	  0xfd,	  0xfe,
					  0xff,	  0xfefd, 0xfefe, 0xfeff, 0xff00,
					  0xff01, 0xff02, 0xfffc, 0xfffd, 0xfffe };
	uint32_t sum;
	size_t i;

	(void)arg;
	use_outer(0);
	for (i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		check_marked(edges[i], 1, 3);
		check_marked(edges[i], 2, 3);
		check_marked(edges[i], 2, 1);
	}
	for (sum = 0; sum < 0xffff; sum += 0x101) {
		check_marked(sum, 1 + (sum & 1), 3);
		check_marked(sum, 2, 1);
	}
}

static void test_ttl(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame, packet;
	int ttl;

	use_outer(c->outer);
	for (ttl = 0; ttl < 256; ttl += ttl < 4 ? 1 : 63) {
		inner_packet(&r2, &packet, c->inner, 100);
		ip_set_ttl(packet.data, ttl);
		message_frame(&r1, &frame, &packet);
		if (ttl < 2)
			check_pass("r1-r2", &frame, XDP_WG_TTL);
		else
			check_decap(&r1, &frame, &packet, 0);
	}
}

/* The outer TTL is of no interest: the packet has arrived. */
static void test_outer_ttl(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame, packet;
	int ttl;

	use_outer(c->outer);
	for (ttl = 1; ttl < 256; ttl += 127) {
		inner_packet(&r2, &packet, c->inner, 100);
		ip_set_ttl(message_frame(&r1, &frame, &packet), ttl);
		check_decap(&r1, &frame, &packet, 0);
	}
}

static void test_trailing(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame, packet;
	uint32_t trailing;

	use_outer(c->outer);
	for (trailing = 1; trailing <= 46; trailing += 9) {
		inner_packet(&r2, &packet, c->inner, 64);
		message_frame(&r1, &frame, &packet);
		memset(frame_put(&frame, NULL, trailing), 0xee, trailing);
		check_decap(&r1, &frame, &packet, 0);
	}
}

/* WireGuard's padding ends at a multiple of 16, but a sender may not pad, or pad more. */
static void test_padding(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame, packet, padded;
	struct session session;
	struct message message;
	uint64_t counter;
	uint32_t padding;

	use_outer(c->outer);
	for (padding = 0; padding <= 40; padding++) {
		inner_packet(&r2, &packet, c->inner, 77);
		padded = packet;
		memset(frame_put(&padded, NULL, padding), 0xee, padding);
		counter = message_next_counter(&r1, &session);
		message_seal(&message, &session, counter, padded.data, padded.length);
		wan_frame(&r1, &frame, &message);
		check_decap(&r1, &frame, &packet, 0);
	}
}

/* The tag authenticates more than the UDP checksum does: that is not looked at again. */
static void test_udp_checksum(const void *arg)
{
	struct frame frame, packet;
	struct udphdr *udp;
	struct ip *ip;

	(void)arg;
	use_outer(0);
	inner_packet(&r2, &packet, 0, 100);
	ip = message_frame(&r1, &frame, &packet);
	udp = (struct udphdr *)(ip + 1);
	udp->uh_sum = 0;
	check_decap(&r1, &frame, &packet, 0);
	ip = message_frame(&r1, &frame, &packet);
	udp = (struct udphdr *)(ip + 1);
	udp->uh_sum ^= 0x1234;
	check_decap(&r1, &frame, &packet, 0);
}

/* Messages arrive in another order than they were sent in, within the window. */
static void test_reordered(const void *arg)
{
	struct frame frames[8], packet;
	int i;

	(void)arg;
	use_outer(0);
	inner_packet(&r2, &packet, 0, 100);
	for (i = 0; i < 8; i++)
		message_frame(&r1, &frames[i], &packet);
	for (i = 7; i >= 0; i--)
		check_decap(&r1, &frames[i], &packet, 0);
}

static void test_icmp(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame, packet;
	struct ip6_hdr *ip6 = (struct ip6_hdr *)packet.data;
	struct ip *ip = (struct ip *)packet.data;
	int type;

	use_outer(c->outer);
	for (type = 0; type < 256; type += type < 20 ? 1 : 9) {
		inner_packet(&r2, &packet, c->inner, 100);
		packet.data[shortest(c->inner)] = type;
		if (c->inner) {
			ip6->ip6_nxt = IPPROTO_ICMPV6;
		} else {
			ip->ip_p = IPPROTO_ICMP;
			ip_update_check(ip);
		}
		message_frame(&r1, &frame, &packet);
		session_enter(&r1);
		if (is_icmp_error(c->inner, type))
			check_pass("r1-r2", &frame, XDP_WG_ICMP_ERROR);
		else
			check_decap(&r1, &frame, &packet, 0);
	}
}

static void test_protocols(const void *arg)
{
	const struct combination *c = arg;
	static const uint8_t protocols[] = { 1, 6, 17, 33, 50, 58, 132, 136, 59, 253, 255 };
	struct frame frame, packet;
	struct ip6_hdr *ip6 = (struct ip6_hdr *)packet.data;
	struct ip *ip = (struct ip *)packet.data;
	size_t i;

	use_outer(c->outer);
	for (i = 0; i < sizeof(protocols); i++) {
		inner_packet(&r2, &packet, c->inner, 141 + i);
		packet.data[shortest(c->inner)] = NO_ICMP_ERROR;
		if (c->inner) {
			ip6->ip6_nxt = protocols[i];
			ip6->ip6_flow |= htonl(0xabcde);
		} else {
			ip->ip_p = protocols[i];
			ip_update_check(ip);
		}
		message_frame(&r1, &frame, &packet);
		check_decap(&r1, &frame, &packet, 0);
	}
}

/*
 * The end of the data does not move, but the frame does. The router's own messages, whose counters
 * are lower, stay within the window of a new key.
 */
static void test_keep_end(const void *arg)
{
	session_renew();
	use_frames(XDP_WG_FINISHED);
	test_lengths(arg);
	test_trailing(arg);
	use_frames(NIC_FLAGS);
}

void add_decap_tests(enum kind kind, bool full)
{
	static const struct {
		void (*run)(const void *arg);
		const char *name;
	} cases[] = {
		{ test_lengths, "lengths" },   { test_other_router, "other-router" },
		{ test_ecn, "ecn" },	       { test_ttl, "ttl" },
		{ test_padding, "padding" },   { test_outer_ttl, "outer-ttl" },
		{ test_trailing, "trailing" }, { test_protocols, "protocols" },
		{ test_icmp, "icmp" },
	};
	const struct combination *c;
	size_t i;

	all_lengths = full;
	for (c = combinations; c < combinations + 4; c++) {
		for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
			add_case(kind, cases[i].run, c, "decap/%s/%s-in-%s", cases[i].name,
				 family_names[c->inner], family_names[c->outer]);
		if (kind == XDP)
			add_case(kind, test_keep_end, c, "decap/keep-end/%s-in-%s",
				 family_names[c->inner], family_names[c->outer]);
	}
	add_case(kind, test_ecn_checksum, NULL, "decap/ecn-checksum");
	add_case(kind, test_udp_checksum, NULL, "decap/udp-checksum");
	add_case(kind, test_reordered, NULL, "decap/reordered");
}
