/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_PROGRAM_REASONS_H
#define LIB_PROGRAM_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "bpf/xdp_wg.h"

struct reason {
	enum verdict verdict;
	const char *name; /* for machines */
	const char *words; /* for people: after "packets" */
};

extern const struct reason reasons[XDP_WG_REASON_MAX];

/*
 * reasons_sum_cpus() - Add up one counter's values of all CPUs.
 * @cpus: how many values there are
 * @sum: added to
 */
void reasons_sum_cpus(const struct xdp_wg_counter *values, size_t cpus, struct xdp_wg_counter *sum);

/* reasons_map_fits() - Whether a map has the shape of this version's map of counters. */
bool reasons_map_fits(int map_fd);

/*
 * reasons_add_map() - Add a map's counters to totals.
 * @totals: XDP_WG_REASON_MAX entries
 *
 * Return: 0, or a negative errno, with a message printed.
 */
int reasons_add_map(int map_fd, struct xdp_wg_counter *totals);

/* reasons_verdict() - How many packets came to a verdict. */
__u64 reasons_verdict(const struct xdp_wg_counter *totals, enum verdict verdict);

#endif /* LIB_PROGRAM_REASONS_H */
