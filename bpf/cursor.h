/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access to the packet. Only this file knows which kind of program it is compiled into; what is
 * above sees a context, offsets from the start of the frame, and the functions below.
 */
#ifndef XDP_WG_CURSOR_H
#define XDP_WG_CURSOR_H

#include "kfuncs.h"

/* No header that we read begins farther in than this. Keeps offsets bounded for the verifier. */
#define PKT_MAX_HEADERS 256

typedef struct xdp_md pkt_ctx;

/* Length of the frame, in bytes. */
static __always_inline __u32 pkt_length(pkt_ctx *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
}

/* Whether the whole frame is in one piece of memory. */
static __always_inline int pkt_is_linear(pkt_ctx *ctx)
{
	return ctx->data_end - ctx->data == bpf_xdp_get_buff_len(ctx);
}

/* The size bytes at offset, or NULL if they are not in the frame. Valid until the next resize. */
static __always_inline void *pkt_at(pkt_ctx *ctx, __u32 offset, __u32 size)
{
	void *end = (void *)(long)ctx->data_end;
	void *start = (void *)(long)ctx->data;

	if (offset > PKT_MAX_HEADERS)
		return NULL;
	if (start + offset + size > end)
		return NULL;
	return start + offset;
}

/* Add bytes in front of the frame, or take them away if negative. */
static __always_inline int pkt_grow_head(pkt_ctx *ctx, int bytes)
{
	return bpf_xdp_adjust_head(ctx, -bytes);
}

/* Add bytes, zeroed, behind the frame, or take them away if negative. */
static __always_inline int pkt_grow_tail(pkt_ctx *ctx, int bytes)
{
	return bpf_xdp_adjust_tail(ctx, bytes);
}

static __always_inline __u32 pkt_iif(pkt_ctx *ctx)
{
	return ctx->ingress_ifindex;
}

static __always_inline long pkt_fib_lookup(pkt_ctx *ctx, struct bpf_fib_lookup *fib, __u32 flags)
{
	return bpf_fib_lookup(ctx, fib, sizeof(*fib), flags);
}

static __always_inline struct wg_device *pkt_device_by_index(pkt_ctx *ctx, __u32 ifindex)
{
	return bpf_xdp_wg_device_get_by_index(ctx, ifindex);
}

static __always_inline struct wg_device *pkt_device_by_port(pkt_ctx *ctx, __u16 port)
{
	return bpf_xdp_wg_device_get_by_port(ctx, port);
}

static __always_inline int pkt_own_mac(pkt_ctx *ctx, const __u8 *mac)
{
	return bpf_xdp_wg_own_mac(ctx, mac, 6);
}

static __always_inline int pkt_flow_validate(pkt_ctx *ctx, const struct bpf_wg_flow *flow)
{
	return bpf_xdp_wg_flow_validate(ctx, flow, sizeof(*flow));
}

static __always_inline int pkt_egress(pkt_ctx *ctx, __u32 ifindex)
{
	return bpf_xdp_wg_egress(ctx, ifindex);
}

static __always_inline int pkt_neigh_probe4(pkt_ctx *ctx, __u32 ifindex, const void *addr)
{
	return bpf_xdp_wg_neigh_probe(ctx, ifindex, addr, 4);
}

static __always_inline int pkt_neigh_probe6(pkt_ctx *ctx, __u32 ifindex, const void *addr)
{
	return bpf_xdp_wg_neigh_probe(ctx, ifindex, addr, 16);
}

static __always_inline int pkt_peek(pkt_ctx *ctx, __u32 offset, __u32 length, struct wg_peer *peer,
				    struct bpf_wg_block *block)
{
	return bpf_xdp_wg_peek(ctx, offset, length, peer, block);
}

static __always_inline int pkt_encrypt(pkt_ctx *ctx, __u32 offset, __u32 length,
				       struct wg_peer *peer)
{
	return bpf_xdp_wg_encrypt(ctx, offset, length, peer);
}

static __always_inline int pkt_decrypt(pkt_ctx *ctx, __u32 offset, __u32 length,
				       struct wg_peer *peer)
{
	return bpf_xdp_wg_decrypt(ctx, offset, length, peer);
}

static __always_inline int pkt_move(pkt_ctx *ctx, __u32 to, __u32 from, __u32 length)
{
	return bpf_xdp_wg_move(ctx, to, from, length);
}

static __always_inline __s64 pkt_checksum(pkt_ctx *ctx, __u32 offset, __u32 length, __u32 seed)
{
	return bpf_xdp_checksum(ctx, offset, length, seed);
}

/* The verdicts. */
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

#endif /* XDP_WG_CURSOR_H */
