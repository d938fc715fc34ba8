// SPDX-License-Identifier: GPL-2.0
/*
 * A refused encryption of a frame that may have VLAN tags.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "refusal.h"

SEC("xdp")
int refused(struct xdp_md *ctx)
{
	be_refused(ctx);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
