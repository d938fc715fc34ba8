/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an RSS program has found out about a packet, for the program of the cpumap that goes on with
 * it on another CPU. It travels in the frame's metadata. A frame that has no room for all of it
 * comes with the first part, or without; what is missing is found out again.
 */
#ifndef BPF_HANDOVER_H
#define BPF_HANDOVER_H

#include <stddef.h>

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
	__u32 frame; /* length of the frame */
	__u64 stream; /* ticket for the key stream that a peek made, or 0 */
	struct packet packet; /* as received */
	__u32 peeked; /* whether the second part is known, which is about a data message */
	struct preview preview;
};

#define HANDOVER_FIRST_PART offsetof(struct handover, preview)

/* Make room for size bytes of metadata. Returns where they begin, or NULL. */
static __always_inline struct handover *metadata_add(struct xdp_md *ctx, __u32 size)
{
	void *metadata;

	if (bpf_xdp_adjust_meta(ctx, -(int)size))
		return NULL;
	metadata = (void *)(long)ctx->data_meta;
	return metadata + size <= (void *)(long)ctx->data ? metadata : NULL;
}

static __always_inline void hand_over(struct xdp_md *ctx, struct handover *handover)
{
	struct handover *metadata;

	handover->magic = HANDOVER_MAGIC;
	if (handover->peeked) {
		metadata = metadata_add(ctx, sizeof(*metadata));
		if (metadata) {
			handover->stream = bpf_wg_stream_hand_over();
			__builtin_memcpy(metadata, handover, sizeof(*metadata));
			return;
		}
	}
	metadata = metadata_add(ctx, HANDOVER_FIRST_PART);
	if (!metadata)
		return;
	if (handover->peeked)
		handover->stream = bpf_wg_stream_hand_over();
	handover->peeked = 0;
	__builtin_memcpy(metadata, handover, HANDOVER_FIRST_PART);
}

/*
 * Returns whether there was something. It is removed, because it is nobody else's: the plaintext
 * must not reach the stack, and headers need the room.
 */
static __always_inline int take_over(struct xdp_md *ctx, struct handover *handover)
{
	const struct handover *metadata = (void *)(long)ctx->data_meta;
	void *data = (void *)(long)ctx->data;
	__u32 size = HANDOVER_FIRST_PART;

	if ((void *)metadata + size > data || metadata->magic != HANDOVER_MAGIC)
		return 0;
	if (metadata->peeked) {
		size = sizeof(*metadata);
		if ((void *)metadata + size > data)
			return 0;
		__builtin_memcpy(handover, metadata, sizeof(*handover));
	} else {
		__builtin_memcpy(handover, metadata, HANDOVER_FIRST_PART);
	}
	if (handover->stream)
		bpf_wg_stream_take_over(handover->stream);
	return !bpf_xdp_adjust_meta(ctx, size);
}

#endif /* BPF_HANDOVER_H */
