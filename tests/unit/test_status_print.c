// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "program/config.h"
#include "program/reasons.h"
#include "util/version.h"
#include "status_print.h"

static struct attachment first, second;
static const struct attachment *const programs[] = { &first, &second };
static struct report report;

static int set_up(void **state __attribute__((unused)))
{
	first = (struct attachment){
		.ifindex = 2, .ifname = "eth0", .mode = XDP_MODE_NATIVE, .prog_id = 42, .prio = 30
	};
	config_init(&first.config, XDP_WG_NO_UDP_CSUM, 0);
	second = (struct attachment){
		.ifindex = 3, .ifname = "eth1", .mode = XDP_MODE_SKB, .prog_id = 43, .alone = true
	};
	config_init(&second.config, XDP_WG_SKB_MODE, 0);
	memset(&report, 0, sizeof(report));
	report.programs = programs;
	report.count = 2;
	return 0;
}

static char *text(void)
{
	char *buf = NULL;
	size_t size;
	FILE *stream = open_memstream(&buf, &size);

	assert_non_null(stream);
	status_print_text(stream, &report);
	fclose(stream);
	return buf;
}

static void expect(const char *words, bool there)
{
	char *buf = text();

	if (!strstr(buf, words) == there)
		fail_msg("\"%s\" should %sbe in:\n%s", words, there ? "" : "not ", buf);
	free(buf);
}

static json_object *parsed(void)
{
	json_object *root;
	char *buf = NULL;
	size_t size;
	FILE *stream = open_memstream(&buf, &size);

	assert_non_null(stream);
	assert_int_equal(status_print_json(stream, &report), 0);
	fclose(stream);
	root = json_tokener_parse(buf);
	assert_non_null(root);
	free(buf);
	return root;
}

static json_object *get(json_object *object, const char *key)
{
	json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no key %s", key);
	return value;
}

TEST(programs_have_a_line_each)
{
	expect("eth0: native mode, priority 30, program 42, no-udp-csum\n", true);
	expect("eth1: skb mode, without dispatcher, program 43\n", true);
	expect("loaded by version", false);
}

TEST(tc_programs_have_a_line_too)
{
	json_object *root, *object;

	first.hook = HOOK_TC;
	first.position = 2;
	first.positions = 3;
	expect("eth0: tc, position 2 of 3, program 42, without link, no-udp-csum\n", true);
	first.link_id = 7;
	expect("eth0: tc, position 2 of 3, program 42, link 7, no-udp-csum\n", true);

	root = parsed();
	object = json_object_array_get_idx(get(root, "interfaces"), 0);
	assert_string_equal(json_object_get_string(get(object, "hook")), "tc");
	assert_int_equal(json_object_get_int(get(object, "position")), 2);
	assert_int_equal(json_object_get_int(get(object, "positions")), 3);
	assert_int_equal(json_object_get_int(get(object, "link_id")), 7);
	assert_false(json_object_object_get_ex(object, "mode", NULL));
	object = json_object_array_get_idx(get(root, "interfaces"), 1);
	assert_string_equal(json_object_get_string(get(object, "hook")), "xdp");
	json_object_put(root);
}

TEST(ports_are_named)
{
	static struct port ports[] = {
		{ .above = "br-lan", .name = "lan3" },
		{ .above = "br-lan", .name = "lan4", .tags = { 5 } },
		{ .above = "wan", .name = "eth0", .tags = { 100, 7 } },
	};
	json_object *root, *port;

	expect("->", false);
	report.ports = (struct port_list){ .entries = ports, .count = 3 };
	expect("\nbr-lan -> lan3, lan4 tag 5\nwan -> eth0 tag 100 7\n", true);
	root = parsed();
	port = json_object_array_get_idx(get(root, "ports"), 2);
	assert_string_equal(json_object_get_string(get(port, "ifname")), "wan");
	assert_string_equal(json_object_get_string(get(port, "port")), "eth0");
	assert_int_equal(json_object_array_length(get(port, "tags")), 2);
	json_object_put(root);
}

TEST(cpus_are_shown_if_there_is_rss)
{
	json_object *root, *object;

	expect("rss", false);
	expect("Queued", false);
	first.rss = RSS_INNER_FLOW;
	report.cpus.used[0] = report.cpus.used[2] = true;
	report.cpus.cpus[2] = (struct xdp_wg_queue){ .queued = 10, .lost = 3, .failed = 4 };
	expect("eth0: native mode, priority 30, program 42, rss inner_flow, no-udp-csum\n", true);
	expect("\nQueued by CPU:\n"
	       "             0 packets       0.0 %  CPU 0\n"
	       "            10 packets     100.0 %  CPU 2, 3 lost because its queue was full, "
	       "4 lost because the egress refused them\n",
	       true);

	root = parsed();
	object = json_object_array_get_idx(get(root, "interfaces"), 0);
	assert_string_equal(json_object_get_string(get(object, "rss")), "inner_flow");
	object = json_object_array_get_idx(get(root, "interfaces"), 1);
	assert_false(json_object_object_get_ex(object, "rss", NULL));
	assert_int_equal(json_object_array_length(get(root, "cpus")), 2);
	object = json_object_array_get_idx(get(root, "cpus"), 1);
	assert_int_equal(json_object_get_int(get(object, "cpu")), 2);
	assert_int_equal(json_object_get_int(get(object, "queued")), 10);
	assert_int_equal(json_object_get_int(get(object, "share")), 100);
	assert_int_equal(json_object_get_int(get(object, "lost")), 3);
	assert_int_equal(json_object_get_int(get(object, "failed")), 4);
	json_object_put(root);
}

TEST(other_versions_are_told)
{
	first.config.version = 1;
	expect("no-udp-csum, loaded by version 0.0.1\n", true);
	first.config.layout++;
	expect("loaded by version 0.0.1, counts apart\n", true);
}

TEST(only_what_happened_is_shown)
{
	expect("encrypted and sent", true);
	expect("decrypted and forwarded", true);
	expect("Passed to the stack", false);
	expect("Dropped", false);
	expect("why:", false);

	report.counters[XDP_WG_ENCAP] = (struct xdp_wg_counter){ 1234, 56789 };
	report.counters[XDP_WG_MTU] = (struct xdp_wg_counter){ 5, 6000 };
	report.counters[XDP_WG_REPLAY] = (struct xdp_wg_counter){ 7, 8000 };
	expect("          1234 packets            56789 bytes  encrypted and sent\n", true);
	expect("Passed to the stack:\n             5 packets             6000 bytes  larger", true);
	expect("Dropped:\n             7 packets             8000 bytes  replayed\n", true);
	report.counters[XDP_WG_MTU] = (struct xdp_wg_counter){ 1, 1200 };
	expect("Passed to the stack:\n             1 packet              1200 bytes  larger", true);
	expect("without a route", false);
	expect("failed authentication", false);
}

TEST(bypassed_things_are_listed)
{
	struct bypass_item items[] = {
		{ .kind = BYPASS_FIREWALL, .bypassed = true, .name = "inet filter forward" },
		{ .kind = BYPASS_QDISC, .bypassed = true, .passed = true, .name = "cake on eth1" },
	};
	json_object *root, *object;

	expect("Bypassed", false);
	report.bypass = (struct bypass){ .items = items, .count = ARRAY_SIZE(items) };
	expect("Bypassed by what goes fast:\n  firewall   inet filter forward\n"
	       "  qdisc      cake on eth1\n",
	       true);

	root = parsed();
	assert_int_equal(json_object_array_length(get(root, "bypassed")), 2);
	object = json_object_array_get_idx(get(root, "bypassed"), 1);
	assert_string_equal(json_object_get_string(get(object, "kind")), "qdisc");
	assert_string_equal(json_object_get_string(get(object, "name")), "cake on eth1");
	assert_int_equal(json_object_array_length(get(root, "rules")), 1);
	object = json_object_array_get_idx(get(root, "rules"), 0);
	assert_string_equal(json_object_get_string(get(object, "name")), "cake on eth1");
	json_object_put(root);
}

/* Also while others go fast; but not of SYNs, which pass although netfilter is bypassed. */
TEST(rules_are_a_reason)
{
	struct bypass_item items[] = {
		{ .kind = BYPASS_FIREWALL, .passed = true, .name = "inet fw forward" },
		{ .kind = BYPASS_QDISC, .passed = true, .name = "cake on eth1" },
	};
	json_object *root;

	report.bypass = (struct bypass){ .items = items, .count = ARRAY_SIZE(items) };
	expect("why:", false);
	expect("Bypassed", false);
	report.counters[XDP_WG_ENCAP].packets = 10;
	report.counters[XDP_WG_NETFILTER].packets = 5;
	expect("\n\nwhy: 5 packets passed because netfilter has rules (inet fw forward): this is "
	       "the default, and nothing is broken; with --conntrack, flows that it lets through go "
	       "fast\n",
	       true);
	report.counters[XDP_WG_TRAFFIC_CONTROL].packets = 1;
	expect("fast\nwhy: 1 packet passed because traffic control has rules (cake on eth1): ",
	       true);
	root = parsed();
	assert_int_equal(json_object_array_length(get(root, "why")), 2);
	json_object_put(root);

	config_init(&first.config, XDP_WG_BYPASS_NETFILTER, 0);
	config_init(&second.config, XDP_WG_BYPASS_NETFILTER, 0);
	expect("because netfilter", false);
	expect("because traffic control", true);
}

TEST(reason_is_one_line)
{
	report.diagnosis.count = 2;
	strcpy(report.diagnosis.findings[0].text, "one");
	strcpy(report.diagnosis.findings[1].text, "two");
	report.diagnosis.findings[1].blocking = true;
	expect("\nwhy: two\n", true);
	expect("one", false);
}

TEST(names_are_made_printable)
{
	struct bypass_item item = {
		.kind = BYPASS_FIREWALL,
		.name = "ip \x1b[2Jfilter",
		.bypassed = true,
	};

	strcpy(report.diagnosis.findings[0].text, "\x1b]0;title");
	report.diagnosis.count = 1;
	report.bypass = (struct bypass){ .items = &item, .count = 1 };
	expect("\x1b", false);
	expect("firewall   ip \\x1b[2Jfilter\n", true);
	expect("\nwhy: \\x1b]0;title\n", true);
}

TEST(nothing_loaded_shows_nothing)
{
	char *buf;

	report.count = 0;
	buf = text();
	assert_string_equal(buf, "");
	free(buf);
}

TEST(json_has_the_programs)
{
	json_object *root = parsed(), *object;

	assert_int_equal(json_object_array_length(get(root, "interfaces")), 2);
	object = json_object_array_get_idx(get(root, "interfaces"), 0);
	assert_string_equal(json_object_get_string(get(object, "ifname")), "eth0");
	assert_int_equal(json_object_get_int(get(object, "ifindex")), 2);
	assert_string_equal(json_object_get_string(get(object, "mode")), "native");
	assert_true(json_object_get_boolean(get(object, "dispatcher")));
	assert_int_equal(json_object_get_int(get(object, "priority")), 30);
	assert_int_equal(json_object_get_int(get(object, "prog_id")), 42);
	assert_string_equal(json_object_get_string(get(object, "version")), VERSION);
	assert_int_equal(json_object_array_length(get(object, "options")), 1);
	object = json_object_array_get_idx(get(object, "options"), 0);
	assert_string_equal(json_object_get_string(object), "no-udp-csum");
	object = json_object_array_get_idx(get(root, "interfaces"), 1);
	assert_false(json_object_get_boolean(get(object, "dispatcher")));
	assert_int_equal(json_object_array_length(get(object, "options")), 0);
	json_object_put(root);
}

TEST(json_has_every_counter_and_reason)
{
	json_object *root, *counters;

	report.counters[XDP_WG_DECAP] = (struct xdp_wg_counter){ 1ULL << 40, UINT64_MAX };
	report.diagnosis.count = 1;
	strcpy(report.diagnosis.findings[0].text, "one");
	root = parsed();
	counters = get(root, "counters");
	assert_int_equal(json_object_object_length(counters), XDP_WG_REASON_MAX);
	for (size_t i = 0; i < XDP_WG_REASON_MAX; i++)
		get(get(counters, reasons[i].name), "bytes");
	counters = get(counters, "decapsulated");
	assert_true(json_object_get_uint64(get(counters, "packets")) == 1ULL << 40);
	assert_true(json_object_get_uint64(get(counters, "bytes")) == UINT64_MAX);
	assert_int_equal(json_object_array_length(get(root, "why")), 1);
	json_object_put(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(programs_have_a_line_each, set_up),
		cmocka_unit_test_setup(tc_programs_have_a_line_too, set_up),
		cmocka_unit_test_setup(ports_are_named, set_up),
		cmocka_unit_test_setup(cpus_are_shown_if_there_is_rss, set_up),
		cmocka_unit_test_setup(other_versions_are_told, set_up),
		cmocka_unit_test_setup(only_what_happened_is_shown, set_up),
		cmocka_unit_test_setup(bypassed_things_are_listed, set_up),
		cmocka_unit_test_setup(rules_are_a_reason, set_up),
		cmocka_unit_test_setup(reason_is_one_line, set_up),
		cmocka_unit_test_setup(names_are_made_printable, set_up),
		cmocka_unit_test_setup(nothing_loaded_shows_nothing, set_up),
		cmocka_unit_test_setup(json_has_the_programs, set_up),
		cmocka_unit_test_setup(json_has_every_counter_and_reason, set_up),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
