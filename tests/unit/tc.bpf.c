// SPDX-License-Identifier: GPL-2.0
/*
 * The object for tc, with all that the command looks for.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_wg.h"

const volatile struct xdp_wg_config config SEC(XDP_WG_CONFIG_SECTION);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_WG_REASON_MAX);
	__type(key, __u32);
	__type(value, struct xdp_wg_counter);
} xdp_wg_counters SEC(".maps");

SEC("tcx/ingress")
int tc_wg(struct __sk_buff *ctx)
{
	__u32 reason = config.flags;

	return bpf_map_lookup_elem(&xdp_wg_counters, &reason) ? TCX_NEXT : TCX_DROP;
}

char _license[] SEC("license") = "GPL";
