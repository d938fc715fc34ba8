/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How busy the CPUs are. The kernel samples with every tick what a CPU does; so many ticks are one
 * period, and what a CPU did in the last one that is over is what it is expected to do.
 */
#ifndef BPF_CPU_LOAD_H
#define BPF_CPU_LOAD_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "xdp_wg.h"

#define LOAD_PERIOD 32 /* ticks */

/* The kernel's own, of which only the names count. */
enum cpu_usage_stat {
	CPUTIME_USER,
	CPUTIME_SYSTEM,
	CPUTIME_SOFTIRQ,
	CPUTIME_IRQ,
	CPUTIME_STEAL,
	NR_STATS = 10,
};

struct kernel_cpustat {
	__u64 cpustat[NR_STATS];
} __attribute__((preserve_access_index));

extern const struct kernel_cpustat kernel_cpustat __ksym;

struct rq {
	int online;
} __attribute__((preserve_access_index));

extern const struct rq runqueues __ksym;

/* What is known of a CPU. */
struct cpu_load {
	__u64 worked; /* for how long, and when that was asked, in nanoseconds */
	__u64 asked;
	__u32 percent; /* of the last period */
	__u32 turn; /* the period in which it last had its turn to give something away */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_load);
} cpu_loads SEC(".maps");

#define CPUTIME(stat, which)                                                                       \
	((stat)->cpustat[bpf_core_enum_value(enum cpu_usage_stat, CPUTIME_##which)])

/*
 * For how long a CPU has worked, in nanoseconds. What runs with a nice value gives way to all else,
 * and does not count. Time without work cannot be asked: it stands still while a CPU sleeps.
 */
static __always_inline __u64 cpu_worked(__u32 cpu)
{
	const struct kernel_cpustat *stat = bpf_per_cpu_ptr(&kernel_cpustat, cpu);

	if (!stat)
		return 0;
	return CPUTIME(stat, USER) + CPUTIME(stat, SYSTEM) + CPUTIME(stat, SOFTIRQ) +
	       CPUTIME(stat, IRQ) + CPUTIME(stat, STEAL);
}

static __always_inline int cpu_is_online(__u32 cpu)
{
	const struct rq *rq = bpf_per_cpu_ptr(&runqueues, cpu);

	return rq && rq->online;
}

/* In percent. Time that was noted late may be more than there was. */
static __always_inline __u32 share(__u64 part, __u64 all)
{
	return part < all ? part * 100 / all : 100;
}

static __always_inline struct cpu_load *load_of(__u32 cpu)
{
	__u32 key = 0;

	return bpf_map_lookup_percpu_elem(&cpu_loads, &key, cpu);
}

/*
 * A period of a CPU is over. If it has lasted too long, it says nothing about now, and the CPU
 * counts as one that has time. One that is offline has none. Returns whether there may be such a
 * CPU; if not, there is none with a higher number.
 */
static __always_inline int measure_cpu(__u32 cpu, __u64 now, int too_long)
{
	struct cpu_load *load = load_of(cpu);
	__u64 worked;

	if (!load)
		return 0;
	worked = cpu_worked(cpu);
	if (!cpu_is_online(cpu))
		load->percent = 100;
	else if (too_long)
		load->percent = 0;
	else if (now > load->asked)
		load->percent = share(worked - load->worked, now - load->asked);
	load->worked = worked;
	load->asked = now;
	return 1;
}

#endif /* BPF_CPU_LOAD_H */
