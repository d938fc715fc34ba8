// SPDX-License-Identifier: GPL-2.0
/*
 * The output of status, in both formats.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "status_print.h"
#include "program/config.h"
#include "program/reasons.h"
#include "util/netdev.h"
#include "util/printable.h"
#include "util/version.h"
#include "output.h"

static void print_program(FILE *stream, const struct attachment *program)
{
	const char *option;
	char version[32];

	printable_put(stream, program->ifname);
	fputs(": ", stream);
	if (program->hook == HOOK_TC)
		fprintf(stream, "tc, position %u of %u", program->position, program->positions);
	else if (program->alone)
		fprintf(stream, "%s mode, without dispatcher", mode_name(program->mode));
	else
		fprintf(stream, "%s mode, priority %u", mode_name(program->mode), program->prio);
	fprintf(stream, ", program %" PRIu32, program->prog_id);
	if (program->hook == HOOK_TC && program->link_id)
		fprintf(stream, ", link %" PRIu32, program->link_id);
	else if (program->hook == HOOK_TC)
		fputs(", without link", stream);
	if (program->rss)
		fprintf(stream, ", rss %s", rss_name(program->rss));
	for (size_t i = 0; (option = config_option_name(&program->config, i)); i++)
		if (*option)
			fprintf(stream, ", %s", option);
	if (program->config.version != VERSION_CODE) {
		config_version(&program->config, version, sizeof(version));
		fprintf(stream, ", loaded by version %s", version);
	}
	if (!config_current(&program->config))
		fputs(", counts apart", stream);
	fputc('\n', stream);
}

static void print_port(FILE *stream, const struct port *port)
{
	printable_put(stream, port->name);
	if (port->tags[0])
		fprintf(stream, " tag %d", port->tags[0]);
	if (port->tags[1])
		fprintf(stream, " %d", port->tags[1]);
}

/* A line for each interface above ports, which stand next to each other. */
static void print_ports(FILE *stream, const struct port_list *ports)
{
	const char *above = "";

	for (size_t i = 0; i < ports->count; i++) {
		const struct port *port = &ports->entries[i];

		if (!strcmp(port->above, above)) {
			fputs(", ", stream);
		} else {
			if (*above)
				fputc('\n', stream);
			printable_put(stream, port->above);
			fputs(" -> ", stream);
		}
		above = port->above;
		print_port(stream, port);
	}
	if (*above)
		fputc('\n', stream);
}

/* The noun after a number of them, as wide in either case. */
static const char *packets(uint64_t count)
{
	return count == 1 ? "packet " : "packets";
}

/* The two that go fast are always shown; of the others only those that happened. */
static void print_counters(FILE *stream, const struct report *report, enum verdict verdict,
			   const char *title)
{
	if (verdict != VERDICT_FAST && !reasons_verdict(report->counters, verdict))
		return;

	fprintf(stream, "\n%s\n", title);
	for (size_t i = 0; i < XDP_WG_REASON_MAX; i++) {
		const struct xdp_wg_counter *counter = &report->counters[i];

		if (reasons[i].verdict != verdict || (verdict != VERDICT_FAST && !counter->packets))
			continue;
		fprintf(stream, "%14" PRIu64 " %s %16" PRIu64 " bytes  %s\n",
			(uint64_t)counter->packets, packets(counter->packets),
			(uint64_t)counter->bytes, reasons[i].words);
	}
}

/* With the default, nothing is queued while all is calm, and there is nothing to say of it. */
static bool was_queued(const struct cpumap_stats *stats)
{
	for (__u32 cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++) {
		const struct xdp_wg_queue *queue = &stats->cpus[cpu];

		if (queue->queued || queue->lost || queue->failed)
			return true;
	}
	return false;
}

static void print_queues(FILE *stream, const struct cpumap_stats *stats)
{
	const char *title = "\nQueued by CPU:\n";

	if (!was_queued(stats))
		return;
	for (__u32 cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++) {
		const struct xdp_wg_queue *queue = &stats->cpus[cpu];

		if (!stats->used[cpu])
			continue;
		fputs(title, stream);
		title = "";
		fprintf(stream, "%14" PRIu64 " %s %9.1f %%  CPU %" PRIu32, (uint64_t)queue->queued,
			packets(queue->queued), cpumap_stats_share(stats, cpu), cpu);
		if (queue->lost)
			fprintf(stream, ", %" PRIu64 " lost because its queue was full",
				(uint64_t)queue->lost);
		if (queue->failed)
			fprintf(stream, ", %" PRIu64 " lost because the egress refused them",
				(uint64_t)queue->failed);
		fputc('\n', stream);
	}
}

static void print_bypass(FILE *stream, const struct bypass *bypass)
{
	const char *title = "\nBypassed by what goes fast:\n";

	for (size_t i = 0; i < bypass->count; i++) {
		if (!bypass->items[i].bypassed)
			continue;
		fputs(title, stream);
		title = "";
		fprintf(stream, "  %-9s  ", bypass_kind_name(bypass->items[i].kind));
		printable_put(stream, bypass->items[i].name);
		fputc('\n', stream);
	}
}

/* Whether a program that is shown passes packets because of such rules, and not only SYNs. */
static bool is_default(const struct report *report, enum bypass_rules rules)
{
	__u32 flag = rules == BYPASS_TC ? XDP_WG_BYPASS_TC : XDP_WG_BYPASS_NETFILTER;

	for (size_t i = 0; i < report->count; i++)
		if (!config_bypasses(&report->programs[i]->config, flag))
			return true;
	return false;
}

/* What is said of packets that passed because of rules. Return: whether any did. */
static bool rules_sentence(const struct report *report, enum bypass_rules rules, char *buf,
			   size_t size)
{
	__u64 packets = report->counters[bypass_reason(rules)].packets;

	return packets && is_default(report, rules) &&
	       bypass_pass_sentence(&report->bypass, rules, packets, buf, size);
}

static void print_sampled(FILE *stream, const struct bypass *bypass)
{
	char sentence[4096];

	if (!bypass_sampled_sentence(bypass, sentence, sizeof(sentence)))
		return;
	fputc('\n', stream);
	printable_put(stream, sentence);
	fputc('\n', stream);
}

static void print_reason(FILE *stream, const char *before, const char *text)
{
	fprintf(stream, "%swhy: ", before);
	printable_put(stream, text);
	fputc('\n', stream);
}

static void print_why(FILE *stream, const struct report *report)
{
	const struct diagnosis_finding *why = diagnose_reason(&report->diagnosis);
	const char *separator = "\n";
	char sentence[1024];

	for (int rules = 0; rules < BYPASS_RULES; rules++) {
		if (!rules_sentence(report, rules, sentence, sizeof(sentence)))
			continue;
		print_reason(stream, separator, sentence);
		separator = "";
	}
	if (why)
		print_reason(stream, separator, why->text);
}

void status_print_text(FILE *stream, const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		print_program(stream, report->programs[i]);
	if (!report->count)
		return;

	print_ports(stream, &report->ports);
	print_counters(stream, report, VERDICT_FAST, "Went fast:");
	print_counters(stream, report, VERDICT_PASS, "Passed to the stack:");
	print_counters(stream, report, VERDICT_DROP, "Dropped:");
	print_queues(stream, &report->cpus);
	print_bypass(stream, &report->bypass);
	print_sampled(stream, &report->bypass);
	print_why(stream, report);
}

static void add_xdp(json_object *object, const struct attachment *program)
{
	output_add_string(object, "mode", mode_name(program->mode));
	output_add_bool(object, "dispatcher", !program->alone);
	output_add_int(object, "priority", program->prio);
}

static void add_tc(json_object *object, const struct attachment *program)
{
	output_add_int(object, "position", program->position);
	output_add_int(object, "positions", program->positions);
	output_add_int(object, "link_id", program->link_id);
}

static json_object *program_object(const struct attachment *program)
{
	json_object *object = json_object_new_object();
	json_object *options = json_object_new_array();
	const char *option;
	char version[32];

	config_version(&program->config, version, sizeof(version));
	output_add_string(object, "ifname", program->ifname);
	output_add_int(object, "ifindex", program->ifindex);
	output_add_string(object, "hook", hook_name(program->hook));
	if (program->hook == HOOK_TC)
		add_tc(object, program);
	else
		add_xdp(object, program);
	output_add_int(object, "prog_id", program->prog_id);
	if (program->rss)
		output_add_string(object, "rss", rss_name(program->rss));
	output_add_string(object, "version", version);
	for (size_t i = 0; (option = config_option_name(&program->config, i)); i++)
		if (*option)
			json_object_array_add(options, json_object_new_string(option));
	json_object_object_add(object, "options", options);
	if (program->config.flags & XDP_WG_CONNTRACK)
		output_add_int(object, "sample", program->config.sample);
	return object;
}

static json_object *ports_array(const struct port_list *ports)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < ports->count; i++) {
		const struct port *port = &ports->entries[i];
		json_object *object = json_object_new_object();
		json_object *tags = json_object_new_array();

		output_add_string(object, "ifname", port->above);
		output_add_string(object, "port", port->name);
		for (int tag = 0; tag < PORT_TAGS && port->tags[tag]; tag++)
			json_object_array_add(tags, json_object_new_int(port->tags[tag]));
		json_object_object_add(object, "tags", tags);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *counters_object(const struct xdp_wg_counter *counters)
{
	json_object *object = json_object_new_object();

	for (size_t i = 0; i < XDP_WG_REASON_MAX; i++) {
		json_object *counter = json_object_new_object();

		output_add_uint(counter, "packets", counters[i].packets);
		output_add_uint(counter, "bytes", counters[i].bytes);
		json_object_object_add(object, reasons[i].name, counter);
	}
	return object;
}

/* What is bypassed, or what packets pass because of. */
static json_object *bypass_array(const struct bypass *bypass, bool passed)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < bypass->count; i++) {
		const struct bypass_item *item = &bypass->items[i];
		json_object *object;

		if (!(passed ? item->passed : item->bypassed))
			continue;
		object = json_object_new_object();
		output_add_string(object, "kind", bypass_kind_name(item->kind));
		output_add_string(object, "name", item->name);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *sampled_array(const struct bypass *bypass)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < bypass->sampled_count; i++) {
		json_object *object = json_object_new_object();

		output_add_string(object, "chain", bypass->sampled[i].chain);
		output_add_string(object, "statements", bypass->sampled[i].statements);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *queues_array(const struct cpumap_stats *stats)
{
	json_object *array = json_object_new_array();

	for (__u32 cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++) {
		const struct xdp_wg_queue *queue = &stats->cpus[cpu];
		json_object *object;

		if (!stats->used[cpu])
			continue;
		object = json_object_new_object();
		output_add_int(object, "cpu", cpu);
		output_add_uint(object, "queued", queue->queued);
		json_object_object_add(object, "share",
				       json_object_new_double(cpumap_stats_share(stats, cpu)));
		output_add_uint(object, "lost", queue->lost);
		output_add_uint(object, "failed", queue->failed);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *why_array(const struct report *report)
{
	json_object *array = json_object_new_array();
	char sentence[1024];

	for (int rules = 0; rules < BYPASS_RULES; rules++)
		if (rules_sentence(report, rules, sentence, sizeof(sentence)))
			json_object_array_add(array, json_object_new_string(sentence));
	for (size_t i = 0; i < report->diagnosis.count; i++)
		json_object_array_add(array,
				      json_object_new_string(report->diagnosis.findings[i].text));
	return array;
}

int status_print_json(FILE *stream, const struct report *report)
{
	json_object *root = json_object_new_object();
	json_object *interfaces = json_object_new_array();

	for (size_t i = 0; i < report->count; i++)
		json_object_array_add(interfaces, program_object(report->programs[i]));

	json_object_object_add(root, "interfaces", interfaces);
	json_object_object_add(root, "ports", ports_array(&report->ports));
	json_object_object_add(root, "counters", counters_object(report->counters));
	json_object_object_add(root, "why", why_array(report));
	json_object_object_add(root, "cpus", queues_array(&report->cpus));
	json_object_object_add(root, "bypassed", bypass_array(&report->bypass, false));
	json_object_object_add(root, "rules", bypass_array(&report->bypass, true));
	json_object_object_add(root, "sampled", sampled_array(&report->bypass));

	return output_json(stream, root);
}
