/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lanes: what one CPU has queued for another, in order. A flow may leave a CPU without being
 * overtaken once its last packet there has been processed and sent. So the packets of a lane are
 * numbered, and the CPU at the other end says how far it is.
 *
 * The kernel processes them in batches, and sends what came out behind each: a packet has been sent
 * when the batch in which it was processed is over, which a program at a tracepoint counts.
 */
#ifndef BPF_RSS_LANES_H
#define BPF_RSS_LANES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_wg.h"

/*
 * Of the CPU whose copy this is: to and from another one. Of numbers, 16 bits count. The batch is
 * known before the number, and is one more than those that were over: 0 if there was none, or if a
 * driver has no room for metadata.
 */
struct rss_lane {
	__u32 queued; /* the last number that was given to a packet for the other */
	__u32 processed; /* the last of the other's that was processed here */
	__u32 batch; /* and in which batch */
	__u32 lost; /* when a packet for the other found no room, in ticks */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_WG_MAX_CPUS);
	__type(key, __u32);
	__type(value, struct rss_lane);
} rss_lanes SEC(".maps");

/* Batches that are over. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rss_batches SEC(".maps");

/* The number of the next packet for a CPU. */
static __always_inline __u16 lane_number(__u32 to)
{
	struct rss_lane *lane = bpf_map_lookup_elem(&rss_lanes, &to);

	return lane ? ++lane->queued : 0;
}

/*
 * A packet of another CPU is about to be processed. Who sees its number must not see the batch of
 * one before: what is read as over would be that one. The thread of a CPU that was offline may run
 * on any: it keeps to the lanes of its own, and nothing in them is known to be through any more.
 */
static __always_inline void lane_processed(__u32 from, __u32 to, __u16 number)
{
	struct rss_lane *lane = bpf_map_lookup_percpu_elem(&rss_lanes, &from, to);
	__u32 key = 0, *batches = bpf_map_lookup_percpu_elem(&rss_batches, &key, to);

	if (!lane || !batches)
		return;
	__sync_lock_test_and_set(&lane->batch, *batches + 1);
	__sync_lock_test_and_set(&lane->processed, number);
}

/* Whether packets for a CPU have found no room within the last ticks. */
static __always_inline int lane_loses(__u32 to, __u32 ticks)
{
	const struct rss_lane *lane = bpf_map_lookup_elem(&rss_lanes, &to);

	return lane && lane->lost && (__u32)bpf_jiffies64() - lane->lost < ticks;
}

/* Whether the packet of that number, and all before it in the lane, have left the other CPU. */
static __always_inline int lane_is_through(__u32 from, __u32 to, __u16 number)
{
	struct rss_lane *lane = bpf_map_lookup_percpu_elem(&rss_lanes, &from, to);
	__u32 key = 0, processed;
	__u32 *batches = bpf_map_lookup_percpu_elem(&rss_batches, &key, to);

	if (!lane || !batches)
		return 0;
	processed = __sync_fetch_and_add(&lane->processed, 0);
	return lane->batch && (__s16)(processed - number) >= 0 && *batches + 1 != lane->batch;
}

#endif /* BPF_RSS_LANES_H */
