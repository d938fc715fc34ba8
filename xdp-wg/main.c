// SPDX-License-Identifier: GPL-2.0
/*
 * xdp-wg: WireGuard in XDP.
 */
#include <stdio.h>
#include <string.h>

#include "util/log.h"
#include "util/version.h"
#include "command.h"

static const struct command *const commands[] = {
	&load_command, &unload_command, &status_command, &features_command, NULL,
};

static void usage(FILE *stream)
{
	fputs("Usage: xdp-wg COMMAND [options]\n\nCommands:\n", stream);
	for (const struct command *const *command = commands; *command; command++)
		fprintf(stream, "  %-10s %s\n", (*command)->name, (*command)->summary);
	fputs("  help       Show this help, or that of a command\n\n"
	      "Options:\n"
	      "  -h, --help     show this help; after a command, the command's\n"
	      "  -V, --version  show the version\n\n"
	      "Commands may be shortened as long as they are unambiguous.\n",
	      stream);
}

/* @name: of a command, or NULL. Return: enum exit_status. */
static int help(const char *name)
{
	const struct command *command;

	if (!name) {
		usage(stdout);
		return STATUS_DONE;
	}
	command = command_find(commands, name);
	if (!command) {
		usage(stderr);
		return STATUS_USAGE;
	}
	command_usage(command, false);
	return STATUS_DONE;
}

int main(int argc, char **argv)
{
	const struct command *command;

	log_init();

	if (argc < 2) {
		usage(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "help"))
		return help(argv[2]);
	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))
		return help(NULL);
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		puts("xdp-wg " VERSION);
		return STATUS_DONE;
	}

	command = command_find(commands, argv[1]);
	if (!command) {
		usage(stderr);
		return STATUS_USAGE;
	}
	return command_run(command, argc - 1, argv + 1);
}
