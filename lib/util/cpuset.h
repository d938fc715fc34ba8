/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_CPUSET_H
#define LIB_UTIL_CPUSET_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "bpf/xdp_wg.h"

/* A set of CPUs, by their numbers. */
struct cpuset {
	bool has[XDP_WG_MAX_CPUS];
};

/*
 * cpuset_parse() - Read a list as the kernel writes it: numbers and ranges, as in 0,1,4-7.
 * @cpus: on success, the set
 *
 * Return: 0, or -EINVAL, with a message printed.
 */
int cpuset_parse(const char *list, struct cpuset *cpus);

/*
 * cpuset_online() - The CPUs that run now.
 * @possible: those that there are or may be
 *
 * Return: 0, or a negative errno, with a message printed.
 */
int cpuset_online(struct cpuset *online, struct cpuset *possible);

/*
 * cpuset_allow() - Leave CPUs out.
 * @excluded: each of them must be online
 * @allowed: on success, those of @online that are left, which are at least one
 *
 * Return: 0, or -EINVAL, with a message printed.
 */
int cpuset_allow(const struct cpuset *online, const struct cpuset *possible,
		 const struct cpuset *excluded, struct cpuset *allowed);

/*
 * cpuset_spare() - Leave those out that the kernel was told to leave alone (isolcpus, nohz_full):
 * they look as if they had nothing to do. If none would be left, all are.
 */
void cpuset_spare(struct cpuset *cpus);

/* cpuset_count() - How many there are. */
__u32 cpuset_count(const struct cpuset *cpus);

/*
 * cpuset_fill() - Fill an indirection table so that no CPU has more than one entry more than
 * another. It begins with each of them once.
 * @allowed: at least one
 */
void cpuset_fill(const struct cpuset *allowed, __u32 *table, size_t entries);

#endif /* LIB_UTIL_CPUSET_H */
