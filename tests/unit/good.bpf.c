// SPDX-License-Identifier: GPL-2.0
/*
 * An object with all that the command looks for, calling two kernel functions.
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

/* A variable of the kernel is in the same section as its functions. */
extern const void init_net __ksym __weak;
extern int first_kfunc(struct xdp_md *ctx) __ksym;
extern void second_kfunc(int number) __ksym __weak;

SEC("xdp.frags")
int xdp_wg(struct xdp_md *ctx)
{
	__u32 reason = config.flags;

	if (!bpf_map_lookup_elem(&xdp_wg_counters, &reason) || !&init_net)
		return XDP_ABORTED;
	if (first_kfunc(ctx) && second_kfunc)
		second_kfunc(1);
	return XDP_PASS;
}

SEC("xdp")
int other_program(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
