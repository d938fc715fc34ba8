/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flow inside the tunnel, for packets to encrypt and to decrypt alike.
 */
#ifndef BPF_RSS_PEEK_H
#define BPF_RSS_PEEK_H

#include "decap.h"
#include "rss_metadata.h"

/* Look at the packet in a message, which needs a valid key. Returns whether its flow is known. */
static __always_inline int peek_message(struct xdp_md *ctx, struct preview *preview,
					struct wg_device *wg)
{
	struct wg_peer *peer = bpf_wg_peer_hashtable_lookup(wg, preview->message.index);
	int reason;

	if (!peer)
		return 0;
	reason = decap_peek(ctx, &preview->message, peer, &preview->inner);
	bpf_wg_peer_put(peer);
	if (reason)
		bpf_xdp_wg_stream_forget(ctx);
	return !reason;
}

/* The flow of a packet of wg; if it is to be decrypted and cannot be looked at, the outer one. */
static __always_inline const struct bpf_wg_flow *
peek_flow(struct xdp_md *ctx, struct rss_metadata *found, struct wg_device *wg)
{
	if (found->preview.message.length) {
		found->peeked = peek_message(ctx, &found->preview, wg);
		if (found->peeked)
			return &found->preview.inner.flow;
	}
	return &found->packet.flow;
}

#endif /* BPF_RSS_PEEK_H */
