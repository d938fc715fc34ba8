// SPDX-License-Identifier: GPL-2.0
/*
 * The manual explains everything that the command shows and takes.
 */
#include "unit.h"

#include <stdio.h>

#include "program/reasons.h"
#include "command.h"

static char manual[1 << 17];

static int read_manual(void **state __attribute__((unused)))
{
	FILE *file = fopen("man/xdp-wg.8", "r");
	size_t len;

	if (!file)
		return -1;
	len = fread(manual, 1, sizeof(manual) - 1, file);
	fclose(file);
	return len && len < sizeof(manual) - 1 ? 0 : -1;
}

static void expect_line(const char *line)
{
	if (!strstr(manual, line))
		fail_msg("the manual lacks \"%.*s\"", (int)strlen(line) - 1, line);
}

TEST(every_reason_is_explained)
{
	char line[64];

	for (size_t i = 0; i < XDP_WG_REASON_MAX; i++) {
		snprintf(line, sizeof(line), ".It Cm %s\n", reasons[i].name);
		expect_line(line);
	}
}

static void expect_options(const struct command *command)
{
	char line[128];

	for (const struct option_spec *option = command->options; option->name; option++) {
		char letter[] = { option->letter, ' ', ',', ' ', '\0' };

		snprintf(line, sizeof(line), ".It Fl %s-%s%s", option->letter ? letter : "",
			 option->name, option->metavar ? " Ar " : "\n");
		expect_line(line);
	}
}

TEST(every_option_is_explained)
{
	expect_options(&load_command);
	expect_options(&unload_command);
	expect_options(&status_command);
	expect_options(&features_command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_is_explained),
		cmocka_unit_test(every_option_is_explained),
	};

	return cmocka_run_group_tests_name("manual", tests, read_manual, NULL);
}
