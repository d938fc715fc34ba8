// SPDX-License-Identifier: GPL-2.0
/*
 * xdp-wg features: what the machine has of all that can be made use of.
 */
#include <errno.h>
#include <stdio.h>

#include "diagnose/features_probe.h"
#include "util/interfaces.h"
#include "util/log.h"
#include "command.h"
#include "features_print.h"

struct features_options {
	bool json;
};

static const struct option_spec features_option_specs[] = {
	{ 'j', "json", NULL, "print JSON", OPTION_FLAG,
	  .value = offsetof(struct features_options, json) },
	{},
};

/* Return: enum exit_status. */
static int show(const struct features_options *options, const struct interface_list *interfaces)
{
	static const char *const objects[] = {
		BPF_DIR "/xdp_wg.bpf.o",
		BPF_DIR "/xdp_wg_auto.bpf.o",
		BPF_DIR "/xdp_wg_cpumap.bpf.o",
		BPF_DIR "/tc_wg.bpf.o",
		NULL,
	};
	struct features features = {};
	int err;

	err = features_probe_kernel(&features, objects);
	for (size_t i = 0; !err && i < interfaces->count; i++)
		err = features_probe_device(&features, interfaces->entries[i].ifindex,
					    interfaces->entries[i].name);
	if (!err && options->json)
		err = features_print_json(stdout, &features);
	else if (!err)
		features_print_text(stdout, &features);
	if (!err && !features_suffice(&features))
		err = -EOPNOTSUPP;
	features_free(&features);
	return err ? STATUS_FAILED : STATUS_DONE;
}

static int run(const void *values, char **names, size_t count)
{
	struct interface_list interfaces = {};
	int status = STATUS_FAILED;

	if (!interfaces_resolve(names, count, &interfaces))
		status = show(values, &interfaces);
	interfaces_free(&interfaces);
	return status;
}

const struct command features_command = {
	.name = "features",
	.arguments = "[IFNAME...]",
	.summary = "Show what this machine can do, and what it costs that it cannot",
	.options = features_option_specs,
	.values_size = sizeof(struct features_options),
	.privileged = true,
	.run = run,
};
