// SPDX-License-Identifier: GPL-2.0
/*
 * The XDP program: a component of the libxdp dispatcher.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <xdp/xdp_helpers.h>

#include "datapath.h"

struct {
	__uint(priority, XDP_WG_PRIO);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(xdp_wg);

SEC("xdp.frags")
int xdp_wg(struct xdp_md *ctx)
{
	return datapath(ctx);
}

char _license[] SEC("license") = "GPL";
