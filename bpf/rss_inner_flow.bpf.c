// SPDX-License-Identifier: GPL-2.0
/*
 * RSS: by the flow inside the tunnel, for packets to encrypt and to decrypt alike. One tunnel's
 * flows use all CPUs, and every flow stays on one of them.
 */

#include "decap.h"
#include "rss.h"

/* The flow inside a message: peeked at, which needs a valid key. */
static __always_inline int peek_flow(struct xdp_md *ctx, struct rss_packet *rp,
				     struct wg_device *wg, struct packet *inner)
{
	const struct message *message = &rp->message;
	struct wg_peer *peer = bpf_wg_peer_hashtable_lookup(wg, message->index);
	int ret;

	if (!peer)
		return -1;
	ret = pkt_peek(ctx, message->offset, message->length, peer, &rp->found.block.block);
	bpf_wg_peer_put(peer);
	if (ret < 0)
		return -1;
	rp->found.peeked = 1;
	return decap_parse(inner, &rp->found.block, message->length - MESSAGE_OVERHEAD);
}

static __always_inline __u32 rss_choose(struct xdp_md *ctx, struct rss_packet *rp,
					struct wg_device *wg)
{
	struct packet inner = {};

	if (rp->message.length && !peek_flow(ctx, rp, wg, &inner))
		return rss_entry(hash_flow(&inner.flow, rss.seed));
	return rss_entry(hash_flow(&rp->found.packet.flow, rss.seed));
}

RSS_PROGRAM(rss_inner_flow);
