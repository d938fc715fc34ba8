// SPDX-License-Identifier: GPL-2.0
/*
 * Asks what the sender of a frame has left undone, where test runs do not come: in drivers, in
 * generic XDP, in a cpumap, at the egress of a devmap.
 */

#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include "kernel.h"

struct ports {
	__be16 source, dest;
};

/* Frames to this port are asked about; bytes to take from its end before. */
__u16 wanted;
__u32 cut;

/* Of the last one: what the kfunc said, and how many there were. */
struct bpf_wg_unfinished place;
int what;
__u32 asked;

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} devices SEC(".maps");

static __always_inline int is_wanted(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = data;
	const struct ports *ports = data + sizeof(*eth) + sizeof(struct iphdr);

	return (void *)(ports + 1) <= end && eth->h_proto == bpf_htons(ETH_P_IP) &&
	       bpf_ntohs(ports->dest) == wanted;
}

static __always_inline int ask(struct xdp_md *ctx)
{
	if (!is_wanted(ctx))
		return XDP_PASS;
	if (cut && bpf_xdp_adjust_tail(ctx, -(int)cut))
		return XDP_ABORTED;
	what = bpf_xdp_wg_unfinished(ctx, &place, sizeof(place));
	__sync_fetch_and_add(&asked, 1);
	return XDP_DROP;
}

SEC("xdp")
int asks(struct xdp_md *ctx)
{
	return ask(ctx);
}

SEC("xdp/cpumap")
int asks_in_cpumap(struct xdp_md *ctx)
{
	return ask(ctx);
}

SEC("xdp/devmap")
int asks_in_devmap(struct xdp_md *ctx)
{
	return ask(ctx);
}

SEC("xdp")
int to_cpumap(struct xdp_md *ctx)
{
	return is_wanted(ctx) ? bpf_redirect_map(&cpus, 0, XDP_ABORTED) : XDP_PASS;
}

SEC("xdp")
int to_devmap(struct xdp_md *ctx)
{
	return is_wanted(ctx) ? bpf_redirect_map(&devices, 0, XDP_ABORTED) : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
