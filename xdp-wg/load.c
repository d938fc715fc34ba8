// SPDX-License-Identifier: GPL-2.0
/*
 * xdp-wg load: load on interfaces, and with --foreground stay there.
 */
#include <errno.h>
#include <signal.h>

#include "load/load.h"
#include "util/interfaces.h"
#include "util/log.h"
#include "command.h"
#include "load_advice.h"
#include "load_options.h"

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

static int check_usage(void *values, size_t count)
{
	if (load_options_check(values))
		return -EINVAL;
	if (count)
		return 0;
	log_error("load needs the name of an interface");
	command_usage(&load_command, true);
	return -EINVAL;
}

static int run(const void *values, char **names, size_t count)
{
	const struct load_options *options = values;
	struct interface_list interfaces = {};
	struct load loading = {
		.attach = &options->attach,
		.interfaces = &interfaces,
		.replace = options->replace,
	};
	sigset_t signals;
	int err;

	err = interfaces_resolve(names, count, &interfaces);
	if (err)
		goto out;
	if (options->foreground)
		block_signals(&signals);
	err = load(&loading);
	if (!err)
		load_advise(&loading.before, &loading.added);
	if (!err && options->foreground)
		err = stay(&loading, &signals);
	load_free(&loading);
out:
	interfaces_free(&interfaces);
	return err ? STATUS_FAILED : STATUS_DONE;
}

const struct command load_command = {
	.name = "load",
	.arguments = "IFNAME...",
	.summary = "Load the program on interfaces",
	.options = load_option_specs,
	.values_size = sizeof(struct load_options),
	.defaults = &load_defaults,
	.privileged = true,
	.check = check_usage,
	.run = run,
};
