// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody else's programs at the tcx hook: one that counts, one that lets nothing large through,
 * and two that know of the room in front of a packet: how much there is, and how to have more.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/types.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* What a message needs in front of its packet, at least and at most: IPv4 or IPv6, UDP, itself. */
#define LEAST_HEADERS 44
#define MOST_HEADERS 64

extern __u32 bpf_skb_wg_headroom(struct __sk_buff *ctx) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} tcx_seen SEC(".maps");

/* IP packets with less room than any headers need, with enough for all, and the others. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 3);
} tcx_rooms SEC(".maps");

SEC("tcx/ingress")
int tcx_count(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 *seen = bpf_map_lookup_elem(&tcx_seen, &key);

	if (seen && skb->protocol == bpf_htons(ETH_P_IP))
		__sync_fetch_and_add(seen, 1);
	return TCX_NEXT;
}

SEC("tcx/ingress")
int tcx_no_large(struct __sk_buff *skb)
{
	return skb->len > 1000 ? TCX_DROP : TCX_NEXT;
}

static __always_inline int is_ip(const struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IP) || skb->protocol == bpf_htons(ETH_P_IPV6);
}

static __always_inline void count_room(struct __sk_buff *skb)
{
	__u32 room = bpf_skb_wg_headroom(skb), key = 2;
	__u64 *seen;

	if (room < LEAST_HEADERS)
		key = 0;
	else if (room >= MOST_HEADERS)
		key = 1;
	seen = bpf_map_lookup_elem(&tcx_rooms, &key);
	if (seen)
		__sync_fetch_and_add(seen, 1);
}

SEC("tcx/ingress")
int tcx_room(struct __sk_buff *skb)
{
	if (is_ip(skb))
		count_room(skb);
	return TCX_NEXT;
}

/* What was headers is room once they are gone. */
SEC("tcx/ingress")
int tcx_more_room(struct __sk_buff *skb)
{
	if (!is_ip(skb))
		return TCX_NEXT;
	if (bpf_skb_adjust_room(skb, MOST_HEADERS, BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_NO_CSUM_RESET) ||
	    bpf_skb_adjust_room(skb, -MOST_HEADERS, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		return TCX_DROP;
	count_room(skb);
	return TCX_NEXT;
}

char _license[] SEC("license") = "GPL";
