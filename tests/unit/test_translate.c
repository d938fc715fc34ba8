// SPDX-License-Identifier: GPL-2.0
/*
 * Address translation, with packets whose checksums are summed anew before and after.
 */
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "bpf/translate.h"

#define PACKETS 20000
#define PAYLOAD 8

/* What every transport header here has in front of it, and some payload behind. */
union transport {
	struct translate_tcp tcp;
	struct translate_udp udp;
	struct translate_echo echo;
	__u16 words[(sizeof(struct translate_tcp) + PAYLOAD) / sizeof(__u16)];
};

struct packet {
	union {
		struct iphdr ip;
		struct ipv6hdr ip6;
		__u16 words[sizeof(struct ipv6hdr) / sizeof(__u16)];
	};
	union transport l4;
};

static const __u8 protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP };

static __u64 sum_words(const void *from, size_t size)
{
	const __u16 *word = from;
	__u64 sum = 0;

	for (size_t i = 0; i < size / sizeof(*word); i++)
		sum += word[i];
	return sum;
}

static void fill(void *to, size_t size)
{
	__u8 *byte = to;

	while (size--)
		*byte++ = rand() >> 7;
}

static __u16 *check_of(struct packet *packet, __u8 protocol)
{
	if (protocol == IPPROTO_TCP)
		return &packet->l4.tcp.check;
	return protocol == IPPROTO_UDP ? &packet->l4.udp.check : &packet->l4.echo.check;
}

/* The sum of all that the transport's checksum covers, with it: 0xffff if it is right. */
static __u16 covered(const struct packet *packet, int ipv6, __u8 protocol)
{
	__u64 sum = sum_words(&packet->l4, sizeof(packet->l4));

	if (protocol == IPPROTO_ICMP)
		return csum_fold(sum);
	sum += ipv6 ? sum_words(&packet->ip6.saddr, 32) : sum_words(&packet->ip.saddr, 8);
	return csum_fold(sum + protocol);
}

static __u16 finished(__u16 sum, __u8 protocol)
{
	__u16 check = ~sum;

	return check || protocol != IPPROTO_UDP ? check : 0xffff;
}

/* A packet with right checksums; of ICMPv6, which is told by its family. */
static void make(struct packet *packet, int ipv6, __u8 protocol)
{
	__u16 *check = check_of(packet, protocol);

	fill(packet, sizeof(*packet));
	if (!ipv6) {
		packet->ip.version = 4;
		packet->ip.check = 0;
		packet->ip.check = ~csum_fold(sum_words(&packet->ip, sizeof(packet->ip)));
	}
	*check = 0;
	*check = finished(covered(packet, ipv6, protocol), protocol);
}

static void translate(struct packet *packet, int ipv6, __u8 protocol, struct bpf_wg_tuple *tuple,
		      int just_finished)
{
	__u64 change =
		ipv6 ? translate_ip6(&packet->ip6, tuple) : translate_ip4(&packet->ip, tuple);

	if (protocol == IPPROTO_TCP)
		translate_tcp(&packet->l4.tcp, tuple, change, just_finished);
	else if (protocol == IPPROTO_UDP)
		translate_udp(&packet->l4.udp, tuple, change);
	else
		translate_echo(&packet->l4.echo, protocol, tuple, change);
}

static void assert_has_tuple(const struct packet *packet, int ipv6, __u8 protocol,
			     const struct bpf_wg_tuple *tuple)
{
	size_t size = ipv6 ? 16 : 4;

	assert_memory_equal(ipv6 ? (void *)&packet->ip6.saddr : (void *)&packet->ip.saddr,
			    tuple->src, size);
	assert_memory_equal(ipv6 ? (void *)&packet->ip6.daddr : (void *)&packet->ip.daddr,
			    tuple->dst, size);
	if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
		assert_int_equal(packet->l4.echo.id, tuple->sport);
		return;
	}
	assert_int_equal(packet->l4.tcp.sport, tuple->sport);
	assert_int_equal(packet->l4.tcp.dport, tuple->dport);
}

static void check_packet(int ipv6, __u8 protocol)
{
	struct bpf_wg_tuple tuple, want;
	struct packet packet, before;
	__u16 check;

	make(&packet, ipv6, protocol);
	before = packet;
	fill(&tuple, sizeof(tuple));
	want = tuple;
	translate(&packet, ipv6, protocol, &tuple, 0);
	assert_has_tuple(&packet, ipv6, protocol, &want);
	assert_int_equal(covered(&packet, ipv6, protocol), 0xffff);
	if (!ipv6)
		assert_int_equal(csum_fold(sum_words(&packet.ip, sizeof(packet.ip))), 0xffff);
	/* As it comes out when it is summed anew, in all bits. */
	check = *check_of(&packet, protocol);
	*check_of(&packet, protocol) = 0;
	assert_int_equal(check, finished(covered(&packet, ipv6, protocol), protocol));
	*check_of(&packet, protocol) = check;
	/* Once more undoes it. */
	translate(&packet, ipv6, protocol, &tuple, 0);
	assert_memory_equal(&packet, &before, sizeof(packet));
}

TEST(checksums_are_right)
{
	srand(1);
	for (int i = 0; i < PACKETS; i++) {
		for (size_t p = 0; p < 3; p++)
			check_packet(0, protocols[p]);
		check_packet(1, IPPROTO_TCP);
		check_packet(1, IPPROTO_UDP);
		check_packet(1, IPPROTO_ICMPV6);
	}
}

/* UDP without a checksum stays so. */
TEST(none_stays_none)
{
	struct bpf_wg_tuple tuple;
	struct packet packet;

	srand(2);
	make(&packet, 0, IPPROTO_UDP);
	packet.l4.udp.check = 0;
	fill(&tuple, sizeof(tuple));
	translate(&packet, 0, IPPROTO_UDP, &tuple, 0);
	assert_int_equal(packet.l4.udp.check, 0);
}

/* What a checksum becomes that comes out as zero: a port adds just what is missing. */
static __u16 zero_becomes(__u8 protocol, int just_finished)
{
	struct bpf_wg_tuple tuple = { .sport = 0x1234 };
	struct packet packet = {};

	*check_of(&packet, protocol) = 0x1234;
	translate(&packet, 0, protocol, &tuple, just_finished);
	return *check_of(&packet, protocol);
}

/* As the stack has it: only what is finished behind a translation is never zero, and UDP. */
TEST(zero_is_all_ones_where_it_must)
{
	assert_int_equal(zero_becomes(IPPROTO_TCP, 0), 0);
	assert_int_equal(zero_becomes(IPPROTO_TCP, 1), 0xffff);
	assert_int_equal(zero_becomes(IPPROTO_UDP, 0), 0xffff);
	assert_int_equal(zero_becomes(IPPROTO_UDP, 1), 0xffff);
	assert_int_equal(zero_becomes(IPPROTO_ICMP, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums_are_right),
		cmocka_unit_test(none_stays_none),
		cmocka_unit_test(zero_is_all_ones_where_it_must),
	};

	return cmocka_run_group_tests_name("translate", tests, NULL, NULL);
}
