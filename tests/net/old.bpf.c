// SPDX-License-Identifier: GPL-2.0
/*
 * A component that says of itself that it is xdp_wg of version 0.1.0, with layout 1. It passes
 * everything.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <xdp/xdp_helpers.h>

const volatile struct {
	__u32 layout, version, flags, pad;
} config SEC(".rodata.config") = { .layout = 1, .version = 0x000100 };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 37);
	__type(key, __u32);
	__type(value, __u64[2]);
} xdp_wg_counters SEC(".maps");

struct {
	__uint(priority, 30);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(xdp_wg);

SEC("xdp.frags")
int xdp_wg(struct xdp_md *ctx)
{
	__u32 key = config.flags;
	__u64 *counter = bpf_map_lookup_elem(&xdp_wg_counters, &key);

	(void)ctx;
	if (counter)
		++*counter;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
