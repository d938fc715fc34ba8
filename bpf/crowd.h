/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Crowded CPUs: those that are busy while another one is not, so that something had better be given
 * away. Who includes this defines which CPUs may get something.
 */
#ifndef BPF_CROWD_H
#define BPF_CROWD_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "cpu_load.h"
#include "xdp_wg.h"

/* In percent of a CPU's time: what is busy, and how much less the other must be to be better. */
#define BUSY 85
#define BETTER 25
/* What two CPUs have to do together that one of them does alone without being busy. */
#define CALM 70

/* For so many ticks a flow that was given away stays. */
#define SETTLED 256
/* No CPU is so many ticks ahead of another. */
#define LEAD 64

/* How many CPUs may get something, and which; none from that index on if it is not possible. */
static __always_inline __u32 crowd_cpus(void);
static __always_inline __u32 crowd_cpu(__u32 index);

/* What a period's measuring has found: the CPU with most time, of those that may get something. */
struct calmest {
	__u32 cpu;
	__u32 percent;
	__u32 spare; /* what is left of all of these, in percent of one */
};

static struct calmest calmest;

/* When the next period begins, in ticks. */
static __u32 crowd_due;

/*
 * Whether that is so many ticks ago. Another CPU may have written it just now, and have seen a tick
 * more; what was never written is long ago.
 */
static __always_inline int is_past(__u32 when, __u32 ticks)
{
	return (__u32)bpf_jiffies64() - when + LEAD > ticks + LEAD;
}

/* The share of a CPU's time that is used, in percent. */
static __always_inline __u32 percent_of(__u32 cpu)
{
	const struct cpu_load *load = load_of(cpu);

	return load ? load->percent : 100;
}

struct measuring {
	__u64 now;
	int too_long;
};

static long measure_one(__u32 cpu, void *context)
{
	const struct measuring *measuring = context;

	return !measure_cpu(cpu, measuring->now, measuring->too_long);
}

static long compare_one(__u32 index, void *context)
{
	struct calmest *best = context;
	__u32 cpu = crowd_cpu(index);
	const struct cpu_load *load = load_of(cpu);

	if (!load)
		return 1;
	best->spare += 100 - load->percent;
	if (load->percent < best->percent) {
		best->cpu = cpu;
		best->percent = load->percent;
	}
	return 0;
}

/* A period is over: one CPU measures all. Returns whether it was this one. */
static __noinline int crowd_measure(__u32 due)
{
	__u32 ticks = bpf_jiffies64();
	struct measuring measuring = {
		.now = bpf_ktime_get_ns(),
		.too_long = ticks - due > LOAD_PERIOD,
	};
	struct calmest best = { .percent = ~0U };

	if (__sync_val_compare_and_swap(&crowd_due, due, ticks + LOAD_PERIOD) != due)
		return 0;
	bpf_loop(XDP_WG_MAX_CPUS, measure_one, &measuring, 0);
	bpf_loop(crowd_cpus(), compare_one, &best, 0);
	calmest = best;
	return 1;
}

/* Measure what is due. Returns whether that was now, and here. */
static __always_inline int crowd_watch(void)
{
	__u32 due = crowd_due;

	/* The end of a period that has begun is ahead, and not far. */
	return due - (__u32)bpf_jiffies64() - 1 >= LOAD_PERIOD && crowd_measure(due);
}

/* Whether a CPU that is used so much had better give something away. */
static __always_inline int is_crowded(__u32 percent)
{
	return percent >= BUSY && percent >= calmest.percent + BETTER;
}

/*
 * Whether this CPU may give something away that may turn out to be much: once in a period, so that
 * what comes of that is known before the next. Programs of other interfaces see the same, and would
 * do the same, so that chance decides as well.
 */
static __always_inline int crowd_turn(void)
{
	__u32 key = 0;
	struct cpu_load *load = bpf_map_lookup_elem(&cpu_loads, &key);

	if (!load || load->turn == crowd_due)
		return 0;
	load->turn = crowd_due;
	return bpf_get_prandom_u32() & 1;
}

#endif /* BPF_CROWD_H */
