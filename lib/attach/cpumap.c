// SPDX-License-Identifier: GPL-2.0
/*
 * What an RSS program needs before it is loaded: its CPUs, and the program that runs there.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/random.h>

#include <bpf/bpf.h>

#include "attach/cpumap.h"
#include "attach/cpumap_stats.h"
#include "attach/lanes.h"
#include "program/kfuncs.h"
#include "program/object.h"
#include "util/log.h"

#define CPUMAP_OBJECT XDP_WG_CPUMAP_PROG ".bpf.o"
#define STATS_OBJECT "rss_stats.bpf.o"
#define TUPLES_MAP "rss_tuples"

/* The path of an object beside another. */
static int beside(char *buf, size_t size, const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	int len;

	len = snprintf(buf, size, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, name);
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

static int find_cpus(const struct rss_options *options, struct cpuset *allowed)
{
	struct cpuset online, possible;
	int err;

	err = cpuset_online(&online, &possible);
	if (!err)
		err = cpuset_allow(&online, &possible, &options->excluded, allowed);
	if (!err && options->rss == RSS_AUTO)
		cpuset_spare(allowed);
	return err;
}

int cpumap_check(const char *object, const struct rss_options *options)
{
	struct bpf_object *opened;
	struct cpuset allowed;
	char path[PATH_MAX];
	int err;

	err = find_cpus(options, &allowed);
	if (!err)
		err = beside(path, sizeof(path), object, CPUMAP_OBJECT);
	if (!err)
		err = object_open(path, XDP_WG_CPUMAP_PROG, BPF_PROG_TYPE_XDP, &opened);
	if (err)
		return err;
	bpf_object__close(opened);
	return kfuncs_check(path);
}

/* The kernel makes the queue of each CPU, and the thread that works it off. */
static int fill_cpumap(int map_fd, const struct cpuset *allowed, unsigned int queue_size,
		       int prog_fd)
{
	struct bpf_cpumap_val value = {
		.qsize = queue_size,
		.bpf_prog.fd = prog_fd,
	};
	int err;

	for (__u32 cpu = 0; cpu < XDP_WG_MAX_CPUS; cpu++) {
		if (!allowed->has[cpu])
			continue;
		err = bpf_map_update_elem(map_fd, &cpu, &value, BPF_ANY);
		if (err) {
			log_error("cannot make a queue of %u packets for CPU %u: %s", queue_size,
				  cpu, strerror(-err));
			return err;
		}
	}
	return 0;
}

/* A cpumap that holds a program is one only for programs that agree with that. */
static int make_cpumap(const struct cpuset *allowed, unsigned int queue_size, int prog_fd)
{
	int possible = libbpf_num_possible_cpus(), fd, err;

	/* The kernel allows no more entries than it has room for CPUs. */
	fd = bpf_map_create(BPF_MAP_TYPE_CPUMAP, XDP_WG_CPUMAP, sizeof(__u32),
			    sizeof(struct bpf_cpumap_val), possible > 0 ? possible : 1, NULL);
	if (fd < 0) {
		log_error("cannot make a map of CPUs: %s", strerror(-fd));
		return fd;
	}
	err = fill_cpumap(fd, allowed, queue_size, prog_fd);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* The RSS program queues only what is finished. */
static int load_datapath(const struct state *state, const char *rss_path,
			 const struct xdp_wg_config *queued, struct bpf_object **object)
{
	struct xdp_wg_config config = *queued;
	char path[PATH_MAX], counters[PATH_MAX];
	int err;

	err = beside(path, sizeof(path), rss_path, CPUMAP_OBJECT);
	if (!err)
		err = state_counters_path(state, counters, sizeof(counters));
	if (!err)
		err = object_open(path, XDP_WG_CPUMAP_PROG, BPF_PROG_TYPE_XDP, object);
	if (err)
		return err;
	config.flags |= XDP_WG_FINISHED;
	err = object_configure(*object, &config, counters);
	if (err)
		goto out;
	err = bpf_object__load(*object);
	if (err)
		log_error("cannot load the program for the CPUs: %s (-vv tells more)",
			  strerror(-err));
out:
	if (err)
		bpf_object__close(*object);
	return err;
}

static int write_table(struct bpf_object *object, const struct cpuset *allowed)
{
	struct xdp_wg_rss rss = { .cpus = cpuset_count(allowed) };
	struct cpuset online, possible;
	struct bpf_map *map;
	size_t size;
	int err;

	err = cpuset_online(&online, &possible);
	if (err)
		return err;
	rss.relief = rss.cpus == cpuset_count(&online);
	if (getrandom(&rss.seed, sizeof(rss.seed), 0) != sizeof(rss.seed))
		return -EIO;
	cpuset_fill(allowed, rss.table, XDP_WG_RSS_TABLE);

	map = bpf_object__find_map_by_name(object, XDP_WG_RSS_SECTION);
	if (!map || !bpf_map__initial_value(map, &size) || size != sizeof(rss))
		return -ENOENT;
	return bpf_map__set_initial_value(map, &rss, sizeof(rss));
}

/* What a program remembers of flows outlives it, so that they stay where they are. */
static int keep_tuples(const struct state *state, struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, TUPLES_MAP);
	char path[PATH_MAX];
	int err;

	if (!map)
		return 0;
	err = state_pin_path(state, TUPLES_MAP, path, sizeof(path));
	return err ? err : bpf_map__set_pin_path(map, path);
}

static int configure(const struct state *state, struct bpf_object *object,
		     const struct cpuset *allowed, int cpumap_fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, XDP_WG_CPUMAP);
	int err;

	err = map ? bpf_map__reuse_fd(map, cpumap_fd) : -ENOENT;
	if (!err)
		err = write_table(object, allowed);
	if (!err)
		err = keep_tuples(state, object);
	if (err)
		log_error("cannot write the CPUs into the RSS program: %s", strerror(-err));
	return err;
}

int cpumap_prepare(const struct state *state, const char *path, struct bpf_object *object,
		   const struct rss_options *options, const struct xdp_wg_config *config)
{
	struct bpf_object *datapath;
	struct bpf_program *prog;
	char stats[PATH_MAX];
	struct cpuset allowed;
	int cpumap_fd, err;

	err = find_cpus(options, &allowed);
	if (!err)
		err = load_datapath(state, path, config, &datapath);
	if (err)
		return err;

	prog = bpf_object__find_program_by_name(datapath, XDP_WG_CPUMAP_PROG);
	cpumap_fd = make_cpumap(&allowed, options->queue_size, bpf_program__fd(prog));
	err = cpumap_fd < 0 ? cpumap_fd : 0;
	if (err)
		goto out;
	err = beside(stats, sizeof(stats), path, STATS_OBJECT);
	if (!err)
		err = cpumap_stats_attach(state, stats, cpumap_fd, datapath,
					  options->rss == RSS_AUTO);
	if (!err)
		err = lanes_share(datapath, object);
	if (!err)
		err = configure(state, object, &allowed, cpumap_fd);
	close(cpumap_fd);
out:
	bpf_object__close(datapath);
	return err;
}
