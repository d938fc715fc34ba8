// SPDX-License-Identifier: GPL-2.0
/*
 * RSS: by the flow as received, whose CPU is remembered, so that a flow stays where it is when the
 * table changes.
 */

#include "rss.h"

struct tuple {
	__be32 src[4];
	__be32 dst[4];
	__be16 sport;
	__be16 dport;
	__u32 protocol;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct tuple);
	__type(value, __u32); /* a CPU */
} rss_tuples SEC(".maps");

static __always_inline __u32 rss_choose(struct xdp_md *ctx, struct rss_metadata *found,
					struct wg_device *wg)
{
	const struct bpf_wg_flow *flow = &found->packet.flow;
	struct tuple tuple = {
		.sport = flow->sport,
		.dport = flow->dport,
		.protocol = flow->protocol,
	};
	__u32 *known, cpu;

	__builtin_memcpy(tuple.src, flow->src, sizeof(tuple.src));
	__builtin_memcpy(tuple.dst, flow->dst, sizeof(tuple.dst));
	known = bpf_map_lookup_elem(&rss_tuples, &tuple);
	if (known)
		return *known;
	cpu = rss_entry(hash_flow(flow, rss.seed));
	bpf_map_update_elem(&rss_tuples, &tuple, &cpu, BPF_ANY);
	return cpu;
}

RSS_PROGRAM(rss_tuple_steering);
