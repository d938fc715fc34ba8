/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_CPUMAP_H
#define LIB_ATTACH_CPUMAP_H

#include <bpf/libbpf.h>

#include "bpf/xdp_wg.h"
#include "program/rss.h"
#include "state/state.h"

/*
 * cpumap_check() - Check that the work can be spread as asked for, before anything is changed.
 * @object: path of the RSS program's object, beside which those are that go with it
 *
 * Return: 0, or a negative errno, with a message printed.
 */
int cpumap_check(const char *object, const struct rss_options *options);

/*
 * cpumap_prepare() - Make a cpumap whose CPUs run the datapath, count what becomes of the packets
 * that are queued in it, and write it and the table of CPUs into an RSS program.
 * @path: as for cpumap_check()
 * @object: the object at @path, from object_open() and not loaded yet
 * @config: of the datapath
 *
 * Each RSS program has a cpumap of its own, so that its options are those of one interface and it
 * leaves nothing behind. Needs the lock. Return: 0, or a negative errno, with a message printed.
 * cpumap_stats_remove_stale() removes what is left if the program is not attached after all.
 */
int cpumap_prepare(const struct state *state, const char *path, struct bpf_object *object,
		   const struct rss_options *options, const struct xdp_wg_config *config);

#endif /* LIB_ATTACH_CPUMAP_H */
