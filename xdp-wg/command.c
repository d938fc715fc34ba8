// SPDX-License-Identifier: GPL-2.0
/*
 * What the subcommands have in common: how they are found, and how their options are parsed.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "util/log.h"

#define MAX_OPTIONS 32

static const struct option_spec common_options[] = {
	{ 'v', "verbose", NULL, "say more; twice: with all that libbpf says", NULL },
	{ 'q', "quiet", NULL, "say only what went wrong", NULL },
	{ 'h', "help", NULL, "show this help", NULL },
	{},
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

static void print_options(FILE *stream, const struct option_spec *options)
{
	for (; options->name; options++) {
		int width = fprintf(stream, "  -%c, --%s%s%s", options->letter, options->name,
				    options->metavar ? " " : "",
				    options->metavar ? options->metavar : "");

		fprintf(stream, "%*s%s\n", width < 30 ? 30 - width : 1, "", options->help);
	}
}

void command_usage(const struct command *command, bool error)
{
	FILE *stream = error ? stderr : stdout;

	fprintf(stream, "Usage: xdp-wg %s [options] %s\n\n%s.\n\nOptions:\n", command->name,
		command->arguments, command->summary);
	print_options(stream, command->options);
	print_options(stream, common_options);
}

static void add_options(const struct option_spec *specs, struct option *longs, size_t *count,
			char *letters)
{
	for (; specs->name && *count < MAX_OPTIONS; specs++) {
		longs[(*count)++] = (struct option){
			.name = specs->name,
			.has_arg = specs->metavar ? required_argument : no_argument,
			.val = specs->letter,
		};
		letters += strlen(letters);
		*letters++ = specs->letter;
		if (specs->metavar)
			*letters++ = ':';
		*letters = '\0';
	}
}

static int set_option(const struct command *command, int letter, void *values)
{
	for (const struct option_spec *spec = command->options; spec->name; spec++)
		if (spec->letter == letter)
			return spec->set(values, optarg);
	return -EINVAL;
}

enum parse_result command_parse(const struct command *command, int argc, char **argv, void *values,
				int *first)
{
	struct option longs[MAX_OPTIONS + 1] = {};
	/* The colon in front tells a missing argument from an unknown option. */
	char letters[2 * MAX_OPTIONS + 2] = ":";
	unsigned int verbose = 0;
	bool quiet = false;
	size_t count = 0;
	int letter;

	add_options(command->options, longs, &count, letters);
	add_options(common_options, longs, &count, letters);

	optind = 0;
	opterr = 0;
	while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		switch (letter) {
		case 'v':
			verbose++;
			break;
		case 'q':
			quiet = true;
			break;
		case 'h':
			command_usage(command, false);
			return PARSE_HELP;
		case ':':
			log_error("the option %s needs an argument", argv[optind - 1]);
			return PARSE_ERROR;
		case '?':
			if (optopt)
				log_error("%s has no option -%c", command->name, optopt);
			else
				log_error("%s has no option %s", command->name, argv[optind - 1]);
			command_usage(command, true);
			return PARSE_ERROR;
		default:
			if (set_option(command, letter, values))
				return PARSE_ERROR;
		}
	}
	log_level_apply(verbose, quiet);
	*first = optind;
	return PARSE_OK;
}

bool command_privileged(void)
{
	if (!geteuid())
		return true;
	log_error("this needs root: try again with sudo");
	return false;
}
