// SPDX-License-Identifier: GPL-2.0
/*
 * The options of load, and which of them go together.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "command.h"
#include "device.h"
#include "load.h"
#include "log.h"

#define XDP_OBJECT_PATH BPF_DIR "/xdp_wg.bpf.o"
#define TC_OBJECT_PATH BPF_DIR "/tc_wg.bpf.o"

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

static int set_id(struct attach_place *place, bool before, const char *argument)
{
	unsigned long id;
	char *end;

	errno = 0;
	id = strtoul(argument, &end, 10);
	if (errno || end == argument || *end || *argument == '-' || !id || id > UINT32_MAX) {
		log_error("a program id is a number from 1 to %u, not %s", UINT32_MAX, argument);
		return -EINVAL;
	}
	place->before = before;
	place->relative_id = id;
	return 0;
}

static int set_before(void *values, const char *argument)
{
	struct load_options *options = values;

	options->before = true;
	return set_id(&options->attach.place, true, argument);
}

static int set_after(void *values, const char *argument)
{
	struct load_options *options = values;

	options->after = true;
	return set_id(&options->attach.place, false, argument);
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
		},
	};
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
	if (wrong) {
		log_error("%s", wrong);
		return -EINVAL;
	}
	if (!options->attach.object)
		options->attach.object = options->attach.hook == HOOK_TC ? TC_OBJECT_PATH
									 : XDP_OBJECT_PATH;
	return 0;
}
