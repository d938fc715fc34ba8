/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The datapath: parse the frame, find out which of the two directions it is, decide, commit.
 * Everything that is not certain to leave by this path passes as it came.
 */
#ifndef BPF_DATAPATH_H
#define BPF_DATAPATH_H

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/udp.h>

#include "classify.h"
#include "config.h"
#include "counters.h"
#include "pkt.h"
#include "decap.h"
#include "encap.h"
#include "flow_hash.h"
#include "forward.h"
#include "ip.h"
#include "message.h"
#include "xdp_wg.h"

/* A packet that routes to the device: encrypt it for the peer its destination belongs to. */
static __always_inline int encap(pkt_ctx *ctx, struct packet *packet, struct frame *frame,
				 struct wg_device *wg, __u32 *ifindex)
{
	struct wg_peer *peer;
	struct encap plan;
	int reason, order;

	reason = check_forwardable(packet);
	if (!reason)
		reason = settle_unfinished(ctx, packet, frame);
	if (reason)
		return reason;
	if (packet->flow.family == AF_INET)
		peer = bpf_wg_peer_allowedips_lookup(wg, packet->flow.dst, 4);
	else
		peer = bpf_wg_peer_allowedips_lookup(wg, packet->flow.dst, 16);
	if (!peer)
		return XDP_WG_NO_PEER;
	order = pkt_order_check(ctx, peer, frame->length);
	if (!order && packet->learns && pkt_bridge_sees(ctx, peer, hash_flow(&packet->flow, 0), 0))
		order = XDP_WG_BRIDGE;
	reason = decide_encap(ctx, packet, frame, wg, peer, order, config.flags, &plan);
	if (!reason) {
		*ifindex = plan.egress.ifindex;
		reason = commit_encap(ctx, frame->length, &plan, peer, config.flags);
	}
	bpf_wg_peer_put(peer);
	return reason;
}

/*
 * A datagram for the port of the device: if it is a data message, decrypt and forward it. known is
 * what it holds if it was peeked at before, or NULL.
 */
static __always_inline int decap(pkt_ctx *ctx, struct packet *packet, struct frame *frame,
				 struct wg_device *wg, const struct preview *known, __u32 *ifindex)
{
	struct decap plan;
	struct wg_peer *peer;
	int reason = 0, order = 0;

	if (known)
		plan.message = known->message;
	else
		reason = find_message(ctx, packet, frame, &plan.message);
	if (!reason && frame->unfinished == BPF_WG_UNSEEN_SKB)
		reason = settle_datagram(ctx, packet, frame);
	if (reason)
		return reason;
	if (ip_addresses_special(packet))
		return XDP_WG_ADDRESS;
	peer = bpf_wg_peer_hashtable_lookup(wg, plan.message.index);
	if (!peer)
		return XDP_WG_NO_PEER;
	/* It stands first since the BPF stack has room for it only here. */
	reason = pkt_order_check_message(peer, plan.message.index, frame->length);
	if (!reason && packet->learns && pkt_bridge_sees(ctx, peer, 0, 1))
		order = XDP_WG_BRIDGE;
	if (!reason)
		reason = decide_decap(ctx, packet, wg, peer, known, order, config.flags, &plan);
	if (!reason) {
		*ifindex = plan.egress.ifindex;
		reason = commit_decap(ctx, frame, &plan, peer, config.flags);
	}
	/* What the peek has made for decryption must not outlive the key. */
	if (reason != XDP_WG_DECAP)
		pkt_stream_forget(ctx);
	bpf_wg_peer_put(peer);
	return reason;
}

static __noinline int handle_local(pkt_ctx *ctx, struct packet *packet, struct frame *frame,
				   const struct preview *known, __u32 *ifindex)
{
	struct wg_device *wg = local_device(ctx, packet);
	int reason;

	if (!wg)
		return local_reason(ctx, packet);
	reason = decap(ctx, packet, frame, wg, known, ifindex);
	bpf_wg_device_put(wg);
	return reason;
}

static __noinline int handle_forward(pkt_ctx *ctx, struct packet *packet, struct frame *frame,
				     __u32 *ifindex)
{
	struct wg_device *wg = pkt_device_by_index(ctx, packet->flow.oif);
	int reason;

	if (!wg)
		return XDP_WG_NOT_TUNNEL;
	reason = encap(ctx, packet, frame, wg, ifindex);
	bpf_wg_device_put(wg);
	return reason;
}

/*
 * Count the frame, which came in by iif, and return its verdict. ifindex is the egress interface of
 * the fast reasons.
 */
static __always_inline int finish(pkt_ctx *ctx, int reason, const struct frame *frame, __u32 iif,
				  __u32 ifindex)
{
	enum verdict verdict = reason_verdict(reason);

	count(reason, frame->length);
	if (verdict == VERDICT_PASS) {
		pkt_order_passed(ctx, reason);
		return pkt_pass();
	}
	if (frame->above)
		pkt_received(ctx, iif, frame->length - frame->network);
	return verdict == VERDICT_FAST ? pkt_redirect(ifindex) : pkt_drop();
}

/*
 * Go on with a frame of which classify() has said reason, and found the packet. known is as in
 * decap(). Returns the verdict.
 */
static __always_inline int go_on(pkt_ctx *ctx, int reason, struct packet *packet,
				 struct frame *frame, const struct preview *known)
{
	__u32 ifindex = 0;

	if (reason == XDP_WG_LOCAL)
		reason = handle_local(ctx, packet, frame, known, &ifindex);
	else if (!reason)
		reason = handle_forward(ctx, packet, frame, &ifindex);
	return finish(ctx, reason, frame, packet->flow.iif, ifindex);
}

/* Run the datapath on a frame and count it. Returns the verdict. */
static __always_inline int datapath(pkt_ctx *ctx)
{
	struct frame frame = { .length = pkt_length(ctx) };
	struct packet packet = {};
	int reason;

	reason = classify(ctx, &frame, &packet);
	return go_on(ctx, reason, &packet, &frame, NULL);
}

#endif /* BPF_DATAPATH_H */
