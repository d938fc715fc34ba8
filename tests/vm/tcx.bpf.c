// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody else's programs at the tcx hook: one that counts, and one that lets nothing large
 * through.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/types.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} tcx_seen SEC(".maps");

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

char _license[] SEC("license") = "GPL";
