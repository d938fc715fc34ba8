/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an RSS program has found out about a packet, for the program of the cpumap that goes on with
 * it on another CPU. It travels in the frame's metadata. A frame that has no room for all of it
 * comes with the first part, or without; what is missing is found out again.
 */
#ifndef BPF_RSS_METADATA_H
#define BPF_RSS_METADATA_H

#include <stddef.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "decap.h"
#include "ip.h"
#include "xdp_wg.h"

/* No other program's metadata begin like this. */
#define RSS_METADATA_MAGIC (0x67770000 | XDP_WG_LAYOUT)

struct rss_metadata {
	__u32 magic;
	__u16 mtu; /* of the frame */
	__u16 number; /* of the packet in its lane, see rss_lanes.h */
	__u64 stream; /* ticket for the key stream that a peek made, or 0 */
	struct packet packet; /* as it is routed */
	__u32 reason : 6; /* what classify() returned */
	__u32 tags : 2; /* how many the frame has */
	__u32 finished : 1; /* whether a checksum has been finished */
	__u32 peeked : 1; /* whether the second part is known, which is about a data message */
	__u32 from : 11; /* from which CPU the lane comes, and one; 0 if nobody counts */
	__u32 to : 11; /* and to which it goes */
	struct preview preview;
};

_Static_assert(XDP_WG_REASON_MAX <= 1 << 6, "a reason does not fit into its bits");

/*
 * A veth leaves little room in front of its frames. What the inner packet is routed by is asked
 * where it is routed, and stands last.
 */
#define RSS_METADATA_FIRST_PART offsetof(struct rss_metadata, preview)
#define RSS_METADATA_ALL offsetof(struct rss_metadata, preview.inner.recall)

/* Make room for size bytes of metadata. Returns where they begin, or NULL. */
static __always_inline struct rss_metadata *rss_metadata_add(struct xdp_md *ctx, __u32 size)
{
	void *metadata;

	if (bpf_xdp_adjust_meta(ctx, -(int)size))
		return NULL;
	metadata = (void *)(long)ctx->data_meta;
	return metadata + size <= (void *)(long)ctx->data ? metadata : NULL;
}

static __always_inline void rss_metadata_store(struct xdp_md *ctx, struct rss_metadata *found)
{
	struct rss_metadata *metadata;

	found->magic = RSS_METADATA_MAGIC;
	if (found->peeked) {
		metadata = rss_metadata_add(ctx, RSS_METADATA_ALL);
		if (metadata) {
			found->stream = bpf_xdp_wg_stream_hand_over(ctx);
			__builtin_memcpy(metadata, found, RSS_METADATA_ALL);
			return;
		}
	}
	metadata = rss_metadata_add(ctx, RSS_METADATA_FIRST_PART);
	if (!metadata) {
		bpf_xdp_wg_stream_forget(ctx);
		return;
	}
	if (found->peeked)
		found->stream = bpf_xdp_wg_stream_hand_over(ctx);
	found->peeked = 0;
	__builtin_memcpy(metadata, found, RSS_METADATA_FIRST_PART);
}

/*
 * Returns whether there was something. It is removed, because it is nobody else's: the plaintext
 * must not reach the stack, and headers need the room.
 */
static __always_inline int rss_metadata_load(struct xdp_md *ctx, struct rss_metadata *found)
{
	const struct rss_metadata *metadata = (void *)(long)ctx->data_meta;
	void *data = (void *)(long)ctx->data;
	__u32 size = RSS_METADATA_FIRST_PART;

	if ((void *)metadata + size > data || metadata->magic != RSS_METADATA_MAGIC)
		return 0;
	if (metadata->peeked) {
		size = RSS_METADATA_ALL;
		if ((void *)metadata + size > data)
			return 0;
		__builtin_memcpy(found, metadata, RSS_METADATA_ALL);
	} else {
		__builtin_memcpy(found, metadata, RSS_METADATA_FIRST_PART);
	}
	if (found->stream)
		bpf_xdp_wg_stream_take_over(ctx, found->stream);
	return !bpf_xdp_adjust_meta(ctx, size);
}

#endif /* BPF_RSS_METADATA_H */
