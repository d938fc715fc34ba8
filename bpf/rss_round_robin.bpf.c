// SPDX-License-Identifier: GPL-2.0
/*
 * RSS: the CPUs in turn, with one iterator for all. Spreads best, and reorders the packets of a
 * flow.
 */

#include "rss.h"

__u32 rss_next;

static __always_inline __u32 rss_choose(struct xdp_md *ctx, struct rss_metadata *found,
					struct wg_device *wg)
{
	return rss_entry(__sync_fetch_and_add(&rss_next, 1));
}

RSS_PROGRAM(rss_round_robin);
