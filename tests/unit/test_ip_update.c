// SPDX-License-Identifier: GPL-2.0
/*
 * What RFC 6040 and RFC 1624 say, as tables and examples.
 */
#include "unit.h"

#include "bpf/ip_update.h"

#define ECNS 4

/* The order of RFC 6040's figures. */
static const __u8 ecns[ECNS] = { ECN_NOT_ECT, ECN_ECT_0, ECN_ECT_1, ECN_CE };

/* A packet that is to be dropped, which the kernel's WireGuard does not do. */
#define DROP 0xff

/* RFC 3168 section 9.1.1, which the kernel keeps to; RFC 6040's figure 3 has CE in the last place.
 */
TEST(encapsulation_is_rfc_3168)
{
	static const __u8 outer[ECNS] = { ECN_NOT_ECT, ECN_ECT_0, ECN_ECT_1, ECN_ECT_0 };

	for (int i = 0; i < ECNS; i++)
		for (int dscp = 0; dscp < 0x100; dscp += 4)
			assert_int_equal(ecn_encapsulate(dscp | ecns[i]), outer[i]);
}

/* RFC 6040's figure 4: a row for each inner field, a column for each outer one. */
TEST(decapsulation_is_rfc_6040)
{
	static const __u8 figure[ECNS][ECNS] = {
		{ ECN_NOT_ECT, ECN_NOT_ECT, ECN_NOT_ECT, DROP },
		{ ECN_ECT_0, ECN_ECT_0, ECN_ECT_1, ECN_CE },
		{ ECN_ECT_1, ECN_ECT_1, ECN_ECT_1, ECN_CE },
		{ ECN_CE, ECN_CE, ECN_CE, ECN_CE },
	};
	int dropped = 0;

	for (int i = 0; i < ECNS; i++) {
		for (int o = 0; o < ECNS; o++) {
			__u8 wanted = figure[i][o];

			dropped += wanted == DROP;
			if (wanted == DROP)
				wanted = ecns[i];
			for (int dscp = 0; dscp < 0x100; dscp += 4)
				assert_int_equal(ecn_decapsulate(dscp | ecns[o],
								 ~dscp << 2 | ecns[i]),
						 wanted);
		}
	}
	assert_int_equal(dropped, 1);
}

static __u16 header_sum(const struct iphdr *ip)
{
	__u16 words[sizeof(*ip) / sizeof(__u16)];
	__u64 sum = 0;

	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		sum += words[i];
	return csum_fold(sum);
}

/* The checksum as RFC 791 has it, from nothing. */
static __u16 computed(const struct iphdr *ip)
{
	struct iphdr copy = *ip;

	copy.check = 0;
	return ~header_sum(&copy);
}

/* One for each identification: all checksums but 0xffff are among them, which no header has. */
static struct iphdr header(__u32 id, __u8 tos)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tos = tos,
		.tot_len = bpf_htons(1420),
		.id = id,
		.ttl = 64,
		.protocol = 17,
		.saddr = bpf_htonl(0x0a010002),
		.daddr = bpf_htonl(0x0a020002),
	};

	ip.check = computed(&ip);
	return ip;
}

#define IDS 0x10000

TEST(all_checksums_are_tested)
{
	static __u8 seen[IDS];
	int different = 0;

	for (__u32 id = 0; id < IDS; id++) {
		struct iphdr ip = header(id, 0);

		different += !seen[ip.check];
		seen[ip.check] = 1;
	}
	assert_int_equal(different, IDS - 1);
	assert_true(seen[0]);
	assert_false(seen[0xffff]);
}

/*
 * The example of RFC 1624 section 4: a word 0x5555 becomes 0x3285, and the others' sum is 0xcd7a.
 * Equation 3, and computing it anew, give 0; equation 2 gives zero's other form, as the RFC says.
 */
TEST(the_example_of_rfc_1624)
{
	const __u16 others = 0xcd7a, before = 0x5555, after = 0x3285, check = 0xdd2f;
	__u16 updated;

	assert_int_equal((__u16)~csum_fold(others + before), check);
	assert_int_equal((__u16)~csum_fold(others + after), 0);
	assert_int_equal((__u16)~csum_fold((__u16)~check + (__u16)~before + after), 0);
	updated = csum16_add(csum16_add(check, before), ~after);
	assert_int_equal(updated, 0xffff);
	assert_int_equal(csum_fold(others + after + updated), 0xffff);
}

TEST(a_hop_less_is_computed_anew)
{
	for (__u32 id = 0; id < IDS; id++) {
		for (int ttl = 1; ttl < 0x100; ttl += 127) {
			struct iphdr ip = header(id, 0);

			ip.ttl = ttl;
			ip.check = computed(&ip);
			ip4_decrease_ttl(&ip);
			assert_int_equal(ip.ttl, ttl - 1);
			assert_int_equal(ip.check, computed(&ip));
		}
	}
}

/* A sender may write zero's other form, which verifies too: it is not handed on. */
TEST(a_hop_less_knows_both_zeros)
{
	struct iphdr ip = {};
	__u32 id = 0;

	do {
		assert_int_not_equal(id, IDS);
		ip = header(id++, 0);
	} while (ip.check);
	ip.check = 0xffff;
	assert_int_equal(header_sum(&ip), 0xffff);
	ip4_decrease_ttl(&ip);
	assert_int_equal(ip.check, computed(&ip));
}

/*
 * Whatever the mark becomes, the header verifies, and with the hop that every forwarded packet
 * loses its checksum is what it would be if it were computed anew. A mark that stays leaves it
 * alone, which equation 3 would not (erratum 4782).
 */
TEST(a_new_mark_is_computed_anew)
{
	for (__u32 id = 0; id < IDS; id++) {
		for (int old = 0; old < ECNS; old++) {
			for (int new = 0; new < ECNS; new++) {
				struct iphdr before = header(id, 0xb8 | old), ip = before;

				ip4_set_ecn(&ip, new);
				assert_int_equal(ip.tos, 0xb8 | new);
				assert_int_equal(header_sum(&ip), 0xffff);
				if (old == new)
					assert_memory_equal(&ip, &before, sizeof(ip));
				ip4_decrease_ttl(&ip);
				assert_int_equal(ip.check, computed(&ip));
			}
		}
	}
}

TEST(a_new_mark_leaves_the_rest_of_ipv6)
{
	for (__u32 class = 0; class < 0x100; class++) {
		for (__u32 new = 0; new < ECNS; new++) {
			__be32 first = bpf_htonl(6U << 28 | class << 20 | 0xabcde);
			struct ipv6hdr before, ip;

			memset(&before, 0x5a, sizeof(before));
			memcpy(&before, &first, sizeof(first));
			ip = before;
			ip6_set_ecn(&ip, new);
			first = bpf_htonl(6U << 28 | (class & ~3U) << 20 | new << 20 | 0xabcde);
			memcpy(&before, &first, sizeof(first));
			assert_memory_equal(&ip, &before, sizeof(ip));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encapsulation_is_rfc_3168),
		cmocka_unit_test(decapsulation_is_rfc_6040),
		cmocka_unit_test(all_checksums_are_tested),
		cmocka_unit_test(the_example_of_rfc_1624),
		cmocka_unit_test(a_hop_less_is_computed_anew),
		cmocka_unit_test(a_hop_less_knows_both_zeros),
		cmocka_unit_test(a_new_mark_is_computed_anew),
		cmocka_unit_test(a_new_mark_leaves_the_rest_of_ipv6),
	};

	return cmocka_run_group_tests_name("ip_update", tests, NULL, NULL);
}
