// SPDX-License-Identifier: GPL-2.0
/*
 * What comes in front of the tc program in a test run: a packet with little headroom, as those have
 * that a host has just made; and before the program sees it, an encryption that is refused, by the
 * datapath's own code.
 */
#define PKT_SKB

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/encap.h"

__u32 headroom;
/* Of the encryption: a WireGuard device, an address of a peer, the inner family, and lengths. */
__u32 device;
__u8 address[4];
__u32 family, outer, message, tail;
/* Whether there is to be one, and the reason why it was refused. */
__u32 refuse;
int reason;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} next_program SEC(".maps");

/* Headers keep their place in the skb's metadata, since the room grows behind the first of them. */
static __always_inline int take_headroom(struct __sk_buff *ctx)
{
	__u32 frame = ctx->len, room = bpf_skb_wg_headroom(ctx);

	if (room > headroom &&
	    (bpf_skb_adjust_room(ctx, room - headroom, BPF_ADJ_ROOM_MAC,
				 BPF_F_ADJ_ROOM_NO_CSUM_RESET) ||
	     bpf_skb_wg_move(ctx, ETH_HLEN, ETH_HLEN + room - headroom, frame - ETH_HLEN) ||
	     bpf_skb_change_tail(ctx, frame, 0)))
		return -1;
	return bpf_skb_wg_headroom(ctx) == headroom ? 0 : -1;
}

static __always_inline void be_refused(struct __sk_buff *ctx)
{
	struct encap plan = {
		.outer = outer,
		.shift = outer + sizeof(struct message_data),
		.message = message,
		.tail = tail,
		.family = family,
	};
	struct wg_device *wg = bpf_skb_wg_device_get_by_index(ctx, device);
	struct wg_peer *peer;

	if (!wg)
		return;
	peer = bpf_wg_peer_allowedips_lookup(wg, address, sizeof(address));
	bpf_wg_device_put(wg);
	if (!peer)
		return;
	reason = commit_encap(ctx, ctx->len, &plan, peer, 0);
	bpf_wg_peer_put(peer);
}

SEC("tcx/ingress")
int narrow(struct __sk_buff *ctx)
{
	if (take_headroom(ctx))
		return TCX_DROP;
	if (refuse) {
		be_refused(ctx);
		if (bpf_skb_wg_headroom(ctx) != headroom)
			return TCX_DROP;
	}
	bpf_tail_call(ctx, &next_program, 0);
	return TCX_NEXT;
}

char _license[] SEC("license") = "GPL";
