/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_WG_COMMAND_H
#define XDP_WG_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "option.h"

enum exit_status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_LOADED = 3, /* of the interface asked for */
};

struct command {
	const char *name;
	const char *arguments; /* as the usage line shows them */
	const char *summary;
	const struct option_spec *options; /* ends with an entry without a name */
	size_t values_size; /* of the structure that the options are written to */
	const void *defaults; /* its contents before that; NULL: zeros */
	bool privileged; /* needs root */
	/*
	 * Check that the options go together, and with how many arguments, and derive values from
	 * others; NULL: everything goes. Privileges are checked after that: who asks for the wrong
	 * thing is to hear that first.
	 * Return: 0, or -EINVAL, with a message printed.
	 */
	int (*check)(void *values, size_t count);
	/*
	 * @arguments: the @count arguments that are no options
	 * Return: enum exit_status.
	 */
	int (*run)(const void *values, char **arguments, size_t count);
};

extern const struct command load_command;
extern const struct command unload_command;
extern const struct command status_command;
extern const struct command features_command;

/*
 * command_find() - The subcommand with a name or with an unambiguous beginning of it.
 * @table: ends with NULL
 *
 * Return: NULL if there is none or more than one, with a message printed.
 */
const struct command *command_find(const struct command *const *table, const char *name);

/* command_usage() - Print the usage of a subcommand to stdout or stderr. */
void command_usage(const struct command *command, bool error);

enum parse_result {
	PARSE_OK,
	PARSE_HELP, /* was asked for and printed */
	PARSE_ERROR, /* was printed */
};

/*
 * command_parse() - Parse the options of a subcommand; -h, -l, -v and -q are common to all.
 * @argv: argv[0] is the subcommand
 * @values: what the options are written to
 * @first: index of the first argument that is no option; options may follow it no more than
 *         getopt allows: @argv is reordered
 */
enum parse_result command_parse(const struct command *command, int argc, char **argv, void *values,
				int *first);

/*
 * command_run() - Run a subcommand from its command line; argv[0] is the subcommand.
 * Return: enum exit_status.
 */
int command_run(const struct command *command, int argc, char **argv);

#endif /* XDP_WG_COMMAND_H */
