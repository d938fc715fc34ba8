// SPDX-License-Identifier: GPL-2.0
/*
 * The program of the cpumap: the same datapath, on the CPU that an RSS program chose. What it passes
 * goes to the stack, since the dispatcher's chain is behind it.
 *
 * The kernel wants this program and the one that redirects here to agree on whether they take frames
 * in more than one buffer. A component is loaded without a word of that, which its dispatcher has
 * to say, so there must be none here: RSS programs leave such frames to the stack.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "datapath.h"

SEC("xdp/cpumap")
int xdp_wg_cpumap(struct xdp_md *ctx)
{
	return datapath(ctx);
}

char _license[] SEC("license") = "GPL";
