// SPDX-License-Identifier: GPL-2.0
/*
 * xdp-wg status: what is attached, what went fast, what did not and why.
 */
#include <errno.h>
#include <stdlib.h>

#include "attach/find.h"
#include "diagnose/bypass_collect.h"
#include "netns/snapshot.h"
#include "state/state.h"
#include "util/interfaces.h"
#include "util/log.h"
#include "command.h"
#include "status_print.h"

struct status_options {
	bool json;
};

static const struct option_spec status_option_specs[] = {
	{ 'j', "json", NULL, "print JSON", OPTION_FLAG,
	  .value = offsetof(struct status_options, json) },
	{},
};

static void explain(const struct attachment_list *attached, struct report *report)
{
	struct snapshot snapshot;
	int err;

	err = snapshot_take(attached, &snapshot);
	if (err) {
		log_debug("cannot find out how this network namespace is set up (error %d)", -err);
		return;
	}
	diagnose(&snapshot, &report->diagnosis);
	diagnose_passed(report->counters, &report->diagnosis);
	if (ports_collect(&snapshot, &report->ports))
		log_debug("cannot list the ports of interfaces: out of memory");
	err = bypass_collect(attached, &snapshot, &report->bypass);
	if (err)
		log_debug("cannot find out what packets bypass (error %d)", -err);
	snapshot_free(&snapshot);
}

static bool is_shown(const struct attachment *program, const struct interface_list *interfaces)
{
	if (!interfaces->count)
		return true;
	for (size_t i = 0; i < interfaces->count; i++)
		if (interfaces->entries[i].ifindex == program->ifindex)
			return true;
	return false;
}

/* Return: enum exit_status. */
static int show(const struct status_options *options, const struct attachment_list *attached,
		const struct interface_list *interfaces)
{
	int status = STATUS_DONE;
	const struct attachment **programs;
	struct report report = {};

	programs = calloc(attached->count + 1, sizeof(*programs));
	if (!programs) {
		log_error("out of memory");
		return STATUS_FAILED;
	}
	report.programs = programs;
	for (size_t i = 0; i < attached->count; i++)
		if (is_shown(&attached->entries[i], interfaces))
			programs[report.count++] = &attached->entries[i];

	for (size_t i = 0; i < interfaces->count; i++) {
		if (attachment_on(attached, interfaces->entries[i].ifindex))
			continue;
		log_info("xdp-wg is not loaded on %s", interfaces->entries[i].name);
		status = STATUS_NOT_LOADED;
	}
	if (!interfaces->count && !attached->count)
		log_info("xdp-wg is not loaded on any interface");

	if (attachment_counters(attached, report.counters) ||
	    (report.count && cpumap_stats_read(attached, &report.cpus))) {
		status = STATUS_FAILED;
		goto out;
	}
	if (report.count)
		explain(attached, &report);

	if (!options->json)
		status_print_text(stdout, &report);
	else if (status_print_json(stdout, &report))
		status = STATUS_FAILED;
out:
	bypass_free(&report.bypass);
	ports_free(&report.ports);
	free(programs);
	return status;
}

static int run(const void *values, char **names, size_t count)
{
	struct attachment_list attached = {};
	struct interface_list interfaces = {};
	int status = STATUS_FAILED;

	if (!interfaces_resolve(names, count, &interfaces) && !state_check_bpffs() &&
	    !attachment_find(0, &attached))
		status = show(values, &attached, &interfaces);

	attachment_free(&attached);
	interfaces_free(&interfaces);
	return status;
}

const struct command status_command = {
	.name = "status",
	.arguments = "[IFNAME...]",
	.summary = "Show what is loaded, what went fast, and why the rest did not",
	.options = status_option_specs,
	.values_size = sizeof(struct status_options),
	.privileged = true,
	.run = run,
};
