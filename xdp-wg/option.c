// SPDX-License-Identifier: GPL-2.0
/*
 * Options as tables: what they are called, and what they write where.
 */
#include <errno.h>
#include <stdlib.h>

#include "option.h"
#include "util/log.h"

static bool parse_number(const struct option_spec *spec, const char *argument, unsigned int *value)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(argument, &end, 10);
	/* To strtoul, a minus is no error. */
	if (errno || end == argument || *end || *argument == '-' || number < spec->min ||
	    number > spec->max)
		return false;
	*value = number;
	return true;
}

static bool write_value(const struct option_spec *spec, void *value, const char *argument)
{
	switch (spec->type) {
	case OPTION_FLAG:
		*(bool *)value = true;
		return true;
	case OPTION_COUNT:
		++*(unsigned int *)value;
		return true;
	case OPTION_BITS:
		*(__u32 *)value |= spec->bits;
		return true;
	case OPTION_STRING:
		*(const char **)value = argument;
		return true;
	case OPTION_NUMBER:
		return parse_number(spec, argument, value);
	case OPTION_PARSED:
		return spec->parse(argument, value);
	}
	return false;
}

int option_set(const struct option_spec *spec, void *values, const char *argument)
{
	char *base = values;

	if (!write_value(spec, base + spec->value, argument)) {
		if (spec->wrong)
			log_error("%s %s", spec->wrong, argument);
		return -EINVAL;
	}
	if (spec->given)
		*(bool *)(base + spec->given) = true;
	return 0;
}

void option_print_help(FILE *stream, const struct option_spec *specs)
{
	for (; specs->name; specs++) {
		int width;

		if (specs->letter)
			width = fprintf(stream, "  -%c, ", specs->letter);
		else
			width = fprintf(stream, "%6s", "");
		width += fprintf(stream, "--%s%s%s", specs->name, specs->metavar ? " " : "",
				 specs->metavar ? specs->metavar : "");
		fprintf(stream, "%*s%s\n", width < 30 ? 30 - width : 1, "", specs->help);
	}
}
