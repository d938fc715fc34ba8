// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <stdio.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "util/log.h"
#include "util/printable.h"

TEST(level_follows_options)
{
	static const struct {
		unsigned int verbose;
		int quiet;
		enum log_level level;
	} cases[] = {
		{ 0, 0, LEVEL_INFO },	 { 1, 0, LEVEL_DEBUG },	    { 2, 0, LEVEL_VERBOSE },
		{ 9, 0, LEVEL_VERBOSE }, { ~0U, 0, LEVEL_VERBOSE }, { 0, 1, LEVEL_WARNING },
		{ 2, 1, LEVEL_WARNING },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		log_level_apply(cases[i].verbose, cases[i].quiet);
		assert_int_equal(log_level(), cases[i].level);
	}
}

TEST(levels_have_names)
{
	assert_string_equal(log_level_name(LEVEL_ERROR), "error");
	assert_string_equal(log_level_name(LEVEL_WARNING), "warning");
	assert_string_equal(log_level_name(LEVEL_INFO), "info");
	assert_string_equal(log_level_name(LEVEL_DEBUG), "debug");
	assert_string_equal(log_level_name(LEVEL_VERBOSE), "verbose");
}

TEST(names_are_levels)
{
	enum log_level level = LEVEL_INFO;

	for (int i = LEVEL_ERROR; i <= LEVEL_VERBOSE; i++) {
		assert_true(log_level_parse(log_level_name(i), &level));
		assert_int_equal(level, i);
		log_level_set(level);
		assert_int_equal(log_level(), i);
	}
	assert_false(log_level_parse("", &level));
	assert_false(log_level_parse("warn", &level));
	assert_false(log_level_parse("1", &level));
	assert_int_equal(level, LEVEL_VERBOSE);
}

static void say(libbpf_print_fn_t print, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(LIBBPF_WARN, format, args);
	va_end(args);
}

TEST(kernel_message_is_remembered)
{
	libbpf_print_fn_t print;

	log_init();
	log_level_apply(0, 1);
	/* Setting a function returns the one before. */
	print = libbpf_set_print(NULL);
	assert_null(log_kernel_message());
	say(print, "libbpf: something else %d\n", 1);
	assert_null(log_kernel_message());
	say(print, "libbpf: Kernel error message: %s\n", "Peer MTU is too large");
	assert_string_equal(log_kernel_message(), "Peer MTU is too large");
	say(print, "libbpf: something else\n");
	assert_string_equal(log_kernel_message(), "Peer MTU is too large");
	log_kernel_message_clear();
	assert_null(log_kernel_message());
}

TEST(terminals_are_not_spoken_to)
{
	char buf[64] = "";
	FILE *stream = fmemopen(buf, sizeof(buf), "w");

	assert_non_null(stream);
	printable_put(stream, "eth0 ~\x1b[31m\n\r\t\x7f\xc2\x9b");
	fclose(stream);
	assert_string_equal(buf, "eth0 ~\\x1b[31m\\x0a\\x0d\\x09\\x7f\\xc2\\x9b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level_follows_options),
		cmocka_unit_test(levels_have_names),
		cmocka_unit_test(names_are_levels),
		cmocka_unit_test(terminals_are_not_spoken_to),
		cmocka_unit_test(kernel_message_is_remembered),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
