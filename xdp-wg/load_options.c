// SPDX-License-Identifier: GPL-2.0
/*
 * The options of load, and which of them go together.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "load_options.h"
#include "attach/xdp.h"
#include "util/log.h"
#include "util/netdev.h"

#define AT(member) offsetof(struct load_options, member)
#define STRING_(number) #number
#define STRING(number) STRING_(number)
#define QUEUE_SIZE_MAX STRING(RSS_QUEUE_SIZE_MAX)

/* Netfilter's consent is good for so long, in milliseconds: a few ticks at least. */
#define SAMPLE_MIN 50
#define SAMPLE_MAX 60000
#define SAMPLE_DEFAULT 1000

static bool parse_hook(const char *argument, void *value)
{
	return hook_parse(argument, value);
}

static bool parse_mode(const char *argument, void *value)
{
	return mode_parse(argument, value);
}

static bool parse_rss(const char *argument, void *value)
{
	return rss_parse(argument, value);
}

static bool parse_cpus(const char *argument, void *value)
{
	return !cpuset_parse(argument, value);
}

static const char wrong_program_id[] = "a program id is a number from 1 to 4294967295, not";

const struct option_spec load_option_specs[] = {
	{ 'H', "hook", "HOOK", "where packets are taken: xdp (default) or tc", OPTION_PARSED,
	  .value = AT(attach.hook), .parse = parse_hook,
	  .wrong = "the hook must be xdp or tc, not" },
	{ 'm', "mode", "MODE", "native (default), skb, hw or unspecified", OPTION_PARSED,
	  .value = AT(attach.mode), .given = AT(mode), .parse = parse_mode,
	  .wrong = "the mode must be native, skb, hw or unspecified, not" },
	{ 'P', "prio", "PRIO", "place in the chain of XDP programs, default 30", OPTION_NUMBER,
	  .value = AT(attach.prio), .given = AT(prio), .max = INT_MAX,
	  .wrong = "the priority must be a number from 0 to 2147483647, not" },
	{ 'B', "before", "ID", "at the tc hook, come before this program", OPTION_NUMBER,
	  .value = AT(attach.anchor.relative_id), .given = AT(attach.anchor.before), .min = 1,
	  .max = UINT32_MAX, .wrong = wrong_program_id },
	{ 'A', "after", "ID", "at the tc hook, come after this program; default last",
	  OPTION_NUMBER, .value = AT(attach.anchor.relative_id), .given = AT(after), .min = 1,
	  .max = UINT32_MAX, .wrong = wrong_program_id },
	{ 'u', "no-udp-csum", NULL, "send tunnel packets over IPv4 without UDP checksum",
	  OPTION_BITS, .value = AT(attach.flags), .bits = XDP_WG_NO_UDP_CSUM },
	{ 'c', "conntrack", NULL, "flows that netfilter lets through go fast, see xdp-wg(8)",
	  OPTION_BITS, .value = AT(attach.flags), .bits = XDP_WG_CONNTRACK },
	{ .name = "sample",
	  .metavar = "MS",
	  .help = "and it is asked again so often, in milliseconds, default 1000",
	  .type = OPTION_NUMBER,
	  .value = AT(attach.sample),
	  .given = AT(sample),
	  .min = SAMPLE_MIN,
	  .max = SAMPLE_MAX,
	  .wrong = "a sample is taken every " STRING(SAMPLE_MIN) " to " STRING(
		  SAMPLE_MAX) " milliseconds, and not" },
	{ .name = "bypass-netfilter",
	  .help = "take packets past netfilter: a firewall does not see them",
	  .type = OPTION_BITS,
	  .value = AT(attach.flags),
	  .bits = XDP_WG_BYPASS_NETFILTER },
	{ .name = "bypass-tc",
	  .help = "take packets past filters and shapers of traffic control",
	  .type = OPTION_BITS,
	  .value = AT(attach.flags),
	  .bits = XDP_WG_BYPASS_TC },
	{ 'r', "rss", "PROGRAM",
	  "which CPU does the work: auto, none, inner_flow, ..., see xdp-wg(8)", OPTION_PARSED,
	  .value = AT(attach.rss.rss), .given = AT(rss), .parse = parse_rss,
	  .wrong = "the RSS program must be auto, inner_flow, tuple_steering, rx_hash, match_port, "
		   "round_robin or none, not" },
	{ 'e', "exclude-cpus", "LIST", "but queue nothing for these, as 0,1,4-7", OPTION_PARSED,
	  .value = AT(attach.rss.excluded), .given = AT(excluded), .parse = parse_cpus },
	{ 'Q', "queue-size", "PACKETS", "of each CPU, default 2048", OPTION_NUMBER,
	  .value = AT(attach.rss.queue_size), .given = AT(queue_size), .min = 1,
	  .max = RSS_QUEUE_SIZE_MAX,
	  .wrong = "the size of a queue is a number from 1 to " QUEUE_SIZE_MAX ", and not" },
	{ 'R', "replace", NULL, "replace what is loaded, without losing a packet", OPTION_FLAG,
	  .value = AT(replace) },
	{ 'F', "foreground", NULL, "stay, and unload on SIGINT and SIGTERM", OPTION_FLAG,
	  .value = AT(foreground) },
	{ 'o', "object", "PATH", "use this BPF object", OPTION_STRING, .value = AT(attach.object) },
	{},
};

const struct load_options load_defaults = {
	.attach = {
		.hook = HOOK_XDP,
		.mode = XDP_MODE_NATIVE,
		.prio = XDP_WG_PRIO,
		.sample = SAMPLE_DEFAULT,
		.rss.queue_size = RSS_QUEUE_SIZE,
	},
};

/* Where there is more than one CPU, a busy one gets help, unless the user has said otherwise. */
static void choose_rss(struct load_options *options)
{
	struct attach_options *attach = &options->attach;

	if (options->rss || attach->object || sysconf(_SC_NPROCESSORS_ONLN) == 1)
		return;
	if (attach->hook == HOOK_TC || (attach->mode == XDP_MODE_NATIVE && xdp_has_dispatcher()))
		attach->rss.rss = RSS_AUTO;
}

/* What does not go with an RSS program, or not without one. */
static const char *rss_conflict(const struct load_options *options)
{
	const struct attach_options *attach = &options->attach;

	if (!attach->rss.rss) {
		if (options->excluded)
			return "--exclude-cpus needs an RSS program: "
			       "without one, nothing is spread over CPUs";
		if (options->queue_size)
			return "--queue-size needs an RSS program: "
			       "without one, nothing is queued for CPUs";
		return NULL;
	}
	if (attach->hook == HOOK_TC && attach->rss.rss != RSS_AUTO)
		return "--rss is auto or none with --hook tc: tc programs cannot redirect to a CPU";
	if (attach->hook == HOOK_TC && (options->excluded || options->queue_size))
		return "--exclude-cpus and --queue-size are for XDP: "
		       "with --hook tc nothing is queued for CPUs";
	if (attach->hook == HOOK_TC)
		return NULL;
	if (attach->mode == XDP_MODE_SKB)
		return "--rss needs native mode: in skb mode, the stack has chosen the CPU before";
	if (attach->mode == XDP_MODE_HW)
		return "--rss needs native mode: the CPUs are the host's and not the hardware's";
	if (!xdp_has_dispatcher())
		return "--rss needs libxdp's dispatcher, which LIBXDP_SKIP_DISPATCHER forbids: "
		       "use -r none";
	return NULL;
}

/* Whose word counts with netfilter's rules. */
static const char *rules_conflict(const struct load_options *options)
{
	__u32 flags = options->attach.flags;

	if (flags & XDP_WG_CONNTRACK && flags & XDP_WG_BYPASS_NETFILTER)
		return "--conntrack and --bypass-netfilter exclude each other: "
		       "netfilter is asked, or it is not";
	if (options->sample && !(flags & XDP_WG_CONNTRACK))
		return "--sample needs --conntrack: without it, no samples are taken";
	return NULL;
}

int load_options_check(struct load_options *options)
{
	static char object[PATH_MAX]; /* a command loads once */
	bool before = options->attach.anchor.before;
	bool placed = before || options->after;
	const char *wrong = NULL;

	choose_rss(options);
	if (options->attach.hook == HOOK_TC) {
		if (options->mode)
			wrong = "--mode is for XDP: --hook tc has no modes";
		else if (options->prio)
			wrong = "--prio is for XDP: with --hook tc, use --before or --after";
		else if (before && options->after)
			wrong = "--before and --after exclude each other";
		else if (options->replace && placed)
			wrong = "--replace keeps the program's place: unload it first for another";
	} else if (placed) {
		wrong = "--before and --after need --hook tc: XDP programs are ordered by --prio";
	}
	if (!wrong)
		wrong = rules_conflict(options);
	if (!wrong)
		wrong = rss_conflict(options);
	if (wrong) {
		log_error("%s", wrong);
		return -EINVAL;
	}
	/* There is but one program, which can do without what RSS programs need. */
	if (options->attach.hook == HOOK_TC && options->attach.rss.rss == RSS_AUTO) {
		options->attach.rss.rss = RSS_NONE;
		options->attach.flags |= XDP_WG_RELIEF;
	}
	if (!options->attach.object) {
		snprintf(object, sizeof(object), BPF_DIR "/%s.bpf.o",
			 attach_options_program(&options->attach));
		options->attach.object = object;
	}
	return 0;
}
