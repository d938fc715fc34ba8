// SPDX-License-Identifier: GPL-2.0
/*
 * An object whose program has the right name but is of another type.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int xdp_wg(struct __sk_buff *skb)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
