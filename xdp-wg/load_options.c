// SPDX-License-Identifier: GPL-2.0
/*
 * The options of load, and which of them go together.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "util/netdev.h"
#include "load.h"
#include "util/log.h"

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
	options->prio = true;
	options->attach.prio = prio;
	return 0;
}

static int set_id(struct tcx_anchor *anchor, bool before, const char *argument)
{
	unsigned long id;
	char *end;

	errno = 0;
	id = strtoul(argument, &end, 10);
	if (errno || end == argument || *end || *argument == '-' || !id || id > UINT32_MAX) {
		log_error("a program id is a number from 1 to %u, not %s", UINT32_MAX, argument);
		return -EINVAL;
	}
	anchor->before = before;
	anchor->relative_id = id;
	return 0;
}

static int set_before(void *values, const char *argument)
{
	struct load_options *options = values;

	options->before = true;
	return set_id(&options->attach.anchor, true, argument);
}

static int set_after(void *values, const char *argument)
{
	struct load_options *options = values;

	options->after = true;
	return set_id(&options->attach.anchor, false, argument);
}

static int set_rss(void *values, const char *argument)
{
	struct load_options *options = values;

	if (rss_parse(argument, &options->attach.rss.rss))
		return 0;
	log_error("the RSS program must be round_robin, match_port, tuple_steering, rx_hash or "
		  "inner_flow, not %s", argument);
	return -EINVAL;
}

static int set_exclude_cpus(void *values, const char *argument)
{
	struct load_options *options = values;

	options->excluded = true;
	return cpuset_parse(argument, &options->attach.rss.excluded);
}

static int set_queue_size(void *values, const char *argument)
{
	struct load_options *options = values;
	unsigned long size;
	char *end;

	errno = 0;
	size = strtoul(argument, &end, 10);
	if (errno || end == argument || *end || *argument == '-' || !size ||
	    size > RSS_QUEUE_SIZE_MAX) {
		log_error("the size of a queue is a number from 1 to %d, and not %s",
			  RSS_QUEUE_SIZE_MAX, argument);
		return -EINVAL;
	}
	options->queue_size = true;
	options->attach.rss.queue_size = size;
	return 0;
}

static int set_hook(void *values, const char *argument)
{
	struct load_options *options = values;

	if (hook_parse(argument, &options->attach.hook))
		return 0;
	log_error("the hook must be xdp or tc, not %s", argument);
	return -EINVAL;
}

static int set_mode(void *values, const char *argument)
{
	struct load_options *options = values;

	options->mode = true;
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

const struct option_spec load_option_specs[] = {
	{ 'H', "hook", "HOOK", "where packets are taken: xdp (default) or tc", set_hook },
	{ 'm', "mode", "MODE", "native (default), skb, hw or unspecified", set_mode },
	{ 'P', "prio", "PRIO", "place in the chain of XDP programs, default 30", set_prio },
	{ 'B', "before", "ID", "at the tc hook, come before this program", set_before },
	{ 'A', "after", "ID", "at the tc hook, come after this program; default last", set_after },
	{ 'u', "no-udp-csum", NULL, "send tunnel packets over IPv4 without UDP checksum",
	  set_no_udp_csum },
	{ 'r', "rss", "PROGRAM", "spread the work over CPUs: inner_flow or another, see xdp-wg(8)",
	  set_rss },
	{ 'e', "exclude-cpus", "LIST", "but not over these, as 0,1,4-7", set_exclude_cpus },
	{ 'Q', "queue-size", "PACKETS", "of each CPU, default 2048", set_queue_size },
	{ 'R', "replace", NULL, "replace what is loaded, without losing a packet", set_replace },
	{ 'F', "foreground", NULL, "stay, and unload on SIGINT and SIGTERM", set_foreground },
	{ 'o', "object", "PATH", "use this BPF object", set_object },
	{},
};

void load_options_init(struct load_options *options)
{
	*options = (struct load_options){
		.attach = {
			.hook = HOOK_XDP,
			.mode = XDP_MODE_NATIVE,
			.prio = XDP_WG_PRIO,
			.rss.queue_size = RSS_QUEUE_SIZE,
		},
	};
}

/* What does not go with an RSS program, or not without one. */
static const char *rss_conflict(const struct load_options *options)
{
	const struct attach_options *attach = &options->attach;

	if (!attach->rss.rss) {
		if (options->excluded)
			return "--exclude-cpus needs --rss: without it, nothing is spread over CPUs";
		if (options->queue_size)
			return "--queue-size needs --rss: without it, nothing is queued for CPUs";
		return NULL;
	}
	if (attach->hook == HOOK_TC)
		return "--rss is for XDP: tc programs cannot redirect to a CPU";
	if (attach->mode == XDP_MODE_SKB)
		return "--rss needs native mode: in skb mode, the stack has chosen the CPU before";
	if (attach->mode == XDP_MODE_HW)
		return "--rss needs native mode: the CPUs are the host's and not the hardware's";
	return NULL;
}

int load_options_check(struct load_options *options)
{
	bool placed = options->before || options->after;
	const char *wrong = NULL;

	if (options->attach.hook == HOOK_TC) {
		if (options->mode)
			wrong = "--mode is for XDP: --hook tc has no modes";
		else if (options->prio)
			wrong = "--prio is for XDP: with --hook tc, use --before or --after";
		else if (options->before && options->after)
			wrong = "--before and --after exclude each other";
		else if (options->replace && placed)
			wrong = "--replace keeps the program's place: unload it first for another";
	} else if (placed) {
		wrong = "--before and --after need --hook tc: XDP programs are ordered by --prio";
	}
	if (!wrong)
		wrong = rss_conflict(options);
	if (wrong) {
		log_error("%s", wrong);
		return -EINVAL;
	}
	if (!options->attach.object) {
		snprintf(options->object, sizeof(options->object), BPF_DIR "/%s.bpf.o",
			 attach_options_program(&options->attach));
		options->attach.object = options->object;
	}
	return 0;
}
