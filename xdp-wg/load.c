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

#include <bpf/libbpf.h>

#include "attach.h"
#include "attached.h"
#include "bpf/xdp_wg.h"
#include "command.h"
#include "config.h"
#include "device.h"
#include "facts.h"
#include "interfaces.h"
#include "kfuncs.h"
#include "load.h"
#include "log.h"
#include "object.h"
#include "offload.h"
#include "settle.h"
#include "state.h"
#include "survey.h"

struct load {
	struct load_options options;
	struct interface_list interfaces;
	enum xdp_attach_mode *modes; /* one for each interface */
	struct attached_list before; /* in the network namespace */
	struct attached_list added; /* by us */
	struct state state;
};

static int set_prio(void *values, const char *argument)
{
	struct load_options *options = values;
	unsigned long prio;
	char *end;

	errno = 0;
	prio = strtoul(argument, &end, 10);
	if (errno || end == argument || *end || *argument == '-' || prio > INT_MAX) {
		log_error("the priority must be a number from 0 to %d, not %s", INT_MAX, argument);
		return -EINVAL;
	}
	options->attach.prio = prio;
	return 0;
}

static int set_mode(void *values, const char *argument)
{
	struct load_options *options = values;

	if (mode_parse(argument, &options->attach.mode))
		return 0;
	log_error("the mode must be native, skb, hw or unspecified, not %s", argument);
	return -EINVAL;
}

static int set_no_udp_csum(void *values, const char *argument __attribute__((unused)))
{
	struct load_options *options = values;

	options->attach.flags |= XDP_WG_NO_UDP_CSUM;
	return 0;
}

static int set_object(void *values, const char *argument)
{
	struct load_options *options = values;

	options->attach.object = argument;
	return 0;
}

static int set_foreground(void *values, const char *argument __attribute__((unused)))
{
	struct load_options *options = values;

	options->foreground = true;
	return 0;
}

static int set_replace(void *values, const char *argument __attribute__((unused)))
{
	struct load_options *options = values;

	options->replace = true;
	return 0;
}

static const struct option_spec load_option_specs[] = {
	{ 'm', "mode", "MODE", "native (default), skb, hw or unspecified", set_mode },
	{ 'P', "prio", "PRIO", "place in the chain of XDP programs, default 30", set_prio },
	{ 'u', "no-udp-csum", NULL, "send tunnel packets over IPv4 without UDP checksum",
	  set_no_udp_csum },
	{ 'R', "replace", NULL, "replace what is loaded, without losing a packet", set_replace },
	{ 'F', "foreground", NULL, "stay, and unload on SIGINT and SIGTERM", set_foreground },
	{ 'o', "object", "PATH", "use this BPF object", set_object },
	{},
};

void load_options_init(struct load_options *options)
{
	*options = (struct load_options){
		.attach = {
			.object = OBJECT_PATH,
			.mode = XDP_MODE_NATIVE,
			.prio = XDP_WG_PRIO,
		},
	};
}

/* Everything that can be refused before anything is changed. */
static int check(struct load *load)
{
	struct bpf_object *object;
	int err;

	for (size_t i = 0; i < load->interfaces.count; i++) {
		const struct interface *interface = &load->interfaces.entries[i];
		const struct attached *old = attached_on(&load->before, interface->ifindex);

		if (old && !load->options.replace) {
			log_error("xdp_wg is already loaded on %s: use -R to replace it",
				  interface->name);
			return -EEXIST;
		}
		if (old && old->alone) {
			log_error("xdp_wg on %s cannot be replaced, because it is not in a "
				  "dispatcher: unload it first", interface->name);
			return -EBUSY;
		}
		load->modes[i] = load->options.attach.mode;
		err = attach_mode(interface->ifindex, interface->name, &load->modes[i]);
		if (err)
			return err;
	}

	err = object_open(load->options.attach.object, &object);
	if (err)
		return err;
	bpf_object__close(object);
	return kfuncs_check(load->options.attach.object);
}

/* Programs of another version that stay: they work, but count elsewhere. */
static void mention_other_versions(const struct load *load)
{
	for (size_t i = 0; i < load->before.count; i++) {
		const struct attached *entry = &load->before.entries[i];
		char version[32];

		if (config_current(&entry->config) || attached_on(&load->added, entry->ifindex))
			continue;
		config_version(&entry->config, version, sizeof(version));
		log_warning("%s has xdp-wg %s loaded, which counts apart from this version: "
			    "load it again with -R", entry->ifname, version);
	}
}

static void mention_partial_checksums(const struct load *load)
{
	char names[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < load->added.count; i++) {
		const struct attached *entry = &load->added.entries[i];

		if (offload_partial_checksums(entry->ifname, entry->mode) &&
		    len + sizeof(entry->ifname) + 2 < sizeof(names))
			len += snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "",
					entry->ifname);
	}
	if (len)
		log_warning("packets may come to %s with checksums that are not computed yet, and "
			    "would go on with wrong ones: turn that off at their sender "
			    "(ethtool -K IFNAME tx off)", names);
}

/* Where the kernel does not support it, libxdp attaches without a dispatcher. */
static void mention_alone(const struct load *load, const struct attached_list *now)
{
	for (size_t i = 0; i < load->added.count; i++) {
		const struct attached *entry = attached_on(now, load->added.entries[i].ifindex);

		if (entry && entry->alone && entry->mode != XDP_MODE_HW)
			log_warning("%s cannot take another XDP program: libxdp's dispatcher does "
				    "not work here (-vv tells more)", entry->ifname);
	}
}

static int attach_all(struct load *load)
{
	char counters[PATH_MAX];
	int err;

	err = state_counters_path(&load->state, counters, sizeof(counters));
	if (err)
		return err;

	for (size_t i = 0; i < load->interfaces.count; i++) {
		const struct interface *interface = &load->interfaces.entries[i];
		struct attach_options options = load->options.attach;
		struct attached *entry = &load->added.entries[load->added.count];

		offload_disable(&load->state, interface->ifindex, interface->name);
		options.mode = load->modes[i];
		err = attach(interface->ifindex, interface->name, &options, counters,
			     &entry->prog_id);
		if (err)
			return err;
		entry->ifindex = interface->ifindex;
		strncpy(entry->ifname, interface->name, sizeof(entry->ifname) - 1);
		entry->mode = options.mode;
		load->added.count++;
	}
	return 0;
}

static void detach_added(const struct load *load)
{
	struct attached_list now = {};

	/* libxdp may have attached a program alone, where a dispatcher is not supported. */
	if (attached_find(0, &now))
		return;
	for (size_t i = 0; i < now.count; i++)
		for (size_t j = 0; j < load->added.count; j++)
			if (now.entries[i].prog_id == load->added.entries[j].prog_id)
				detach(&now.entries[i]);
	attached_free(&now);
}

static int detach_replaced(const struct load *load)
{
	int err = 0;

	for (size_t i = 0; !err && i < load->before.count; i++)
		if (attached_on(&load->added, load->before.entries[i].ifindex))
			err = detach(&load->before.entries[i]);
	return err;
}

static void warn(const struct load *load)
{
	struct attached_list now = {};
	struct survey_facts facts;
	struct survey survey;

	for (size_t i = 0; i < load->added.count; i++)
		log_info("xdp_wg is loaded on %s (%s)", load->added.entries[i].ifname,
			 mode_name(load->added.entries[i].mode));
	mention_other_versions(load);
	mention_partial_checksums(load);

	if (attached_find(0, &now))
		goto out;
	mention_alone(load, &now);
	if (facts_collect(&now, &facts))
		goto out;
	survey_conclude(&facts, &survey);
	for (size_t i = 0; i < survey.count; i++)
		log_warning("%s", survey.findings[i].text);
	facts_free(&facts);
out:
	attached_free(&now);
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

	err = attached_find(0, &load->before);
	if (!err)
		err = check(load);
	if (err)
		return err;

	err = settle_before(&load->state, &load->before);
	if (!err)
		err = attach_all(load);
	if (err)
		detach_added(load);
	else if (load->options.replace)
		err = detach_replaced(load);
	settle_after(&load->state);
	return err;
}

static int stay(struct load *load, const sigset_t *signals)
{
	int signal, err;

	log_info("xdp_wg stays until SIGINT or SIGTERM");
	sigwait(signals, &signal);

	err = state_lock(&load->state);
	if (err)
		return err;
	detach_added(load);
	settle_after(&load->state);
	state_unlock(&load->state);
	return 0;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct load load = {};
	int first, err = -ENOMEM;
	sigset_t signals;

	load_options_init(&load.options);
	switch (command_parse(command, argc, argv, &load.options, &first)) {
	case PARSE_HELP:
		return STATUS_DONE;
	case PARSE_ERROR:
		return STATUS_USAGE;
	case PARSE_OK:
		break;
	}
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
	load.modes = calloc(load.interfaces.count, sizeof(*load.modes));
	load.added.entries = calloc(load.interfaces.count, sizeof(*load.added.entries));
	if (!load.modes || !load.added.entries) {
		log_error("out of memory");
		err = -ENOMEM;
		goto out;
	}

	if (load.options.foreground)
		block_signals(&signals);
	err = state_lock(&load.state);
	if (err)
		goto out;
	err = load_locked(&load);
	state_unlock(&load.state);
	if (!err)
		warn(&load);
	if (!err && load.options.foreground)
		err = stay(&load, &signals);

out:
	attached_free(&load.before);
	attached_free(&load.added);
	free(load.modes);
	interfaces_free(&load.interfaces);
	return err ? STATUS_FAILED : STATUS_DONE;
}

const struct command load_command = {
	.name = "load",
	.arguments = "IFNAME...",
	.summary = "Load xdp_wg on interfaces",
	.options = load_option_specs,
	.run = run,
};
