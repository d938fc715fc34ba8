// SPDX-License-Identifier: GPL-2.0
/*
 * The tc program: the same datapath on the packets of a tcx ingress hook.
 */

#define PKT_SKB

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "datapath.h"

SEC("tcx/ingress")
int tc_wg(struct __sk_buff *ctx)
{
	if (config.flags & XDP_WG_RELIEF)
		crowd_watch();
	return datapath(ctx);
}

char _license[] SEC("license") = "GPL";
