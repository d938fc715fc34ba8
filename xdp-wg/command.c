// SPDX-License-Identifier: GPL-2.0
/*
 * What the subcommands have in common: how they are found, how their command line is parsed, and
 * what comes before they run.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "privileges.h"
#include "util/log.h"

#define MAX_OPTIONS 32
#define LONG_ONLY 0x100 /* no letter: what getopt calls an option that has none */

struct common_options {
	enum log_level level;
	bool level_given;
	unsigned int verbose;
	bool quiet;
	bool help;
};

static bool parse_level(const char *argument, void *value)
{
	return log_level_parse(argument, value);
}

static const struct option_spec common_option_specs[] = {
	{ 'l', "log-level", "LEVEL", "error, warning, info (default), debug or verbose",
	  OPTION_PARSED, .value = offsetof(struct common_options, level),
	  .given = offsetof(struct common_options, level_given), .parse = parse_level,
	  .wrong = "the log level must be error, warning, info, debug or verbose, not" },
	{ 'v', "verbose", NULL, "say more; twice: with all that libbpf says", OPTION_COUNT,
	  .value = offsetof(struct common_options, verbose) },
	{ 'q', "quiet", NULL, "say only what is wrong, or may do harm", OPTION_FLAG,
	  .value = offsetof(struct common_options, quiet) },
	{ 'h', "help", NULL, "show this help", OPTION_FLAG,
	  .value = offsetof(struct common_options, help) },
	{},
};

/* The options of a subcommand and the common ones, for getopt and for what it returns. */
struct option_set {
	struct option longs[MAX_OPTIONS + 1];
	char letters[2 * MAX_OPTIONS + 2];
	const struct option_spec *specs[MAX_OPTIONS]; /* one for each of .longs */
	void *values[MAX_OPTIONS]; /* likewise: what it is written to */
	size_t count;
};

const struct command *command_find(const struct command *const *table, const char *name)
{
	const struct command *found = NULL;
	size_t len = strlen(name);

	for (; *table; table++) {
		if (strncmp((*table)->name, name, len))
			continue;
		if ((*table)->name[len] == '\0')
			return *table;
		if (found) {
			log_error("the command %s is ambiguous: %s or %s?", name, found->name,
				  (*table)->name);
			return NULL;
		}
		found = *table;
	}
	if (!found)
		log_error("there is no command %s", name);
	return found;
}

void command_usage(const struct command *command, bool error)
{
	FILE *stream = error ? stderr : stdout;

	fprintf(stream, "Usage: xdp-wg %s [options] %s\n\n%s.\n\nOptions:\n", command->name,
		command->arguments, command->summary);
	option_print_help(stream, command->options);
	option_print_help(stream, common_option_specs);
}

static void add_options(struct option_set *set, const struct option_spec *specs, void *values)
{
	for (; specs->name && set->count < MAX_OPTIONS; specs++) {
		size_t index = set->count++;
		char *letters = set->letters + strlen(set->letters);

		set->longs[index] = (struct option){
			.name = specs->name,
			.has_arg = specs->metavar ? required_argument : no_argument,
			.val = specs->letter ? specs->letter : LONG_ONLY + (int)index,
		};
		set->specs[index] = specs;
		set->values[index] = values;
		if (!specs->letter)
			continue;
		*letters++ = specs->letter;
		if (specs->metavar)
			*letters = ':';
	}
}

static int apply_option(const struct option_set *set, int val)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->longs[i].val == val)
			return option_set(set->specs[i], set->values[i], optarg);
	return -EINVAL;
}

/* What getopt did not understand. */
static void refuse_option(const struct command *command, int result, const char *argument)
{
	if (result == ':') {
		log_error("the option %s needs an argument", argument);
		return;
	}
	if (optopt && optopt < LONG_ONLY)
		log_error("%s has no option -%c", command->name, optopt);
	else
		log_error("%s has no option %s", command->name, argument);
	command_usage(command, true);
}

enum parse_result command_parse(const struct command *command, int argc, char **argv, void *values,
				int *first)
{
	struct common_options common = {};
	/* The colon in front tells a missing argument from an unknown option. */
	struct option_set set = { .letters = ":" };
	int result;

	add_options(&set, command->options, values);
	add_options(&set, common_option_specs, &common);

	optind = 0;
	opterr = 0;
	while ((result = getopt_long(argc, argv, set.letters, set.longs, NULL)) != -1) {
		if (result == ':' || result == '?') {
			refuse_option(command, result, argv[optind - 1]);
			return PARSE_ERROR;
		}
		if (apply_option(&set, result))
			return PARSE_ERROR;
		if (common.help) {
			command_usage(command, false);
			return PARSE_HELP;
		}
	}
	if (common.level_given)
		log_level_set(common.level);
	else
		log_level_apply(common.verbose, common.quiet);
	*first = optind;
	return PARSE_OK;
}

/* Return: enum exit_status. */
static int run_parsed(const struct command *command, void *values, char **arguments, size_t count)
{
	if (command->check && command->check(values, count))
		return STATUS_USAGE;
	if (command->privileged && privileges_check())
		return STATUS_FAILED;
	return command->run(values, arguments, count);
}

int command_run(const struct command *command, int argc, char **argv)
{
	int first, status = STATUS_USAGE;
	void *values;

	values = calloc(1, command->values_size);
	if (!values) {
		log_error("out of memory");
		return STATUS_FAILED;
	}
	if (command->defaults)
		memcpy(values, command->defaults, command->values_size);

	switch (command_parse(command, argc, argv, values, &first)) {
	case PARSE_OK:
		status = run_parsed(command, values, argv + first, argc - first);
		break;
	case PARSE_HELP:
		status = STATUS_DONE;
		break;
	case PARSE_ERROR:
		break;
	}
	free(values);
	return status;
}
