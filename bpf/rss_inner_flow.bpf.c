// SPDX-License-Identifier: GPL-2.0
/*
 * RSS: by the flow inside the tunnel, for packets to encrypt and to decrypt alike. One tunnel's
 * flows use all CPUs, and every flow stays on one of them.
 */

#include "decap.h"
#include "rss.h"

/* The flow inside a message: peeked at, which needs a valid key; only to choose a CPU. */
static __always_inline int peek_flow(struct xdp_md *ctx, const struct message *message,
				     struct wg_device *wg, struct packet *inner)
{
	struct wg_peer *peer = bpf_wg_peer_hashtable_lookup(wg, message->index);
	union peeked peeked;
	int ret;

	if (!peer)
		return -1;
	ret = pkt_peek(ctx, message->offset, message->length, peer, &peeked.block);
	bpf_wg_peer_put(peer);
	if (ret < 0)
		return -1;
	return decap_parse(inner, &peeked, message->length - MESSAGE_OVERHEAD);
}

static __always_inline __u32 rss_choose(struct xdp_md *ctx, const struct rss_packet *rp,
					struct wg_device *wg)
{
	struct packet inner = {};

	if (rp->message.length && !peek_flow(ctx, &rp->message, wg, &inner))
		return rss_entry(hash_flow(&inner.flow, rss.seed));
	return rss_entry(hash_flow(&rp->packet.flow, rss.seed));
}

RSS_PROGRAM(rss_inner_flow);
