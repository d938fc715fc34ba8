/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The datapath, for a packet of which something is known already.
 */
#ifndef BPF_RSS_DATAPATH_H
#define BPF_RSS_DATAPATH_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "datapath.h"
#include "rss_metadata.h"

/* Go on with a packet that classify() has looked at. Returns the verdict. */
static __always_inline int rss_go_on(struct xdp_md *ctx, struct rss_metadata *found,
				     struct frame *frame)
{
	int verdict = go_on(ctx, found->reason, &found->packet, frame,
			    found->peeked ? &found->preview : NULL);

	/* What a peek has left does not outlive the packet. */
	if (verdict == XDP_PASS)
		bpf_xdp_wg_stream_forget(ctx);
	return verdict;
}

#endif /* BPF_RSS_DATAPATH_H */
