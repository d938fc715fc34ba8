/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an RSS program has found out about a packet, for the program of the cpumap that goes on with
 * it on another CPU. It travels in the frame's metadata. A frame that has no room for it comes
 * without, and everything is found out again.
 */
#ifndef XDP_WG_HANDOVER_H
#define XDP_WG_HANDOVER_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "decap.h"
#include "ip.h"
#include "xdp_wg.h"

/* No other program's metadata begin like this. */
#define HANDOVER_MAGIC (0x67770000 | XDP_WG_LAYOUT)

struct handover {
	__u32 magic;
	__s32 reason; /* what classify() returned */
	__u32 mtu; /* likewise */
	__u32 peeked; /* whether the next is known */
	union peeked block; /* the beginning of the message, deciphered */
	struct packet packet; /* as received */
};

static __always_inline void hand_over(struct xdp_md *ctx, const struct handover *handover)
{
	struct handover *metadata;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*metadata)))
		return;
	metadata = (void *)(long)ctx->data_meta;
	if ((void *)(metadata + 1) > (void *)(long)ctx->data)
		return;
	__builtin_memcpy(metadata, handover, sizeof(*metadata));
	metadata->magic = HANDOVER_MAGIC;
}

/*
 * Returns whether there was something. It is removed, because it is nobody else's: the plaintext
 * must not reach the stack, and headers need the room.
 */
static __always_inline int take_over(struct xdp_md *ctx, struct handover *handover)
{
	const struct handover *metadata = (void *)(long)ctx->data_meta;

	if ((void *)(metadata + 1) > (void *)(long)ctx->data || metadata->magic != HANDOVER_MAGIC)
		return 0;
	__builtin_memcpy(handover, metadata, sizeof(*handover));
	return !bpf_xdp_adjust_meta(ctx, sizeof(*metadata));
}

#endif /* XDP_WG_HANDOVER_H */
