/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The order of a flow whose packets do not all take the same way. At the tc hook some pass because
 * of how they are made, as those that GRO has merged, and wait in WireGuard's queues; those behind
 * them would go fast and overtake, which TCP takes for a loss. So they pass as well until what
 * passed is through. What passes to ask netfilter is merged or not, and counts with them. Included
 * by pkt_skb.h: for an XDP program all packets come single, and the module keeps count.
 */
#ifndef BPF_ORDER_H
#define BPF_ORDER_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "kfuncs.h"
#include "xdp_wg.h"

/*
 * A packet that passes is in no queue of WireGuard's yet: the stack takes packets in batches. For
 * so long it may be anywhere, in nanoseconds; and after so long it is through, whatever else waits.
 */
#define ORDER_SETTLES 20000000
#define ORDER_PATIENCE 250000000

/* Flows that share an entry share the way, which costs them no more than time. */
#define ORDER_SLOTS 4096 /* a power of two */

/* When the last packet of a flow passed, in nanoseconds since boot, or 0 when that is over. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ORDER_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} xdp_wg_order SEC(".maps");

static __always_inline __u64 *order_slot(pkt_ctx *ctx)
{
	__u32 key = bpf_get_hash_recalc(ctx) & (ORDER_SLOTS - 1);

	return bpf_map_lookup_elem(&xdp_wg_order, &key);
}

static __always_inline void pkt_order_passed(pkt_ctx *ctx, int reason)
{
	__u64 *slot;

	if (reason != XDP_WG_GSO && reason != XDP_WG_ROOM && reason != XDP_WG_SAMPLE)
		return;
	slot = order_slot(ctx);
	if (slot)
		*slot = bpf_ktime_get_ns();
}

static __always_inline int pkt_order_check(pkt_ctx *ctx, struct wg_peer *peer)
{
	__u64 *slot = order_slot(ctx);
	__u64 passed;

	if (!slot || !*slot)
		return 0;
	passed = bpf_ktime_get_ns() - *slot;
	if (passed < ORDER_SETTLES || (passed < ORDER_PATIENCE && bpf_wg_peer_queued(peer)))
		return XDP_WG_ORDER;
	*slot = 0;
	return 0;
}

#endif /* BPF_ORDER_H */
