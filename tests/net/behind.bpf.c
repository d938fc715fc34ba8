// SPDX-License-Identifier: GPL-2.0
/*
 * An XDP program that comes last in the dispatcher's chain, and counts the pings that are left to
 * it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <xdp/xdp_helpers.h>

#define ICMP_ECHO 8
#define ICMPV6_ECHO_REQUEST 128

struct {
	__uint(priority, 50);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(xdp_behind);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} behind_seen SEC(".maps");

/* The neighbour protocols' packets come at any time: only what a test sends is of interest. */
static __always_inline int is_ping(struct xdp_md *ctx)
{
	const __u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct ethhdr *eth = (void *)data;
	const __u8 *type;

	if (data + sizeof(*eth) + sizeof(struct ipv6hdr) + 1 > end)
		return 0;
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {
		type = data + sizeof(*eth) + sizeof(struct iphdr);
		return *type == ICMP_ECHO;
	}
	type = data + sizeof(*eth) + sizeof(struct ipv6hdr);
	return eth->h_proto == bpf_htons(ETH_P_IPV6) && *type == ICMPV6_ECHO_REQUEST;
}

SEC("xdp.frags")
int xdp_behind(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *seen = bpf_map_lookup_elem(&behind_seen, &key);

	if (seen && is_ping(ctx))
		__sync_fetch_and_add(seen, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
