// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

struct values {
	__u32 bits;
	bool flag;
	unsigned int times;
	const char *string;
	unsigned int number;
	bool number_given;
	char initial;
};

static bool parse_initial(const char *argument, void *value)
{
	if (argument[0] < 'a' || argument[0] > 'z')
		return false;
	*(char *)value = argument[0];
	return true;
}

#define AT(member) offsetof(struct values, member)

static const struct option_spec specs[] = {
	{ 't', "times", NULL, "how often", OPTION_COUNT, .value = AT(times) },
	{ 'b', "bit", NULL, "a bit", OPTION_BITS, .value = AT(bits), .bits = 2 },
	{ 0, "other-bits", NULL, "more bits", OPTION_BITS, .value = AT(bits), .bits = 12 },
	{ 's', "string", "STRING", "a string", OPTION_STRING, .value = AT(string) },
	{ 0, "number", "NUMBER", "a number", OPTION_NUMBER, .value = AT(number),
	  .given = AT(number_given), .min = 5, .max = UINT32_MAX, .wrong = "not a number:" },
	{ 'f', "flag", NULL, "a flag", OPTION_FLAG, .value = AT(flag) },
	{ 'i', "initial", "WORD", "a letter", OPTION_PARSED, .value = AT(initial),
	  .parse = parse_initial, .wrong = "not a letter:" },
	{},
};

static const struct command command = {
	.name = "test",
	.arguments = "WORD...",
	.summary = "Test",
	.options = specs,
};

static enum parse_result parse(struct values *values, char **argv)
{
	int argc = 0, first;

	while (argv[argc])
		argc++;
	memset(values, 0, sizeof(*values));
	return command_parse(&command, argc, argv, values, &first);
}

#define PARSE(values, ...) parse(values, (char *[]){ "test", __VA_ARGS__, NULL })

TEST(every_type_is_written)
{
	struct values values;

	assert_int_equal(PARSE(&values, "-ftbtt", "-s", "text", "-iword", "--number=7"), PARSE_OK);
	assert_true(values.flag);
	assert_int_equal(values.times, 3);
	assert_int_equal(values.bits, 2);
	assert_string_equal(values.string, "text");
	assert_int_equal(values.initial, 'w');
	assert_int_equal(values.number, 7);
	assert_true(values.number_given);
}

TEST(what_is_not_given_is_not_written)
{
	static const struct values none;
	struct values values;

	assert_int_equal(PARSE(&values, "word"), PARSE_OK);
	assert_memory_equal(&values, &none, sizeof(values));
}

TEST(wrong_arguments_are_not_written)
{
	struct values values;

	assert_int_equal(PARSE(&values, "-i", "7"), PARSE_ERROR);
	assert_int_equal(values.initial, 0);
	assert_int_equal(PARSE(&values, "--number", "4"), PARSE_ERROR);
	assert_int_equal(values.number, 0);
	assert_false(values.number_given);
	assert_int_equal(PARSE(&values, "--number", "4294967296"), PARSE_ERROR);
	assert_int_equal(PARSE(&values, "--number", "-7"), PARSE_ERROR);
	/* To strtoul, on a machine with 64 bits, this is 6. */
	assert_int_equal(PARSE(&values, "--number", "-18446744073709551610"), PARSE_ERROR);
	assert_int_equal(PARSE(&values, "--number", "0x7"), PARSE_ERROR);
	assert_int_equal(PARSE(&values, "--number", ""), PARSE_ERROR);
	assert_int_equal(PARSE(&values, "--number", "4294967295"), PARSE_OK);
	assert_true(values.number == UINT32_MAX);
}

TEST(options_need_no_letter)
{
	struct values values;

	assert_int_equal(PARSE(&values, "--other-bits"), PARSE_OK);
	assert_int_equal(values.bits, 12);
	assert_int_equal(PARSE(&values, "--other", "-b"), PARSE_OK);
	assert_int_equal(values.bits, 14);
	assert_int_equal(PARSE(&values, "--other-bits=3"), PARSE_ERROR);
	assert_int_equal(values.bits, 0);
	assert_int_equal(PARSE(&values, "--number"), PARSE_ERROR);
	assert_int_equal(PARSE(&values, "-o"), PARSE_ERROR);
}

TEST(help_has_a_line_for_each)
{
	char *buf = NULL;
	size_t size;
	FILE *stream = open_memstream(&buf, &size);

	assert_non_null(stream);
	option_print_help(stream, specs);
	fclose(stream);
	assert_string_equal(buf, "  -t, --times                 how often\n"
				 "  -b, --bit                   a bit\n"
				 "      --other-bits            more bits\n"
				 "  -s, --string STRING         a string\n"
				 "      --number NUMBER         a number\n"
				 "  -f, --flag                  a flag\n"
				 "  -i, --initial WORD          a letter\n");
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_written),
		cmocka_unit_test(what_is_not_given_is_not_written),
		cmocka_unit_test(wrong_arguments_are_not_written),
		cmocka_unit_test(options_need_no_letter),
		cmocka_unit_test(help_has_a_line_for_each),
	};

	return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
