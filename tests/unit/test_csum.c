// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include "bpf/csum.h"

TEST(fold_adds_the_carries)
{
	assert_int_equal(csum_fold(0), 0);
	assert_int_equal(csum_fold(0x10000), 1);
	assert_int_equal(csum_fold(0xffff0001), 1);
	assert_int_equal(csum_fold(0xffffffffffffffff), 0xffff);
	assert_int_equal(csum_fold(0x1fffffffe), 0xffff);
}

/* Only a sum of 0 folds to 0, and what folds to the same is the same modulo 0xffff. */
TEST(no_carry_is_left)
{
	static const __u32 words[] = { 0, 1, 2, 0x7fff, 0xfffd, 0xfffe, 0xffff };
	const __u32 n = sizeof(words) / sizeof(*words);

	for (__u32 i = 0; i < n * n * n; i++) {
		__u64 sum = (__u64)words[i / n / n] << 32 | words[i / n % n] << 16 | words[i % n];

		assert_int_equal(csum_fold(sum), sum ? (sum - 1) % 0xffff + 1 : 0);
	}
}

/* A datagram whose sum is all ones once went out with checksum 0, which IPv6 does not accept. */
TEST(a_udp_checksum_is_never_zero)
{
	for (__u32 sum = 0; sum <= 0x1ffff; sum++) {
		__u16 csum = csum_finished(sum);

		assert_int_not_equal(csum, 0);
		assert_int_equal(csum_fold((__u64)sum + csum), 0xffff);
	}
}

TEST(updating_is_summing_again)
{
	for (__u32 csum = 0; csum <= 0xffff; csum += 0x0f0f)
		for (__u32 addend = 0; addend <= 0xffff; addend += 0x0101)
			assert_int_equal(csum16_add(csum, addend), csum_fold(csum + addend));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fold_adds_the_carries),
		cmocka_unit_test(no_carry_is_left),
		cmocka_unit_test(a_udp_checksum_is_never_zero),
		cmocka_unit_test(updating_is_summing_again),
	};

	return cmocka_run_group_tests_name("csum", tests, NULL, NULL);
}
