// SPDX-License-Identifier: GPL-2.0
/*
 * RSS: by the destination port of the packet as received. All packets of a tunnel to decrypt have
 * the same.
 */

#include "rss.h"

static __always_inline __u32 rss_choose(struct xdp_md *ctx, struct rss_metadata *found,
					struct wg_device *wg)
{
	return rss_entry(bpf_ntohs(found->packet.flow.dport));
}

RSS_PROGRAM(rss_match_port);
