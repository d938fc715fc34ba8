// SPDX-License-Identifier: GPL-2.0
/*
 * RSS: by the flow inside the tunnel, for packets to encrypt and to decrypt alike. One tunnel's
 * flows use all CPUs, and every flow stays on one of them.
 */

#include "decap.h"
#include "rss.h"

/* Look at the packet in a message, which needs a valid key. Returns whether its flow is known. */
static __always_inline int peek_flow(struct xdp_md *ctx, struct preview *preview,
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

static __always_inline __u32 rss_choose(struct xdp_md *ctx, struct rss_metadata *found,
					struct wg_device *wg)
{
	const struct bpf_wg_flow *flow = &found->packet.flow;

	if (found->preview.message.length) {
		found->peeked = peek_flow(ctx, &found->preview, wg);
		if (found->peeked)
			flow = &found->preview.inner.flow;
	}
	return rss_entry(hash_flow(flow, rss.seed));
}

RSS_PROGRAM(rss_inner_flow);
