// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <ctype.h>
#include <string.h>

#include "program/reasons.h"

TEST(every_reason_is_complete)
{
	for (size_t i = 0; i < XDP_WG_REASON_MAX; i++) {
		assert_non_null(reasons[i].name);
		assert_non_null(reasons[i].words);
		assert_true(*reasons[i].name);
		assert_true(*reasons[i].words);
	}
}

/* They are keys of the JSON output, and scripts compare them. */
TEST(names_are_unique_and_plain)
{
	for (size_t i = 0; i < XDP_WG_REASON_MAX; i++) {
		for (const char *c = reasons[i].name; *c; c++)
			assert_true(islower((unsigned char)*c) || *c == '-');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(reasons[i].name, reasons[j].name);
	}
}

TEST(verdicts_come_in_groups)
{
	assert_int_equal(reasons[XDP_WG_ENCAP].verdict, VERDICT_FAST);
	assert_int_equal(reasons[XDP_WG_DECAP].verdict, VERDICT_FAST);
	for (size_t i = 1; i < XDP_WG_REASON_MAX; i++)
		assert_true(reasons[i].verdict >= reasons[i - 1].verdict);
	assert_int_equal(reasons[XDP_WG_REASON_MAX - 1].verdict, VERDICT_DROP);
}

TEST(cpus_are_summed)
{
	const struct xdp_wg_counter values[] = { { 1, 100 }, { 0, 0 }, { UINT32_MAX, UINT32_MAX } };
	struct xdp_wg_counter sum = { 5, 7 };

	reasons_sum_cpus(values, 0, &sum);
	assert_int_equal(sum.packets, 5);
	reasons_sum_cpus(values, 3, &sum);
	assert_true(sum.packets == 6 + (uint64_t)UINT32_MAX);
	assert_true(sum.bytes == 107 + (uint64_t)UINT32_MAX);
}

TEST(verdicts_are_summed)
{
	struct xdp_wg_counter totals[XDP_WG_REASON_MAX] = {};

	assert_int_equal(reasons_verdict(totals, VERDICT_FAST), 0);
	totals[XDP_WG_ENCAP].packets = 1;
	totals[XDP_WG_DECAP].packets = 2;
	totals[XDP_WG_NO_KEY].packets = 4;
	totals[XDP_WG_AUTH].packets = 8;
	totals[XDP_WG_REPLAY].packets = 16;
	assert_int_equal(reasons_verdict(totals, VERDICT_FAST), 3);
	assert_int_equal(reasons_verdict(totals, VERDICT_PASS), 4);
	assert_int_equal(reasons_verdict(totals, VERDICT_DROP), 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_is_complete),
		cmocka_unit_test(names_are_unique_and_plain),
		cmocka_unit_test(verdicts_come_in_groups),
		cmocka_unit_test(cpus_are_summed),
		cmocka_unit_test(verdicts_are_summed),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
