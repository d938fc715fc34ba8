// SPDX-License-Identifier: GPL-2.0
/*
 * RSS: by the hash that the interface has computed of the packet as received. Such a program is
 * bound to its device, and so are all others in the same dispatcher.
 */

#include "rss.h"

enum xdp_rss_hash_type {
	XDP_RSS_TYPE_NONE,
};

extern int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, __u32 *hash,
				    enum xdp_rss_hash_type *rss_type) __ksym;

/* Not every frame has one: what a veth was given as a frame, or what no rule of the NIC covers. */
static __always_inline __u32 rss_choose(struct xdp_md *ctx, struct rss_metadata *found,
					struct wg_device *wg)
{
	enum xdp_rss_hash_type type = XDP_RSS_TYPE_NONE;
	__u32 hash;

	if (bpf_xdp_metadata_rx_hash(ctx, &hash, &type) || type == XDP_RSS_TYPE_NONE)
		hash = hash_flow(&found->packet.flow, rss.seed);
	return rss_entry(hash);
}

RSS_PROGRAM(rss_rx_hash);
