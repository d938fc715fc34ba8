/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_CPUSET_H
#define LIB_UTIL_CPUSET_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "bpf/xdp_wg.h"

/* A set of CPUs, by their numbers. */
struct cpus {
	bool has[XDP_WG_MAX_CPUS];
};

/*
 * cpus_parse() - Read a list as the kernel writes it: numbers and ranges, as in 0,1,4-7.
 * @cpus: on success, the set
 *
 * Return: 0, or -EINVAL, with a message printed.
 */
int cpus_parse(const char *list, struct cpus *cpus);

/*
 * cpus_online() - The CPUs that run now.
 * @possible: those that there are or may be
 *
 * Return: 0, or a negative errno, with a message printed.
 */
int cpus_online(struct cpus *online, struct cpus *possible);

/*
 * cpus_allow() - Leave CPUs out.
 * @excluded: each of them must be online
 * @allowed: on success, those of @online that are left, which are at least one
 *
 * Return: 0, or -EINVAL, with a message printed.
 */
int cpus_allow(const struct cpus *online, const struct cpus *possible, const struct cpus *excluded,
	       struct cpus *allowed);

/*
 * cpus_fill() - Fill an indirection table so that no CPU has more than one entry more than another.
 * @allowed: at least one
 */
void cpus_fill(const struct cpus *allowed, __u32 *table, size_t entries);

#endif /* LIB_UTIL_CPUSET_H */
