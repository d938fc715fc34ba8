// SPDX-License-Identifier: GPL-2.0
/*
 * A measuring point: counts the packets that reach an interface and drops them. Only those of the
 * benchmark; the others, such as neighbour discovery, go on.
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "drop.h"

#define VLAN_TAG_LENGTH 4

/* Frames shorter than this are not the benchmark's: ARP, neighbour discovery, keepalives. */
const volatile __u32 min_length;

/* A counter for each CPU. Mapped into the sender, which waits for them without a system call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DROP_CPUS);
	__type(key, __u32);
	__type(value, __u64);
} arrived SEC(".maps");

/* How many have to arrive, on one CPU, for the sender to be woken. It writes that here. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} awaited SEC(".maps");

/* What wakes it. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} wake SEC(".maps");

static __always_inline void count_packet(void)
{
	__u32 cpu = bpf_get_smp_processor_id(), key = 0;
	__u64 *count, *target;

	count = bpf_map_lookup_elem(&arrived, &cpu);
	target = bpf_map_lookup_elem(&awaited, &key);
	if (!count || !target)
		return;
	*count += 1;
	if (*count == *target)
		bpf_ringbuf_output(&wake, count, sizeof(*count), BPF_RB_FORCE_WAKEUP);
}

static __always_inline int protocol(struct xdp_md *ctx, const struct ethhdr *eth)
{
	const struct iphdr *ip4 = (const void *)(eth + 1);
	const struct ipv6hdr *ip6 = (const void *)(eth + 1);

	if (eth->h_proto == bpf_htons(ETH_P_IP) && (void *)(ip4 + 1) <= (void *)(long)ctx->data_end)
		return ip4->protocol;
	if (eth->h_proto == bpf_htons(ETH_P_IPV6) &&
	    (void *)(ip6 + 1) <= (void *)(long)ctx->data_end)
		return ip6->nexthdr;
	return -1;
}

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	const struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end ||
	    ctx->data_end - ctx->data < min_length)
		return XDP_PASS;
	/* Behind a tag, there is an EtherType at the same distance from what follows. */
	if (eth->h_proto == bpf_htons(ETH_P_8021Q))
		eth = (void *)eth + VLAN_TAG_LENGTH;
	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	if (protocol(ctx, eth) != IPPROTO_UDP)
		return XDP_PASS;
	count_packet();
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
