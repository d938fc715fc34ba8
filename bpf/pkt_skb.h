/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The packet of a tc program. Included by pkt.h, which says what the functions are for.
 */
#ifndef BPF_PKT_SKB_H
#define BPF_PKT_SKB_H

#include "order_skb.h"

static __always_inline __u32 pkt_length(pkt_ctx *ctx)
{
	return ctx->len;
}

static __always_inline __u32 pkt_iif(pkt_ctx *ctx)
{
	return ctx->ifindex;
}

/* Headers may still be in fragments: what the programs read of them is short. */
#define PKT_SKB_HEADERS                                                                            \
	(sizeof(struct ethhdr) + sizeof(struct ipv6hdr) + sizeof(struct udphdr) +                  \
	 sizeof(struct message_data))

static __always_inline int pkt_is_tagged(pkt_ctx *ctx, __be16 protocol)
{
	return ctx->vlan_present;
}

/* One, and it is beside the packet. */
static __always_inline int pkt_tags(pkt_ctx *ctx, struct bpf_wg_ingress *ingress, __be16 *protocol)
{
	ingress->tag_proto[0] = ctx->vlan_proto;
	ingress->tag_tci[0] = bpf_htons(ctx->vlan_tci);
	return 0;
}

static __always_inline int pkt_screen(pkt_ctx *ctx, __u32 frame)
{
	__u32 headers = PKT_SKB_HEADERS;

	if (ctx->gso_size)
		return XDP_WG_GSO;
	/* Another program's, by which the stack may route: the lookups here do not know it. */
	if (ctx->mark)
		return XDP_WG_POLICY;
	if (headers > frame)
		headers = frame;
	if (ctx->data_end - ctx->data < headers && bpf_skb_pull_data(ctx, headers))
		return XDP_WG_ROOM;
	return 0;
}

/* The kfunc that encrypts finishes what there is; the rest is known from the fields above. */
static __always_inline int pkt_unfinished(pkt_ctx *ctx, struct bpf_wg_unfinished *sum, __u32 flags)
{
	return BPF_WG_FINISHED;
}

static __always_inline int pkt_make_linear(pkt_ctx *ctx)
{
	return bpf_skb_pull_data(ctx, ctx->len);
}

/*
 * The Ethernet header moves to the front, or, if no room is there and the kernel would have to get
 * another buffer, all that is behind the new headers moves to the back; it is larger, and a buffer
 * costs more still. The flags for tunnels are of no use: they mark the skb for good, and it may yet
 * have to go back as it came. The tail is first, for the same reason.
 *
 * Returns the bytes that the frame was moved by, which pkt_shrink() wants back, or -1 if there is
 * no room, with the frame as it was.
 */
static __always_inline int pkt_grow(pkt_ctx *ctx, __u32 head, __u32 tail,
				    const struct bpf_wg_egress *egress, __u32 frame, __u32 flags)
{
	__u32 moved = bpf_skb_wg_headroom(ctx) < head ? head : 0;
	int ret;

	/* As long as the inner headers can be found: the queues of the egress go by it. */
	bpf_get_hash_recalc(ctx);
	if (bpf_skb_change_tail(ctx, frame + tail + moved, 0))
		return -1;
	if (moved)
		ret = bpf_skb_wg_move(ctx, moved, 0, frame);
	else
		ret = bpf_skb_adjust_room(ctx, head, BPF_ADJ_ROOM_MAC,
					  BPF_F_ADJ_ROOM_NO_CSUM_RESET);
	if (ret) {
		bpf_skb_change_tail(ctx, frame, 0);
		return -1;
	}
	return moved;
}

static __always_inline void pkt_shrink(pkt_ctx *ctx, __u32 head, __u32 tail, __u32 frame,
				       __u32 moved)
{
	if (moved)
		bpf_skb_wg_move(ctx, 0, moved, frame);
	else
		bpf_skb_adjust_room(ctx, -(int)head, BPF_ADJ_ROOM_MAC,
				    BPF_F_ADJ_ROOM_NO_CSUM_RESET);
	bpf_skb_change_tail(ctx, frame, 0);
}

static __always_inline int pkt_finish(pkt_ctx *ctx, __u32 end)
{
	return bpf_skb_wg_finish(ctx, end);
}

static __always_inline int pkt_tag(pkt_ctx *ctx, __u32 ifindex, const struct bpf_wg_egress *egress,
				   __u32 length)
{
	return 0; /* the devices that it leaves by do that */
}

static __always_inline int pkt_encapsulated(pkt_ctx *ctx, struct wg_peer *peer, __u32 family)
{
	return bpf_skb_wg_encapsulated(ctx, peer, family);
}

static __always_inline int pkt_decapsulated(pkt_ctx *ctx, struct wg_peer *peer)
{
	return bpf_skb_wg_decapsulated(ctx, peer);
}

static __always_inline int pkt_strip(pkt_ctx *ctx, __u32 head, __u32 length, __u32 excess, int ipv6,
				     __u32 flags)
{
	if (bpf_skb_change_tail(ctx, ctx->len - excess, 0))
		return -1;
	/* Checksums were verified by decryption; a resize does not change that. */
	return bpf_skb_adjust_room(ctx, -(int)head, BPF_ADJ_ROOM_MAC,
				   BPF_F_ADJ_ROOM_NO_CSUM_RESET |
					   (ipv6 ? BPF_F_ADJ_ROOM_DECAP_L3_IPV6
						 : BPF_F_ADJ_ROOM_DECAP_L3_IPV4));
}

/* The next program at the hook is asked, and then the stack. */
static __always_inline int pkt_pass(void)
{
	return TCX_NEXT;
}

static __always_inline int pkt_drop(void)
{
	return TCX_DROP;
}

static __always_inline int pkt_redirect(__u32 ifindex)
{
	return bpf_redirect(ifindex, 0);
}

#endif /* BPF_PKT_SKB_H */
