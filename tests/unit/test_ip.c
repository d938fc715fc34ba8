// SPDX-License-Identifier: GPL-2.0
/*
 * What conntrack knows a packet's flow by, beside its addresses and ports.
 */
#include <string.h>

#include "unit.h"

/* What is compiled here calls no kfunc. */
#define BPF_KFUNCS_H
#include "patches/wireguard/bpf_types.h"
#include "bpf/ip.h"

#define ID 0x1234

/* A packet with so many bytes behind its IP header, of which eight are looked at. */
static struct packet parse(__u8 family, __u8 protocol, __u8 type, __u8 code, __u16 word,
			   __u32 length)
{
	struct l4_header l4 = { .type = type, .code = code, .id_or_length = bpf_htons(word) };
	struct packet packet = { .header = family == AF_INET ? 20 : 40 };

	packet.flow.family = family;
	packet.flow.protocol = protocol;
	packet.length = packet.header + length;
	ip_parse_connection(&packet, length < sizeof(l4) ? NULL : &l4);
	return packet;
}

static void check_echo(__u8 family, __u8 protocol, __u8 type, __u8 flag)
{
	struct packet packet = parse(family, protocol, type, 0, ID, 8);

	assert_int_equal(packet.flow.flags, flag);
	assert_int_equal(packet.flow.sport, bpf_htons(ID));
	assert_int_equal(packet.flow.dport, 0);
}

static void check_none(struct packet packet)
{
	assert_int_equal(packet.flow.flags, BPF_WG_FLOW_END);
	assert_int_equal(packet.flow.sport, 0);
	assert_int_equal(packet.flow.dport, 0);
}

TEST(echoes_have_identifiers)
{
	check_echo(AF_INET, IPPROTO_ICMP, 8, BPF_WG_FLOW_ECHO);
	check_echo(AF_INET, IPPROTO_ICMP, 0, BPF_WG_FLOW_ECHO_REPLY);
	check_echo(AF_INET6, IPPROTO_ICMPV6, 128, BPF_WG_FLOW_ECHO);
	check_echo(AF_INET6, IPPROTO_ICMPV6, 129, BPF_WG_FLOW_ECHO_REPLY);
}

/* Or else a timestamp request would be taken for the reply to an echo with the identifier 0. */
TEST(other_icmp_is_of_no_flow)
{
	for (int type = 0; type < 256; type++) {
		if (type != 0 && type != 8)
			check_none(parse(AF_INET, IPPROTO_ICMP, type, 0, ID, 8));
		if (type != 128 && type != 129)
			check_none(parse(AF_INET6, IPPROTO_ICMPV6, type, 0, ID, 8));
	}
	for (int code = 1; code < 256; code++) {
		check_none(parse(AF_INET, IPPROTO_ICMP, 8, code, ID, 8));
		check_none(parse(AF_INET6, IPPROTO_ICMPV6, 129, code, ID, 8));
	}
	for (__u32 length = 0; length < 8; length++)
		check_none(parse(AF_INET, IPPROTO_ICMP, 8, 0, ID, length));
}

/* As conntrack's udp_error() has it: no more than there is, and no less than a header. */
TEST(a_datagram_has_the_length_that_it_says)
{
	for (__u32 length = 0; length < 40; length++) {
		for (__u32 said = 0; said < 48; said++) {
			struct packet packet = parse(AF_INET, IPPROTO_UDP, 0, 0, said, length);
			int valid = length >= 8 && said >= 8 && said <= length;

			assert_int_equal(packet.flow.flags, valid ? 0 : BPF_WG_FLOW_END);
		}
	}
}

TEST(others_are_left_alone)
{
	assert_int_equal(parse(AF_INET, IPPROTO_TCP, 0, 0, 0, 20).flow.flags, 0);
	assert_int_equal(parse(AF_INET, IPPROTO_GRE, 0, 0, 0, 20).flow.flags, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echoes_have_identifiers),
		cmocka_unit_test(other_icmp_is_of_no_flow),
		cmocka_unit_test(a_datagram_has_the_length_that_it_says),
		cmocka_unit_test(others_are_left_alone),
	};

	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
