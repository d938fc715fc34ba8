/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The order of flows at the tc hook, where some packets pass because of how they are made, as those
 * that GRO has merged, or because their CPU has no time. What passes to ask netfilter is merged or
 * not, and counts with them. Included by pkt_skb.h: for an XDP program all packets come single, and
 * the module keeps count.
 */
#ifndef BPF_ORDER_SKB_H
#define BPF_ORDER_SKB_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "config.h"
#include "order.h"
#include "xdp_wg.h"

/* Flows that share an entry share the way, which costs them no more than time. */
#define ORDER_SLOTS 4096 /* a power of two */

/* A flow is that of a packet to encrypt; or all data messages of a session. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ORDER_SLOTS);
	__type(key, __u32);
	__type(value, struct order_slot);
} xdp_wg_order SEC(".maps");

/* WireGuard in the stack takes any CPU. */
static __always_inline __u32 crowd_cpus(void)
{
	return XDP_WG_MAX_CPUS;
}

static __always_inline __u32 crowd_cpu(__u32 index)
{
	return index;
}

static __always_inline struct order_slot *order_slot(__u32 hash)
{
	__u32 key = hash & (ORDER_SLOTS - 1);

	return bpf_map_lookup_elem(&xdp_wg_order, &key);
}

static __always_inline void pkt_order_passed(pkt_ctx *ctx, int reason)
{
	struct order_slot *slot;

	if (reason != XDP_WG_GSO && reason != XDP_WG_ROOM && reason != XDP_WG_SAMPLE)
		return;
	slot = order_slot(bpf_get_hash_recalc(ctx));
	if (slot)
		order_passed(slot, slot->relieved != 0);
}

/*
 * Whether the flow of a packet is left to the stack. It is inline since callers have no room on the
 * stack for another frame below them.
 */
static __always_inline int order_relieve(struct order_slot *slot, __u32 length)
{
	__u32 percent = percent_of(bpf_get_smp_processor_id());

	if (slot->relieved ? !order_stays(slot, percent) : !relief_begins(percent, length))
		return 0;
	if (!slot->relieved)
		slot->relieved = relief_now();
	order_passed(slot, 1);
	return 1;
}

static __always_inline int order_check(struct order_slot *slot, struct wg_peer *peer, __u32 length,
				       __u32 received)
{
	if (!slot)
		return 0;
	if (config.flags & XDP_WG_RELIEF && order_relieve(slot, length))
		return XDP_WG_BUSY;
	return order_waits(slot, peer, received) ? XDP_WG_ORDER : 0;
}

static __always_inline int pkt_order_check(pkt_ctx *ctx, struct wg_peer *peer, __u32 length)
{
	return order_check(order_slot(bpf_get_hash_recalc(ctx)), peer, length, 0);
}

/* The index is random, but is the slot of other flows as well. */
static __always_inline int pkt_order_check_message(struct wg_peer *peer, __le32 index, __u32 length)
{
	if (!(config.flags & XDP_WG_RELIEF))
		return 0;
	return order_check(order_slot(index), peer, length, 1);
}

#endif /* BPF_ORDER_SKB_H */
