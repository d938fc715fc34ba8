// SPDX-License-Identifier: GPL-2.0
/*
 * An object with a program of the right name and nothing else, that calls no kernel function.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int xdp_wg(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
