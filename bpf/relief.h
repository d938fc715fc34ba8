/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Relief of a CPU that has no time: flows of large packets are left to the stack, where WireGuard
 * has its ciphers done by any CPU that has. On this one, that costs a third to a half of what going
 * fast would, and over all CPUs twice as much.
 */
#ifndef BPF_RELIEF_H
#define BPF_RELIEF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "crowd.h"

/* Of smaller packets the cipher costs less than the stack, and there is nothing to win. */
#define RELIEF_LENGTH 512
#define RELIEF_FACTOR 3

/* What has to be left of all CPUs, in percent of one, for a flow that has a queue. */
#define RELIEF_SPARE 120
/* After so many ticks it is tried again whether a flow can do without. */
#define RELIEF_LASTS 8192

/* Now, as the time when relief has begun: in ticks, and not 0. */
static __always_inline __u32 relief_now(void)
{
	return (__u32)bpf_jiffies64() | 1;
}

/* Whether a flow is to be left to the stack as a packet of a length comes to a CPU used so much. */
static __always_inline int relief_begins(__u32 percent, __u32 length)
{
	return length >= RELIEF_LENGTH && is_crowded(percent) && crowd_turn();
}

/*
 * The same for a flow that has been queued for another CPU, used so much, and may be why it is. Two
 * CPUs get no more of it done in the stack.
 */
static __always_inline int relief_of_queue(__u32 percent, __u32 length)
{
	return length >= RELIEF_LENGTH && is_crowded(percent) && calmest.spare >= RELIEF_SPARE &&
	       crowd_turn();
}

/* Whether a flow that was left to the stack then, on a CPU used so much, had better go fast again.
 */
static __always_inline int relief_is_over(__u32 since, __u32 percent)
{
	if (!is_past(since, SETTLED))
		return 0;
	/* Nobody has time for what it costs more. */
	if (percent >= BUSY && calmest.percent >= BUSY)
		return crowd_turn();
	return percent * RELIEF_FACTOR < CALM || is_past(since, RELIEF_LASTS);
}

#endif /* BPF_RELIEF_H */
