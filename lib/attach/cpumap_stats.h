/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_CPUMAP_STATS_H
#define LIB_ATTACH_CPUMAP_STATS_H

#include <stdbool.h>
#include <linux/types.h>

#include <bpf/libbpf.h>

#include "attach/attachment.h"
#include "bpf/xdp_wg.h"
#include "state/state.h"

/* What became of the packets that RSS programs queued, by the CPU that they were queued for. */
struct cpumap_stats {
	struct xdp_wg_queue cpus[XDP_WG_MAX_CPUS];
	/* A program chooses that CPU, or did and something was queued. */
	bool used[XDP_WG_MAX_CPUS];
};

/*
 * cpumap_stats_attach() - Count from now on what becomes of the packets queued in a cpumap.
 * @path: of the BPF object that does it
 * @cpumap_fd: the map
 * @datapath: the object, loaded, whose program runs in it
 * @batches: whether the RSS program has to know when a queue is through with a batch
 *
 * It is found again by pins. Needs the lock. Return: 0, or a negative errno, with a message
 * printed.
 */
int cpumap_stats_attach(const struct state *state, const char *path, int cpumap_fd,
			const struct bpf_object *datapath, bool batches);

/*
 * cpumap_stats_remove_stale() - End the counting for cpumaps that no attached program uses.
 *
 * Needs the lock. Return: 0, or a negative errno, with a warning printed.
 */
int cpumap_stats_remove_stale(const struct state *state, const struct attachment_list *attached);

/*
 * cpumap_stats_read() - Read what was counted in this network namespace.
 * @attached: our programs there
 *
 * Needs no lock. Return: 0, also if nothing was counted, or a negative errno, with a message
 * printed.
 */
int cpumap_stats_read(const struct attachment_list *attached, struct cpumap_stats *stats);

/* cpumap_stats_total() - How many packets were queued, for all CPUs. */
__u64 cpumap_stats_total(const struct cpumap_stats *stats);

/* cpumap_stats_share() - The share of a CPU in that total, in percent; 0 if it is 0. */
double cpumap_stats_share(const struct cpumap_stats *stats, __u32 cpu);

#endif /* LIB_ATTACH_CPUMAP_STATS_H */
