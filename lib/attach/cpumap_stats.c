// SPDX-License-Identifier: GPL-2.0
/*
 * Counting what becomes of queued packets, by programs at tracepoints: their links are pinned, one
 * directory entry for each tracepoint and cpumap. The counts of a network namespace are in one map.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach/cpumap_stats.h"
#include "attach/lanes.h"
#include "state/pins.h"
#include "util/bpf_info.h"
#include "util/log.h"

#define MAP_PIN "queues"
#define BATCH_PROG "wg_batch"
#define LINK_PIN "rss-" /* then the map id of the cpumap, and the name of the program */

static bool fits(int map_fd)
{
	struct bpf_map_info info;

	return !bpf_info_map(map_fd, &info) && info.type == BPF_MAP_TYPE_PERCPU_ARRAY &&
	       info.value_size == sizeof(struct xdp_wg_queue) &&
	       info.max_entries == XDP_WG_MAX_CPUS;
}

/* Another version's map stays with that version's programs. */
static void remove_unfit(const char *path)
{
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return;
	if (!fits(fd))
		unlink(path);
	close(fd);
}

static int configure(const struct state *state, struct bpf_object *object,
		     const struct xdp_wg_queues *config)
{
	struct bpf_map *section, *map;
	char path[PATH_MAX];
	size_t size;
	int err;

	section = bpf_object__find_map_by_name(object, XDP_WG_QUEUES_SECTION);
	map = bpf_object__find_map_by_name(object, XDP_WG_QUEUES_MAP);
	if (!section || !map || !bpf_map__initial_value(section, &size) || size != sizeof(*config))
		return -EINVAL;
	err = state_pin_path(state, MAP_PIN, path, sizeof(path));
	if (err)
		return err;
	remove_unfit(path);
	err = bpf_map__set_initial_value(section, config, sizeof(*config));
	return err ? err : bpf_map__set_pin_path(map, path);
}

static int attach_counting(const struct state *state, struct bpf_program *prog, __u32 cpumap)
{
	char pin[64], path[PATH_MAX];
	struct bpf_link *link;
	int err;

	snprintf(pin, sizeof(pin), LINK_PIN "%u-%s", cpumap, bpf_program__name(prog));
	err = state_pin_path(state, pin, path, sizeof(path));
	if (err)
		return err;
	link = bpf_program__attach(prog);
	if (!link)
		return -errno;
	err = bpf_link__pin(link, path);
	bpf_link__destroy(link);
	return err;
}

int cpumap_stats_attach(const struct state *state, const char *path, int cpumap_fd,
			const struct bpf_object *datapath, bool batches)
{
	const struct bpf_program *queued =
		bpf_object__find_program_by_name(datapath, XDP_WG_CPUMAP_PROG);
	struct xdp_wg_queues config;
	struct bpf_object *object;
	struct bpf_program *prog;
	int err;

	object = bpf_object__open_file(path, NULL);
	if (!object) {
		err = -errno;
		log_error("cannot open the BPF object %s: %s", path, strerror(-err));
		return err;
	}
	err = bpf_info_map_id(cpumap_fd, &config.cpumap);
	if (!err)
		err = bpf_info_prog_id(bpf_program__fd(queued), &config.prog);
	if (!err)
		err = configure(state, object, &config);
	if (!err)
		err = lanes_share(datapath, object);
	prog = bpf_object__find_program_by_name(object, BATCH_PROG);
	if (!err && batches && !prog)
		err = -ENOENT;
	if (!err && prog && !batches)
		err = bpf_program__set_autoload(prog, false);
	if (!err)
		err = bpf_object__load(object);
	if (err)
		goto out;
	bpf_object__for_each_program(prog, object) {
		if (!bpf_program__autoload(prog))
			continue;
		err = attach_counting(state, prog, config.cpumap);
		if (err)
			break;
	}
out:
	if (err)
		log_error("cannot count what is queued for the CPUs: %s (-vv tells more)",
			  strerror(-err));
	bpf_object__close(object);
	return err;
}

static bool is_attached(const struct attachment_list *attached, __u32 cpumap)
{
	for (size_t i = 0; i < attached->count; i++)
		if (attached->entries[i].cpumap_id == cpumap)
			return true;
	return false;
}

int cpumap_stats_remove_stale(const struct state *state, const struct attachment_list *attached)
{
	struct pins pins;
	const char *name;
	__u32 cpumap;

	pins_open(&pins, state->dir);
	while (pins.dir && (name = pins_next_number(&pins, LINK_PIN, &cpumap)))
		if (!is_attached(attached, cpumap))
			pins_remove(&pins, name);
	return pins_close(&pins);
}

static int open_map(void)
{
	char path[PATH_MAX];
	__u64 cookie;
	int err;

	err = state_netns_cookie(&cookie);
	if (!err)
		err = state_path(path, sizeof(path), state_bpffs(), cookie, MAP_PIN);
	return err ? err : bpf_obj_get(path);
}

static int read_counts(int map_fd, struct cpumap_stats *stats)
{
	int possible = libbpf_num_possible_cpus(), err = 0;
	struct xdp_wg_queue *values;

	if (possible < 0)
		return possible;
	values = calloc(possible, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (__u32 cpu = 0; !err && cpu < XDP_WG_MAX_CPUS && cpu < (__u32)possible; cpu++) {
		struct xdp_wg_queue *sum = &stats->cpus[cpu];

		err = bpf_map_lookup_elem(map_fd, &cpu, values);
		for (int i = 0; !err && i < possible; i++) {
			sum->queued += values[i].queued;
			sum->lost += values[i].lost;
			sum->failed += values[i].failed;
		}
		stats->used[cpu] |= sum->queued || sum->lost || sum->failed;
	}
	free(values);
	return err;
}

static void mark_chosen(__u32 cpumap, struct cpumap_stats *stats)
{
	int fd = bpf_map_get_fd_by_id(cpumap);

	if (fd < 0)
		return;
	for (__u32 cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++) {
		struct bpf_cpumap_val value;

		stats->used[cpu] |= !bpf_map_lookup_elem(fd, &cpu, &value);
	}
	close(fd);
}

int cpumap_stats_read(const struct attachment_list *attached, struct cpumap_stats *stats)
{
	int fd, err = 0;

	memset(stats, 0, sizeof(*stats));
	for (size_t i = 0; i < attached->count; i++)
		if (attached->entries[i].cpumap_id)
			mark_chosen(attached->entries[i].cpumap_id, stats);

	fd = open_map();
	if (fd < 0)
		return 0;
	if (fits(fd))
		err = read_counts(fd, stats);
	close(fd);
	if (err)
		log_error("cannot read what was queued for the CPUs: %s", strerror(-err));
	return err;
}

__u64 cpumap_stats_total(const struct cpumap_stats *stats)
{
	__u64 total = 0;

	for (__u32 cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++)
		total += stats->cpus[cpu].queued;
	return total;
}

double cpumap_stats_share(const struct cpumap_stats *stats, __u32 cpu)
{
	__u64 total = cpumap_stats_total(stats);

	return total ? 100.0 * stats->cpus[cpu].queued / total : 0;
}
