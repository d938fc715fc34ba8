/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_CPUMAP_STATS_H
#define LIB_ATTACH_CPUMAP_STATS_H

#include <stdbool.h>
#include <linux/types.h>

#include "attach/attachment.h"
#include "bpf/xdp_wg.h"
#include "state/state.h"

/* What became of the packets that RSS programs queued, by the CPU that they were queued for. */
struct queues {
	struct xdp_wg_queue cpus[XDP_WG_MAX_CPUS];
	bool used[XDP_WG_MAX_CPUS]; /* a program chooses that CPU, or did and something was queued */
};

/*
 * queues_attach() - Count from now on what becomes of the packets queued in a cpumap.
 * @path: of the BPF object that does it
 * @cpumap_fd: the map
 * @prog_fd: the program that runs in it
 *
 * It is found again by pins. Needs the lock. Return: 0, or a negative errno, with a message
 * printed.
 */
int queues_attach(const struct state *state, const char *path, int cpumap_fd, int prog_fd);

/*
 * queues_remove_stale() - End the counting for cpumaps that no attached program uses.
 *
 * Needs the lock.
 */
void queues_remove_stale(const struct state *state, const struct attached_list *attached);

/*
 * queues_read() - Read what was counted in this network namespace.
 * @attached: our programs there
 *
 * Needs no lock. Return: 0, also if nothing was counted, or a negative errno, with a message
 * printed.
 */
int queues_read(const struct attached_list *attached, struct queues *queues);

/* queues_total() - How many packets were queued, for all CPUs. */
__u64 queues_total(const struct queues *queues);

/* queues_share() - The share of a CPU in that total, in percent; 0 if it is 0. */
double queues_share(const struct queues *queues, __u32 cpu);

#endif /* LIB_ATTACH_CPUMAP_STATS_H */
