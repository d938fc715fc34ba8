/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_WG_OPTION_H
#define XDP_WG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

/* What an option writes, and the type of the member that it writes to. */
enum option_type {
	OPTION_FLAG, /* bool: true */
	OPTION_COUNT, /* unsigned int: how often the option was given */
	OPTION_BITS, /* __u32: .bits are set in it */
	OPTION_STRING, /* const char *: the argument itself */
	OPTION_NUMBER, /* unsigned int: a decimal from .min to .max */
	OPTION_PARSED, /* what .parse makes of the argument */
};

/* One option of a subcommand. */
struct option_spec {
	char letter; /* 0: it has only a name */
	const char *name;
	const char *metavar; /* NULL: takes no argument */
	const char *help;
	enum option_type type;
	size_t value; /* offset of the member in the subcommand's values */
	size_t given; /* likewise, of a bool that is set too; 0: nobody asks */
	__u32 bits;
	unsigned int min;
	unsigned int max;
	/* Return: whether the argument is right; @value is written only then. */
	bool (*parse)(const char *argument, void *value);
	/* What an argument that is wrong follows in the message. NULL: .parse prints it. */
	const char *wrong;
};

/*
 * option_set() - Write an option to the values.
 * @values: the structure that .value and .given are offsets in
 * @argument: NULL if the option takes none; must live as long as @values
 *
 * Return: 0, or -EINVAL, with a message printed.
 */
int option_set(const struct option_spec *spec, void *values, const char *argument);

/*
 * option_print_help() - Print a line for each option.
 * @specs: ends with an entry without a name
 */
void option_print_help(FILE *stream, const struct option_spec *specs);

#endif /* XDP_WG_OPTION_H */
