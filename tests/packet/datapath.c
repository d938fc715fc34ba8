// SPDX-License-Identifier: GPL-2.0
/*
 * The program under test, and what is said about a frame that it passes or drops.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"
#include "tests/harness/run.h"

/* One loaded program. */
struct datapath {
	enum kind kind;
	__u32 flags;
	int prog_fd;
	int counters_fd;
};

/* A tc program can send by any interface, and is loaded so. */
static struct datapath datapaths[] = {
	{ .kind = XDP, .flags = NIC_FLAGS },
	{ .kind = XDP, .flags = NIC_FLAGS | XDP_WG_NO_UDP_CSUM },
	{ .kind = XDP, .flags = NIC_FLAGS | XDP_WG_SKB_MODE },
	{ .kind = XDP, .flags = XDP_WG_FINISHED },
	{ .kind = XDP, .flags = XDP_WG_END_MOVES },
	{ .kind = SKB, .flags = XDP_WG_SKB_MODE },
	{ .kind = SKB, .flags = XDP_WG_SKB_MODE | XDP_WG_NO_UDP_CSUM },
	{ .kind = XDP, .flags = NIC_FLAGS | XDP_WG_BYPASS_NETFILTER },
	{ .kind = XDP, .flags = NIC_FLAGS | XDP_WG_BYPASS_TC },
	{ .kind = XDP, .flags = NIC_FLAGS | XDP_WG_BYPASS_NETFILTER | XDP_WG_BYPASS_TC },
	{ .kind = SKB, .flags = XDP_WG_SKB_MODE | XDP_WG_BYPASS_NETFILTER },
	{ .kind = SKB, .flags = XDP_WG_SKB_MODE | XDP_WG_BYPASS_TC },
	{ .kind = SKB, .flags = XDP_WG_SKB_MODE | XDP_WG_BYPASS_NETFILTER | XDP_WG_BYPASS_TC },
};

#define DATAPATHS (sizeof(datapaths) / sizeof(*datapaths))

static const char *const objects[] = { "bpf/xdp_wg.bpf.o", "bpf/tc_wg.bpf.o" };
static const char *const programs[] = { XDP_WG_PROG, "tc_wg" };

struct one_case {
	enum kind kind;
	void (*run)(const void *arg);
	const void *arg;
};

static enum kind kind_now;
static __u32 flags_now;
static __u32 frames_now = NIC_FLAGS;

enum kind current_kind(void)
{
	return kind_now;
}

static void run_case(const void *arg)
{
	const struct one_case *one = arg;

	kind_now = one->kind;
	one->run(one->arg);
}

void add_case(enum kind kind, void (*run)(const void *arg), const void *arg, const char *format,
	      ...)
{
	struct one_case *one = malloc(sizeof(*one));
	char *name;
	va_list args;

	va_start(args, format);
	if (!one || vasprintf(&name, format, args) < 0)
		abort();
	va_end(args);
	*one = (struct one_case){ kind, run, arg };
	test_add(run_case, one, "packet/%s/%s", kind == XDP ? "xdp" : "tc", name);
	free(name);
}

static void load(struct datapath *datapath)
{
	struct xdp_wg_config config = { .layout = XDP_WG_LAYOUT, .flags = datapath->flags };
	const char *path = objects[datapath->kind];
	struct bpf_program *program;
	struct bpf_object *object;
	struct bpf_map *map;

	object = bpf_object__open(test_path(path));
	CHECK(object, "%s does not open", path);
	map = bpf_object__find_map_by_name(object, XDP_WG_CONFIG_SECTION);
	CHECK(map, "%s has no " XDP_WG_CONFIG_SECTION, path);
	CHECK(!bpf_map__set_initial_value(map, &config, sizeof(config)),
	      "the config of %s has a size of its own", path);
	CHECK(!bpf_object__load(object), "%s does not load", path);
	program = bpf_object__find_program_by_name(object, programs[datapath->kind]);
	map = bpf_object__find_map_by_name(object, XDP_WG_COUNTERS_MAP);
	CHECK(program && map, "%s has no program or no map of counters", path);
	datapath->prog_fd = bpf_program__fd(program);
	datapath->counters_fd = bpf_map__fd(map);
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

void datapath_load(void)
{
	size_t i;

	libbpf_set_print(silent);
	for (i = 0; i < DATAPATHS; i++)
		load(&datapaths[i]);
}

void use_flags(__u32 flags)
{
	flags_now = flags;
}

void use_frames(__u32 flags)
{
	frames_now = flags;
}

static const struct datapath *find(__u32 flags)
{
	size_t i;

	flags |= flags_now;
	flags |= kind_now == SKB ? XDP_WG_SKB_MODE : frames_now;
	for (i = 0; i < DATAPATHS; i++) {
		if (datapaths[i].kind == kind_now && datapaths[i].flags == flags)
			return &datapaths[i];
	}
	FAIL("no program is loaded with the flags %x", flags);
}

const char *reason_name(enum xdp_wg_reason reason)
{
	static const char *const names[] = {
#define NAME(symbol, verdict, name, words) [XDP_WG_##symbol] = name,
		XDP_WG_REASONS(NAME)
#undef NAME
	};

	return reason < XDP_WG_REASON_MAX ? names[reason] : "unknown";
}

static void read_counters(const struct datapath *datapath, struct xdp_wg_counter *sums)
{
	struct xdp_wg_counter values[256];
	int cpus = libbpf_num_possible_cpus(), cpu;
	__u32 reason;

	CHECK(cpus > 0 && cpus <= 256, "%d CPUs", cpus);
	memset(sums, 0, XDP_WG_REASON_MAX * sizeof(*sums));
	for (reason = 0; reason < XDP_WG_REASON_MAX; reason++) {
		CHECK(!bpf_map_lookup_elem(datapath->counters_fd, &reason, values),
		      "there is no counter %u", reason);
		for (cpu = 0; cpu < cpus; cpu++) {
			sums[reason].packets += values[cpu].packets;
			sums[reason].bytes += values[cpu].bytes;
		}
	}
}

static enum outcome outcome_of(__u32 returned)
{
	static const struct {
		int pass, drop, redirect;
	} verdicts[] = {
		[XDP] = { XDP_PASS, XDP_DROP, XDP_REDIRECT },
		[SKB] = { TCX_NEXT, TCX_DROP, TCX_REDIRECT },
	};

	if ((int)returned == verdicts[kind_now].pass)
		return PASS;
	if ((int)returned == verdicts[kind_now].drop)
		return DROP;
	return (int)returned == verdicts[kind_now].redirect ? REDIRECT : OTHER;
}

static const struct tag *tags_now;
static uint32_t tags_count;

void use_tags(const struct tag *tags, uint32_t count)
{
	tags_now = tags;
	tags_count = count;
}

static void write_tags(uint16_t *words)
{
	uint32_t i;

	for (i = 0; i < tags_count; i++) {
		*words++ = htons(tags_now[i].proto);
		*words++ = htons(tags_now[i].tci);
	}
}

void put_tags(struct frame *frame)
{
	uint32_t length = tags_count * sizeof(uint32_t);
	uint8_t *type = frame->data + 2 * ETHER_ADDR_LEN;

	CHECK(frame->length + length <= FRAME_MAX, "no room for tags");
	memmove(type + length, type, frame->length - 2 * ETHER_ADDR_LEN);
	write_tags((uint16_t *)type);
	frame->length += length;
}

static void take_tags(struct frame *frame)
{
	uint32_t length = tags_count * sizeof(uint32_t);
	uint8_t *type = frame->data + 2 * ETHER_ADDR_LEN;
	uint16_t expected[16];

	CHECK(length <= sizeof(expected), "%u tags", tags_count);
	write_tags(expected);
	CHECK_BYTES("tags", type, (uint8_t *)expected, length);
	frame->length -= length;
	memmove(type, type + length, frame->length - 2 * ETHER_ADDR_LEN);
}

enum xdp_wg_reason datapath_run(__u32 flags, const char *ifname, struct frame *frame,
				enum outcome *verdict)
{
	struct xdp_wg_counter before[XDP_WG_REASON_MAX], after[XDP_WG_REASON_MAX];
	const struct datapath *datapath = find(flags);
	enum xdp_wg_reason found = XDP_WG_REASON_MAX;
	uint32_t length;
	__u32 returned;
	int reason;

	put_tags(frame);
	length = frame->length;
	read_counters(datapath, before);
	if (kind_now == XDP)
		returned = run_xdp(datapath->prog_fd, netns_ifindex(ifname), frame);
	else
		returned =
			run_skb(room_prog_fd(datapath->prog_fd), netns_ifindex(ifname), frame, 0);
	*verdict = outcome_of(returned);
	read_counters(datapath, after);
	for (reason = 0; reason < XDP_WG_REASON_MAX; reason++) {
		if (before[reason].packets == after[reason].packets)
			continue;
		CHECK(found == XDP_WG_REASON_MAX, "counted as %s and as %s", reason_name(found),
		      reason_name(reason));
		found = reason;
		CHECK_EQ(after[reason].packets - before[reason].packets, 1);
		CHECK_EQ(after[reason].bytes - before[reason].bytes, length);
	}
	CHECK(found != XDP_WG_REASON_MAX, "the frame was not counted");
	if (*verdict == PASS || *verdict == DROP)
		take_tags(frame);
	return found;
}

static void check_as_it_was(const char *ifname, const struct frame *frame,
			    enum xdp_wg_reason reason, enum outcome verdict)
{
	struct request hand_over = { .call = CALL_HAND_OVER };
	struct frame copy = *frame;
	enum xdp_wg_reason found;
	enum outcome got;

	found = datapath_run(0, ifname, &copy, &got);
	CHECK(!call_run(kind_now, ifname, &hand_over, NULL), "the key stream stays");
	CHECK(found == reason, "counted as %s, not as %s", reason_name(found), reason_name(reason));
	CHECK_EQ(got, verdict);
	CHECK_EQ(copy.length, frame->length);
	CHECK_BYTES("the frame", copy.data, frame->data, frame->length);
}

void check_pass(const char *ifname, const struct frame *frame, enum xdp_wg_reason reason)
{
	check_as_it_was(ifname, frame, reason, PASS);
}

void check_drop(const char *ifname, const struct frame *frame, enum xdp_wg_reason reason)
{
	check_as_it_was(ifname, frame, reason, DROP);
}
