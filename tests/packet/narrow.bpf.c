// SPDX-License-Identifier: GPL-2.0
/*
 * What comes in front of the tc program in a test run: a packet with little headroom, as those have
 * that a host has just made; and before the program sees it, an encryption that is refused, by the
 * datapath's own code.
 */
#define PKT_SKB

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "refusal.h"

__u32 headroom;
__u32 refuse; /* whether there is to be an encryption */

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
