// SPDX-License-Identifier: GPL-2.0
/*
 * xdp-wg load: attach to interfaces, all or none.
 *
 * It may be killed at any point: libxdp swaps whole dispatchers, so the interface works all the
 * time, and the next command starts from what is attached.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "attach/xdp.h"
#include "attach/attachment.h"
#include "command.h"
#include "util/netdev.h"
#include "util/interfaces.h"
#include "program/kfuncs.h"
#include "load.h"
#include "util/log.h"
#include "program/object.h"
#include "load/rxvlan.h"
#include "state/devices.h"
#include "attach/cpumap.h"
#include "load/reconcile.h"
#include "state/state.h"
#include "attach/tcx.h"

struct load {
	struct load_options options;
	struct interface_list interfaces;
	enum xdp_attach_mode *modes; /* one for each interface */
	int *old_fds; /* likewise: the program that a tc program has replaced, or -1 */
	struct attachment_list before; /* in the network namespace */
	struct attachment_list added; /* by us */
	struct state state;
};

/* What is there may be replaced, but only at the same hook. */
static int check_old(const struct load *load, const struct interface *interface)
{
	const char *program = attach_program(&load->options.attach);
	enum hook hook = load->options.attach.hook;
	const struct attachment *old;

	old = attachment_at(&load->before, interface->ifindex,
			  hook == HOOK_TC ? HOOK_XDP : HOOK_TC);
	if (old) {
		log_error("%s is loaded on %s, and there is nothing left to do for %s then: "
			  "unload it first", attachment_program(old), interface->name, program);
		return -EBUSY;
	}
	old = attachment_at(&load->before, interface->ifindex, hook);
	if (old && !load->options.replace) {
		log_error("%s is already loaded on %s: use -R to replace it",
			  attachment_program(old), interface->name);
		return -EEXIST;
	}
	if (old && (hook == HOOK_TC ? !old->link_id : old->alone)) {
		log_error("%s on %s cannot be replaced, because it was attached without a %s: "
			  "unload it first", attachment_program(old), interface->name,
			  hook == HOOK_TC ? "link" : "dispatcher");
		return -EBUSY;
	}
	return 0;
}

static int check_mode(const struct load *load, const struct interface *interface,
		      enum xdp_attach_mode *mode)
{
	int err;

	err = attach_mode(interface->ifindex, interface->name, mode);
	if (!err && load->options.attach.rss.rss && *mode != XDP_MODE_NATIVE) {
		log_error("--rss works in native mode only, and %s would have %s mode",
			  interface->name, mode_name(*mode));
		err = -EOPNOTSUPP;
	}
	return err;
}

/* Everything that can be refused before anything is changed. */
static int check(struct load *load)
{
	const struct attach_options *options = &load->options.attach;
	struct bpf_object *object;
	int err;

	for (size_t i = 0; i < load->interfaces.count; i++) {
		const struct interface *interface = &load->interfaces.entries[i];

		err = check_old(load, interface);
		load->modes[i] = options->mode;
		if (!err && options->hook == HOOK_TC)
			err = tcx_check(interface->ifindex, interface->name, &options->anchor);
		else if (!err)
			err = check_mode(load, interface, &load->modes[i]);
		if (err)
			return err;
	}

	err = object_open(options->object, attach_program(options), hook_prog_type(options->hook),
			  &object);
	if (err)
		return err;
	bpf_object__close(object);
	if (options->rss.rss)
		err = cpumap_check(options->object, &options->rss);
	if (err)
		return err;
	return kfuncs_check(options->object);
}

static int attach_xdp(struct load *load, size_t index, struct attachment *entry)
{
	struct attach_options options = load->options.attach;

	options.mode = entry->mode = load->modes[index];
	rxvlan_disable(&load->state, entry->ifindex, entry->ifname);
	return attach(&load->state, entry->ifindex, entry->ifname, &options, &entry->prog_id);
}

static int attach_tc(struct load *load, size_t index, struct attachment *entry)
{
	const struct attachment *old = attachment_at(&load->before, entry->ifindex, HOOK_TC);

	if (!old)
		return tcx_attach(&load->state, entry->ifindex, entry->ifname,
				  &load->options.attach, &entry->prog_id);
	*entry = *old;
	return tcx_replace(&load->state, old, &load->options.attach, &entry->prog_id,
			   &load->old_fds[index]);
}

static int remember_all(const struct load *load)
{
	int err = 0;

	for (size_t i = 0; !err && i < load->interfaces.count; i++)
		err = devices_add(&load->state, load->interfaces.entries[i].ifindex,
				  load->interfaces.entries[i].name);
	return err;
}

static int attach_all(struct load *load)
{
	int err;

	for (size_t i = 0; i < load->interfaces.count; i++) {
		const struct interface *interface = &load->interfaces.entries[i];
		struct attachment *entry = &load->added.entries[i];

		entry->hook = load->options.attach.hook;
		entry->rss = load->options.attach.rss.rss;
		entry->ifindex = interface->ifindex;
		strncpy(entry->ifname, interface->name, sizeof(entry->ifname) - 1);
		if (entry->hook == HOOK_TC)
			err = attach_tc(load, i, entry);
		else
			err = attach_xdp(load, i, entry);
		if (err)
			return err;
		load->added.count++;
	}
	return 0;
}

static void detach_added(const struct load *load)
{
	struct attachment_list now = {};

	/* libxdp may have attached a program alone, where a dispatcher is not supported. */
	if (attachment_find(0, &now))
		return;
	for (size_t i = 0; i < now.count; i++)
		for (size_t j = 0; j < load->added.count; j++)
			if (now.entries[i].prog_id == load->added.entries[j].prog_id)
				detach(&now.entries[i]);
	attachment_free(&now);
}

/* After a failure: the interfaces are left as they were. */
static void roll_back(struct load *load)
{
	size_t kept = 0;

	for (size_t i = 0; i < load->added.count; i++) {
		if (load->old_fds[i] >= 0)
			tcx_restore(&load->added.entries[i], load->old_fds[i]);
		else
			load->added.entries[kept++] = load->added.entries[i];
	}
	load->added.count = kept;
	detach_added(load);
}

/* A link that has the new program now was the old one's. */
static int detach_replaced(const struct load *load)
{
	int err = 0;

	for (size_t i = 0; !err && i < load->before.count; i++) {
		const struct attachment *old = &load->before.entries[i];
		const struct attachment *new = attachment_on(&load->added, old->ifindex);

		if (new && !(new->link_id && new->link_id == old->link_id))
			err = detach(old);
	}
	return err;
}

/* Blocked from the start, so that a signal during the load is not lost. */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

static int load_locked(struct load *load)
{
	int err;

	err = attachment_find(0, &load->before);
	if (!err)
		err = check(load);
	if (err)
		return err;

	err = reconcile_before(&load->state, &load->before);
	if (!err)
		err = remember_all(load);
	if (!err)
		err = attach_all(load);
	if (err)
		roll_back(load);
	else if (load->options.replace)
		err = detach_replaced(load);
	reconcile_after(&load->state);
	return err;
}

static int stay(struct load *load, const sigset_t *signals)
{
	int signal, err;

	log_info("%s stays until SIGINT or SIGTERM", attach_program(&load->options.attach));
	sigwait(signals, &signal);

	err = state_lock(&load->state);
	if (err)
		return err;
	detach_added(load);
	reconcile_after(&load->state);
	state_unlock(&load->state);
	return 0;
}

static int allocate(struct load *load)
{
	size_t count = load->interfaces.count;

	load->modes = calloc(count, sizeof(*load->modes));
	load->added.entries = calloc(count, sizeof(*load->added.entries));
	load->old_fds = malloc(count * sizeof(*load->old_fds));
	if (!load->modes || !load->added.entries || !load->old_fds) {
		log_error("out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		load->old_fds[i] = -1;
	return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct load load = {};
	sigset_t signals;
	int first, err;

	load_options_init(&load.options);
	switch (command_parse(command, argc, argv, &load.options, &first)) {
	case PARSE_HELP:
		return STATUS_DONE;
	case PARSE_ERROR:
		return STATUS_USAGE;
	case PARSE_OK:
		break;
	}
	if (load_options_check(&load.options))
		return STATUS_USAGE;
	if (first == argc) {
		log_error("load needs the name of an interface");
		command_usage(command, true);
		return STATUS_USAGE;
	}
	if (!command_privileged())
		return STATUS_FAILED;

	err = interfaces_resolve(argv + first, argc - first, &load.interfaces);
	if (err)
		goto out;
	err = allocate(&load);
	if (err)
		goto out;

	if (load.options.foreground)
		block_signals(&signals);
	err = state_lock(&load.state);
	if (err)
		goto out;
	err = load_locked(&load);
	state_unlock(&load.state);
	if (!err)
		load_advise(&load.before, &load.added);
	if (!err && load.options.foreground)
		err = stay(&load, &signals);

out:
	for (size_t i = 0; load.old_fds && i < load.interfaces.count; i++)
		if (load.old_fds[i] >= 0)
			close(load.old_fds[i]);
	free(load.old_fds);
	free(load.modes);
	attachment_free(&load.before);
	attachment_free(&load.added);
	interfaces_free(&load.interfaces);
	return err ? STATUS_FAILED : STATUS_DONE;
}

const struct command load_command = {
	.name = "load",
	.arguments = "IFNAME...",
	.summary = "Load the program on interfaces",
	.options = load_option_specs,
	.run = run,
};
