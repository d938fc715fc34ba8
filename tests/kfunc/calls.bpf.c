// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that call one kfunc, as struct exchange says. They are what the tests run, in a test run
 * of the kernel or attached to an interface.
 */

#include <linux/if_ether.h>

#include "kernel.h"

struct exchange exchange = {};

static __always_inline __s64 read_keys(struct wg_peer *peer)
{
	struct noise_keypair *keypair = peer->keypairs.current_keypair;
	struct reply *reply = &exchange.reply;

	reply->handshake_index = peer->handshake.entry.index;
	if (!keypair)
		return -1;
	bpf_probe_read_kernel(reply->sending, KEY_SIZE, keypair->sending.key);
	bpf_probe_read_kernel(reply->receiving, KEY_SIZE, keypair->receiving.key);
	reply->receiving_at = (__u64)keypair->receiving.key;
	reply->birth = keypair->sending.birthdate;
	reply->counter = keypair->sending_counter.counter;
	reply->local_index = keypair->entry.index;
	reply->remote_index = keypair->remote_index;
	return 0;
}

/* What the packet has before is another's: priority and tc_index can be written. */
static __always_inline __s64 call_metadata(struct __sk_buff *ctx, struct wg_peer *peer)
{
	struct reply *reply = &exchange.reply;
	__s64 ret;

	ctx->priority = 7;
	ctx->tc_index = 7;
	if (exchange.request.call == CALL_ENCAPSULATED)
		ret = bpf_skb_wg_encapsulated(ctx, peer, exchange.request.family);
	else
		ret = bpf_skb_wg_decapsulated(ctx, peer);
	reply->mark = ctx->mark;
	reply->protocol = ctx->protocol;
	reply->priority = ctx->priority;
	reply->ingress = ctx->ingress_ifindex;
	reply->queue = ctx->queue_mapping;
	reply->tc_index = ctx->tc_index;
	return ret;
}

#define KIND xdp
#define CONTEXT xdp_md
#include "calls.h"
#undef KIND
#undef CONTEXT

#define IS_SKB
#define KIND skb
#define CONTEXT __sk_buff
#include "calls.h"

/*
 * Calls on a frame that was moved to the beginning of its buffer, as far as the kernel lets it be,
 * but for some headroom.
 */
SEC("xdp")
int moves_xdp(struct xdp_md *ctx)
{
	__u32 length = bpf_xdp_get_buff_len(ctx);
	__u32 grow = exchange.request.headroom;

	/* All of the headroom but what is to stay: a test run has 256 bytes, and 40 are taken. */
	grow = 256 - 40 - (grow > 200 ? 200 : grow);
	if (bpf_xdp_adjust_head(ctx, -(int)grow) || bpf_xdp_wg_move(ctx, 0, grow, length) ||
	    bpf_xdp_adjust_tail(ctx, -(int)grow))
		return XDP_ABORTED;
	exchange.reply.ret = xdp_call(ctx);
	return XDP_PASS;
}

/* Cuts off what is said of the frame's beginning and end, and passes it on. */
SEC("xdp")
int cuts_xdp(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, exchange.request.headroom) ||
	    bpf_xdp_adjust_tail(ctx, exchange.request.grow))
		return XDP_ABORTED;
	return XDP_PASS;
}

/* The verdict tells whether the call succeeded, for those who run this on two CPUs at once. */
SEC("xdp.frags")
int calls_xdp(struct xdp_md *ctx)
{
	__s64 ret = xdp_call(ctx);

	exchange.reply.ret = ret;
	return ret ? XDP_PASS : XDP_TX;
}

/* Does not write to the packet itself, or the kernel would make a private copy of it before. */
SEC("tc")
int calls_skb(struct __sk_buff *ctx)
{
	exchange.reply.ret = skb_call(ctx);
	return 0;
}

/* Makes the room that encryption needs before: IPv4, UDP and the message around the packet. */
static __always_inline int encapsulate(struct __sk_buff *ctx)
{
	__u32 inner = ctx->len - ETH_HLEN;
	__u32 padding = -inner & 15;

	if (bpf_skb_change_tail(ctx, ctx->len + padding + 16, 0) ||
	    bpf_skb_adjust_room(ctx, 20 + 8 + 16, BPF_ADJ_ROOM_MAC, exchange.request.room_flags))
		return 0;
	exchange.request.offset = ETH_HLEN + 20 + 8;
	exchange.request.length = 32 + inner + padding;
	exchange.reply.ret = skb_call(ctx);
	return 0;
}

SEC("tc")
int encapsulates_skb(struct __sk_buff *ctx)
{
	return encapsulate(ctx);
}

/* The source MAC address moves to where the destination's is. */
SEC("tc")
int encapsulates_header_moved_skb(struct __sk_buff *ctx)
{
	if (bpf_skb_wg_move(ctx, 0, ETH_ALEN, ETH_ALEN))
		return 0;
	return encapsulate(ctx);
}

/* Calls with another room in front of the packet. */
SEC("tc")
int grows_skb(struct __sk_buff *ctx)
{
	exchange.reply.ret = -1;
	if (!bpf_skb_adjust_room(ctx, exchange.request.grow, BPF_ADJ_ROOM_MAC, 0))
		exchange.reply.ret = skb_call(ctx);
	return 0;
}

/*
 * Makes the same room as encapsulates_skb(), all of it behind the packet, which moves. That it
 * moves back in between must not be seen.
 */
SEC("tc")
int encapsulates_moved_skb(struct __sk_buff *ctx)
{
	__u32 head = 20 + 8 + 16, frame = ctx->len, inner = frame - ETH_HLEN;
	__u32 padding = -inner & 15;

	if (bpf_skb_change_tail(ctx, frame + padding + 16 + head, 0) ||
	    bpf_skb_wg_move(ctx, head, 0, frame) || bpf_skb_wg_move(ctx, 0, head, frame) ||
	    bpf_skb_wg_move(ctx, head, 0, frame))
		return 0;
	exchange.request.offset = ETH_HLEN + 20 + 8;
	exchange.request.length = 32 + inner + padding;
	exchange.reply.ret = skb_call(ctx);
	return 0;
}

char _license[] SEC("license") = "GPL";
