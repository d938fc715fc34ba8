// SPDX-License-Identifier: GPL-2.0
/*
 * The program of the cpumap: the same datapath, on the CPU that an RSS program chose. What it passes
 * goes to the stack, since the dispatcher's chain is behind it.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "datapath.h"

SEC("xdp.frags/cpumap")
int xdp_wg_cpumap(struct xdp_md *ctx)
{
	return datapath(ctx);
}

char _license[] SEC("license") = "GPL";
