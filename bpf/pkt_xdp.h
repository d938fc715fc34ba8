/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The packet of an XDP program. Included by pkt.h, which says what the functions are for.
 */
#ifndef BPF_PKT_XDP_H
#define BPF_PKT_XDP_H

#include "vlan.h"

static __always_inline __u32 pkt_length(pkt_ctx *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
}

static __always_inline __u32 pkt_iif(pkt_ctx *ctx)
{
	return ctx->ingress_ifindex;
}

static __always_inline int pkt_is_tagged(pkt_ctx *ctx, __be16 protocol)
{
	return vlan_is_proto(protocol);
}

static __always_inline int pkt_tags(pkt_ctx *ctx, struct bpf_wg_ingress *ingress, __be16 *protocol)
{
	return vlan_read(ctx, ingress, protocol);
}

static __always_inline int pkt_screen(pkt_ctx *ctx, __u32 frame)
{
	return ctx->data_end - ctx->data != frame ? XDP_WG_MULTI_BUFFER : 0;
}

static __always_inline int pkt_unfinished(pkt_ctx *ctx, struct bpf_wg_unfinished *sum, __u32 flags)
{
	if (flags & XDP_WG_FINISHED)
		return BPF_WG_FINISHED;
	return bpf_xdp_wg_unfinished(ctx, sum, sizeof(*sum));
}

static __always_inline int pkt_make_linear(pkt_ctx *ctx)
{
	return 0; /* pkt_screen() has seen to it */
}

/*
 * What is in front of the packet, Ethernet header and tags, stays where it is until the new headers
 * are written over it. A buffer that ends right behind the frame is grown in
 * front only, and the frame is moved forward.
 *
 * So it always is without XDP_WG_END_MOVES. Where a program has moved the end of an skb's data, the
 * kernel notes one that is an Ethernet header too far (bpf_prog_run_generic_xdp() counts from the
 * IP header). The packet is right, but who later appends to it does so 14 bytes too far behind: a
 * TCP receiver on this host would read them.
 *
 * head is the growth in front, tail that behind, frame the length of the frame now, and flags are
 * enum xdp_wg_flags. Returns the bytes that the frame was moved by, which
 * pkt_shrink() wants back, or -1 if there is no room, with the frame as it was.
 */
static __always_inline int pkt_grow(pkt_ctx *ctx, __u32 head, __u32 tail,
				    const struct bpf_wg_egress *egress, __u32 frame, __u32 flags)
{
	__u32 tags = vlan_length(egress);
	__u32 moved = 0;

	if (!(flags & XDP_WG_END_MOVES) || bpf_xdp_adjust_tail(ctx, tail))
		moved = tail;
	if (bpf_xdp_adjust_head(ctx, -(int)(head + moved + tags))) {
		if (!moved)
			bpf_xdp_adjust_tail(ctx, -(int)tail);
		return -1;
	}
	/* They come last, and that there is room for them is known then. */
	if (tags)
		bpf_xdp_adjust_head(ctx, tags);
	if (moved)
		bpf_xdp_wg_move(ctx, head, head + moved, frame);
	return moved;
}

static __always_inline void pkt_shrink(pkt_ctx *ctx, __u32 head, __u32 tail, __u32 frame,
				       __u32 moved)
{
	if (moved)
		bpf_xdp_wg_move(ctx, head + moved, head, frame);
	bpf_xdp_adjust_head(ctx, head + moved);
	if (!moved)
		bpf_xdp_adjust_tail(ctx, -(int)tail);
}

static __always_inline int pkt_finish(pkt_ctx *ctx, __u32 end)
{
	return 0; /* it was known before, and is */
}

static __always_inline int pkt_tag(pkt_ctx *ctx, __u32 ifindex, const struct bpf_wg_egress *egress,
				   __u32 length)
{
	if (egress->ifindex == ifindex)
		return 0;
	bpf_xdp_wg_sent(ctx, ifindex, egress->ifindex, length);
	return vlan_length(egress) ? vlan_push(ctx, egress) : 0;
}

static __always_inline int pkt_encapsulated(pkt_ctx *ctx, struct wg_peer *peer, __u32 family)
{
	return 0; /* there are no metadata to set */
}

static __always_inline int pkt_decapsulated(pkt_ctx *ctx, struct wg_peer *peer)
{
	return 0; /* likewise */
}

/*
 * head is the length of what goes in front, without an Ethernet header; length what stays behind
 * that, and excess what goes behind that. It is moved to the end if that has to stay: see
 * pkt_grow().
 */
static __always_inline int pkt_strip(pkt_ctx *ctx, __u32 head, __u32 length, __u32 excess, int ipv6,
				     __u32 flags)
{
	if (!(flags & XDP_WG_END_MOVES)) {
		if (bpf_xdp_wg_move(ctx, head + excess, head, length))
			return -1;
		return bpf_xdp_adjust_head(ctx, head + excess);
	}
	if (bpf_xdp_adjust_head(ctx, head))
		return -1;
	return bpf_xdp_adjust_tail(ctx, -(int)excess);
}

/* They come single, as they were sent: all of a flow take the same way. */
static __always_inline void pkt_order_passed(pkt_ctx *ctx, int reason)
{
}

static __always_inline int pkt_order_check(pkt_ctx *ctx, struct wg_peer *peer, __u32 length)
{
	return 0;
}

static __always_inline int pkt_order_check_message(struct wg_peer *peer, __le32 index, __u32 length)
{
	return 0;
}

static __always_inline int pkt_pass(void)
{
	return XDP_PASS;
}

static __always_inline int pkt_drop(void)
{
	return XDP_DROP;
}

static __always_inline int pkt_redirect(__u32 ifindex)
{
	return bpf_redirect(ifindex, 0);
}

#endif /* BPF_PKT_XDP_H */
