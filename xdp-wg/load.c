// SPDX-License-Identifier: GPL-2.0
/*
 * xdp-wg load: load on interfaces, and with --foreground stay there.
 */
#include <signal.h>

#include "load/load.h"
#include "util/interfaces.h"
#include "util/log.h"
#include "command.h"
#include "load.h"

/* Blocked from the start, so that a signal during the load is not lost. */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

static int stay(const struct load *loaded, const sigset_t *signals)
{
	int signal;

	log_info("%s stays until SIGINT or SIGTERM", attach_options_program(loaded->attach));
	sigwait(signals, &signal);
	return load_remove(loaded);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct interface_list interfaces = {};
	struct load_options options;
	struct load request = {
		.attach = &options.attach,
		.interfaces = &interfaces,
	};
	sigset_t signals;
	int first, err;

	load_options_init(&options);
	switch (command_parse(command, argc, argv, &options, &first)) {
	case PARSE_HELP:
		return STATUS_DONE;
	case PARSE_ERROR:
		return STATUS_USAGE;
	case PARSE_OK:
		break;
	}
	if (load_options_check(&options))
		return STATUS_USAGE;
	if (first == argc) {
		log_error("load needs the name of an interface");
		command_usage(command, true);
		return STATUS_USAGE;
	}
	if (!command_privileged())
		return STATUS_FAILED;

	err = interfaces_resolve(argv + first, argc - first, &interfaces);
	if (err)
		goto out;
	if (options.foreground)
		block_signals(&signals);
	request.replace = options.replace;
	err = load(&request);
	if (!err)
		load_advise(&request.before, &request.added);
	if (!err && options.foreground)
		err = stay(&request, &signals);
	load_free(&request);
out:
	interfaces_free(&interfaces);
	return err ? STATUS_FAILED : STATUS_DONE;
}

const struct command load_command = {
	.name = "load",
	.arguments = "IFNAME...",
	.summary = "Load the program on interfaces",
	.options = load_option_specs,
	.run = run,
};
