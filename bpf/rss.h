/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RSS programs: components that stand in a dispatcher's chain in place of xdp_wg, choose a CPU for
 * the packets that are WireGuard's, and queue them there, where xdp_wg_cpumap runs the datapath.
 * All other packets go on down the chain on the CPU that they are on.
 *
 * A program includes this file and defines rss_choose().
 */
#ifndef BPF_RSS_H
#define BPF_RSS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <xdp/xdp_helpers.h>

#include "classify.h"
#include "config.h"
#include "counters.h"
#include "rss_metadata.h"
#include "flow_hash.h"

const volatile struct xdp_wg_rss rss SEC(XDP_WG_RSS_SECTION) = {};

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, XDP_WG_MAX_CPUS);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} rss_cpu_map SEC(".maps");

/*
 * An entry of the indirection table; index is taken modulo its size. Not inline: a compiler that
 * sees both the origin of the index and the bound may do without the instruction that the verifier
 * has to see.
 */
static __noinline __u32 rss_entry(__u32 index)
{
	index &= XDP_WG_RSS_TABLE - 1;
	barrier_var(index);
	return rss.table[index];
}

/* No CPU number: the packet is handled where it is. */
#define RSS_HERE (~0U)

/*
 * The CPU that a packet of wg is to be queued for. What it is told of the packet is in found, with
 * the message in it if it is one to decrypt; otherwise that has no length. May add to it.
 */
static __always_inline __u32 rss_choose(struct xdp_md *ctx, struct rss_metadata *found,
					struct wg_device *wg);

/*
 * A flow must not change its CPU when it is known where netfilter sends it: what is chosen by is
 * the destination that its packets came with. The same once more undoes it.
 */
static __always_inline void rss_exchange(struct frame *frame, struct bpf_wg_flow *flow)
{
	int i;

	if (!frame->redirected)
		return;
	exchange_port(&flow->dport, &frame->dport);
	for (i = 0; i < 4; i++)
		exchange_word(&flow->dst[i], &frame->dst[i]);
}

/*
 * Choose a CPU for a packet that classify() has taken for one to forward or for this host, as
 * found->reason says, if it is WireGuard's. Returns 0 or the reason to pass.
 */
static __always_inline int rss_find_cpu(struct xdp_md *ctx, struct frame *frame,
					struct rss_metadata *found, __u32 *cpu)
{
	struct packet *packet = &found->packet;
	struct wg_device *wg;
	int reason;

	if (found->reason == XDP_WG_LOCAL) {
		wg = local_device(ctx, packet);
		if (!wg)
			return local_reason(ctx, packet);
		reason = find_message(ctx, packet, frame, &found->preview.message);
		if (!reason)
			reason = settle_datagram(ctx, packet, frame);
	} else {
		wg = pkt_device_by_index(ctx, packet->flow.oif);
		if (!wg)
			return XDP_WG_NOT_TUNNEL;
		reason = settle_unfinished(ctx, packet, frame);
	}
	if (!reason) {
		rss_exchange(frame, &packet->flow);
		*cpu = rss_choose(ctx, found, wg);
		rss_exchange(frame, &packet->flow);
	}
	bpf_wg_device_put(wg);
	return reason;
}

/*
 * Finish the checksum that the sender has left undone: on the other CPU, and in the stack if the
 * packet passes there, nothing is known of that. Returns 0, or -1 with nothing changed.
 */
static __always_inline int rss_finish(struct xdp_md *ctx, const struct frame *frame,
				      const struct packet *packet)
{
	__u16 saved;

	if (frame->unfinished != BPF_WG_UNFINISHED_SUM)
		return 0;
	return finish_sum(ctx, frame->sum.start, frame->sum.field, frame->network + packet->length,
			  &saved);
}

/* Queue a packet for a CPU. Returns the verdict. */
static __always_inline int rss_send(struct xdp_md *ctx, const struct frame *frame,
				    struct rss_metadata *found, __u32 cpu)
{
	/* A CPU may have left the map since a program remembered it. */
	if (bpf_redirect_map(&rss_cpu_map, cpu, XDP_PASS) != XDP_REDIRECT &&
	    bpf_redirect_map(&rss_cpu_map, rss_entry(cpu), XDP_PASS) != XDP_REDIRECT) {
		bpf_xdp_wg_stream_forget(ctx);
		return XDP_PASS;
	}
	if (rss_finish(ctx, frame, &found->packet)) {
		bpf_xdp_wg_stream_forget(ctx);
		count(XDP_WG_CHECKSUM, frame->length);
		return XDP_PASS;
	}
	found->finished = frame->unfinished == BPF_WG_UNFINISHED_SUM;
	found->tags = (frame->network - sizeof(struct ethhdr)) / VLAN_TAG_LENGTH;
	found->mtu = frame->mtu;
	rss_metadata_store(ctx, found);
	return XDP_REDIRECT;
}

static __always_inline int rss_program(struct xdp_md *ctx)
{
	struct frame frame = { .length = pkt_length(ctx) };
	struct rss_metadata found = {};
	__u32 cpu = 0;
	int reason;

	reason = classify(ctx, &frame, &found.packet);
	if (!reason || reason == XDP_WG_LOCAL) {
		found.reason = reason;
		reason = rss_find_cpu(ctx, &frame, &found, &cpu);
	}
	if (reason) {
		count(reason, frame.length);
		return XDP_PASS;
	}
	return rss_send(ctx, &frame, &found, cpu);
}

/* Defines the component: its place in the chain, and its entry function. */
#define RSS_PROGRAM(name)                                                                          \
	struct {                                                                                   \
		__uint(priority, XDP_WG_PRIO);                                                     \
		__uint(XDP_PASS, 1);                                                               \
	} XDP_RUN_CONFIG(name);                                                                    \
                                                                                                   \
	SEC("xdp.frags")                                                                           \
	int name(struct xdp_md *ctx)                                                               \
	{                                                                                          \
		return rss_program(ctx);                                                           \
	}                                                                                          \
                                                                                                   \
	char _license[] SEC("license") = "GPL"

#endif /* BPF_RSS_H */
