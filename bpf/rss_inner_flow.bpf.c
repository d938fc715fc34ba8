// SPDX-License-Identifier: GPL-2.0
/*
 * RSS: by the flow inside the tunnel, for packets to encrypt and to decrypt alike. One tunnel's
 * flows use all CPUs, and every flow stays on one of them.
 */

#include "rss.h"
#include "rss_peek.h"

static __always_inline __u32 rss_choose(struct xdp_md *ctx, struct rss_metadata *found,
					struct wg_device *wg)
{
	return rss_entry(hash_flow(peek_flow(ctx, found, wg), rss.seed));
}

RSS_PROGRAM(rss_inner_flow);
