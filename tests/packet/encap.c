// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from A that R1 must encrypt and send to R2.
 */
#include <arpa/inet.h>
#include <string.h>

#include "packet.h"

/* A combination of families. */
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
	struct frame frame;
	uint32_t length;

	use_outer(c->outer);
	for (length = shortest(c->inner); length <= TUNNEL_MTU; length += step(length)) {
		host_frame(&r1, &frame, c->inner, length);
		check_encap(&r1, 0, &frame);
	}
	host_frame(&r1, &frame, c->inner, TUNNEL_MTU + 1);
	check_pass("r1-a", &frame, XDP_WG_MTU);
}

static void test_other_router(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame;

	use_outer(c->outer);
	host_frame(&r2, &frame, c->inner, 500);
	check_encap(&r2, 0, &frame);
}

static void test_no_udp_csum(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame;

	use_outer(c->outer);
	host_frame(&r1, &frame, c->inner, 500);
	check_encap(&r1, XDP_WG_NO_UDP_CSUM, &frame);
}

static void test_tos(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame;
	int tos;

	use_outer(c->outer);
	for (tos = 0; tos < 256; tos += tos < 16 ? 1 : 17) {
		host_frame(&r1, &frame, c->inner, 100);
		ip_set_tos(frame.data + ETHER_HDR_LEN, tos);
		check_encap(&r1, 0, &frame);
	}
}

static void test_ttl(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame;
	int ttl;

	use_outer(c->outer);
	for (ttl = 0; ttl < 256; ttl += ttl < 4 ? 1 : 63) {
		host_frame(&r1, &frame, c->inner, 100);
		ip_set_ttl(frame.data + ETHER_HDR_LEN, ttl);
		if (ttl < 2)
			check_pass("r1-a", &frame, XDP_WG_TTL);
		else
			check_encap(&r1, 0, &frame);
	}
}

/* Header checksums around those at which one's complement arithmetic wraps. */
static void test_ttl_checksum(const void *arg)
{
	struct frame frame;
	struct ip *ip = (struct ip *)(frame.data + ETHER_HDR_LEN);
	uint32_t id;

	(void)arg;
	use_outer(0);
	for (id = 0; id < 0x10000; id += 0x101) {
		host_frame(&r1, &frame, 0, 64);
		ip->ip_id = htons(id);
		ip_update_check(ip);
		check_encap(&r1, 0, &frame);
	}
	/* The one header whose checksum the decrement brings to its end, and its neighbours. */
	host_frame(&r1, &frame, 0, 64);
	ip->ip_id = 0;
	ip_update_check(ip);
	id = ntohs(ip->ip_sum);
	for (uint32_t target = 0xfe00; target <= 0xffff; target += 0x55) {
		host_frame(&r1, &frame, 0, 64);
		ip->ip_id = htons(id >= target ? id - target : id + 0xffff - target);
		ip_update_check(ip);
		check_encap(&r1, 0, &frame);
	}
}

/*
 * A flow label and all kinds of layer 4 are none of a router's business. Only what is an ICMP error
 * is, which the payload's first byte tells.
 */
static void test_protocols(const void *arg)
{
	const struct combination *c = arg;
	static const uint8_t protocols[] = { 1, 6, 17, 33, 50, 58, 132, 136, 59, 253, 255 };
	struct frame frame;
	struct ip6_hdr *ip6 = (struct ip6_hdr *)(frame.data + ETHER_HDR_LEN);
	struct ip *ip = (struct ip *)ip6;
	size_t i;

	use_outer(c->outer);
	for (i = 0; i < sizeof(protocols); i++) {
		host_frame(&r1, &frame, c->inner, 141 + i);
		frame.data[ETHER_HDR_LEN + shortest(c->inner)] = NO_ICMP_ERROR;
		if (c->inner) {
			ip6->ip6_nxt = protocols[i];
			ip6->ip6_flow |= htonl(0xabcde);
		} else {
			ip->ip_p = protocols[i];
			ip_update_check(ip);
		}
		check_encap(&r1, 0, &frame);
	}
}

/*
 * Of ICMP, errors pass: the stack chooses among several next hops by the packet that they quote, as
 * the differential test has found. The payload's first byte is the type.
 */
static void test_icmp(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame;
	struct ip6_hdr *ip6 = (struct ip6_hdr *)(frame.data + ETHER_HDR_LEN);
	struct ip *ip = (struct ip *)ip6;
	int type;

	use_outer(c->outer);
	for (type = 0; type < 256; type += type < 20 ? 1 : 9) {
		host_frame(&r1, &frame, c->inner, 100);
		frame.data[ETHER_HDR_LEN + shortest(c->inner)] = type;
		if (c->inner) {
			ip6->ip6_nxt = IPPROTO_ICMPV6;
		} else {
			ip->ip_p = IPPROTO_ICMP;
			ip_update_check(ip);
		}
		if (is_icmp_error(c->inner, type))
			check_pass("r1-a", &frame, XDP_WG_ICMP_ERROR);
		else
			check_encap(&r1, 0, &frame);
	}
}

static void test_dont_fragment(const void *arg)
{
	struct frame frame;
	struct ip *ip = (struct ip *)(frame.data + ETHER_HDR_LEN);

	(void)arg;
	use_outer(0);
	host_frame(&r1, &frame, 0, 100);
	ip->ip_off = htons(IP_DF);
	ip_update_check(ip);
	check_encap(&r1, 0, &frame);
}

/* Identifications of outer packets differ, as fragments of them would be mixed up. */
static void test_identification(const void *arg)
{
	const struct ip *ip;
	uint16_t ids[32];
	struct frame frame;
	int i, j;

	(void)arg;
	use_outer(0);
	for (i = 0; i < 32; i++) {
		host_frame(&r1, &frame, 0, 100);
		check_encap(&r1, 0, &frame);
		ip = (const struct ip *)(frame.data + ETHER_HDR_LEN);
		ids[i] = ip->ip_id;
		for (j = 0; j < i; j++)
			CHECK(ids[i] != ids[j], "packets %d and %d have the same one", i, j);
	}
}

/* Bytes behind the packet are no part of it. */
static void test_trailing(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame;
	uint32_t trailing, i;

	use_outer(c->outer);
	for (trailing = 1; trailing <= 16; trailing++) {
		host_frame(&r1, &frame, c->inner, 64);
		frame_put(&frame, NULL, trailing);
		for (i = 0; i < trailing; i++)
			frame.data[frame.length - 1 - i] = 0xee;
		check_encap(&r1, 0, &frame);
	}
}

/* The UDP checksum of some message in so many comes out as zero, and is sent as all ones. */
static void test_zero_checksum(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame, source;
	uint32_t ip = c->outer ? sizeof(struct ip6_hdr) : sizeof(struct ip);
	struct udphdr *udp = (struct udphdr *)(frame.data + ETHER_HDR_LEN + ip);
	enum xdp_wg_reason reason;
	enum outcome verdict;
	int i;

	use_outer(c->outer);
	host_frame(&r1, &source, c->inner, 40);
	session_enter(&r1);
	for (i = 0; i < 300000; i++) {
		if (i % 1000 == 0) {
			session_keep_alive();
			session_enter(&r1);
		}
		frame = source;
		reason = datapath_run(0, "r1-a", &frame, &verdict);
		CHECK(reason == XDP_WG_ENCAP, "%s", reason_name(reason));
		CHECK(udp->uh_sum, "the UDP checksum is missing");
		if (udp->uh_sum == 0xffff)
			break;
	}
	CHECK(udp->uh_sum == 0xffff, "no message had such a checksum");
	CHECK_EQ(udp_check(frame.data + ETHER_HDR_LEN, udp), 0xffff);
}

/* The end of the data does not move, but the frame does. */
static void test_keep_end(const void *arg)
{
	use_frames(XDP_WG_FINISHED);
	test_lengths(arg);
	test_trailing(arg);
	use_frames(NIC_FLAGS);
}

void add_encap_tests(enum kind kind, bool full)
{
	static const struct {
		void (*run)(const void *arg);
		const char *name;
		bool full;
	} cases[] = {
		{ test_lengths, "lengths", false },
		{ test_other_router, "other-router", false },
		{ test_no_udp_csum, "no-udp-csum", false },
		{ test_tos, "tos", false },
		{ test_ttl, "ttl", false },
		{ test_protocols, "protocols", false },
		{ test_icmp, "icmp", false },
		{ test_trailing, "trailing", false },
		{ test_zero_checksum, "zero-checksum", true },
	};
	const struct combination *c;
	size_t i;

	all_lengths = full;
	for (c = combinations; c < combinations + 4; c++) {
		for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			if (full || !cases[i].full)
				add_case(kind, cases[i].run, c, "encap/%s/%s-in-%s", cases[i].name,
					 family_names[c->inner], family_names[c->outer]);
		}
		if (kind == XDP)
			add_case(kind, test_keep_end, c, "encap/keep-end/%s-in-%s",
				 family_names[c->inner], family_names[c->outer]);
	}
	add_case(kind, test_ttl_checksum, NULL, "encap/ttl-checksum");
	add_case(kind, test_dont_fragment, NULL, "encap/dont-fragment");
	add_case(kind, test_identification, NULL, "encap/identification");
}
