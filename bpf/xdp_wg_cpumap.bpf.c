// SPDX-License-Identifier: GPL-2.0
/*
 * The program of the cpumap: the same datapath, on the CPU that an RSS program chose. What it
 * passes goes to the stack, since the dispatcher's chain is behind it.
 *
 * The kernel wants this program and the one that redirects here to agree on whether they take
 * frames in more than one buffer. A component is loaded without a word of that, which its
 * dispatcher has to say, so there must be none here: RSS programs leave such frames to the stack.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "rss_datapath.h"
#include "rss_lanes.h"

/* Where a program keeps what it was told: on the stack it would take too much. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rss_metadata);
} rss_metadata SEC(".maps");

/* Go on with a frame, where h is for what is known of it. Returns the verdict. */
static __always_inline int take_over(struct xdp_md *ctx, struct rss_metadata *h)
{
	struct frame frame = { .length = pkt_length(ctx) };

	if (rss_metadata_load(ctx, h)) {
		frame.mtu = h->mtu;
		frame.finished = h->finished;
		frame.network = sizeof(struct ethhdr) + h->tags * VLAN_TAG_LENGTH;
		frame.above = h->packet.flow.iif != ctx->ingress_ifindex;
		if (h->from)
			lane_processed(h->from - 1, h->to, h->number);
	} else {
		__builtin_memset(h, 0, sizeof(*h));
		h->reason = classify(ctx, &frame, &h->packet);
	}
	return rss_go_on(ctx, h, &frame);
}

/*
 * A driver runs a program where RCU protects all that it reads. A cpumap has bottom halves off,
 * which is as good, but not to bpf_fib_lookup(), which says so on a kernel that checks itself.
 */
SEC("xdp/cpumap")
int xdp_wg_cpumap(struct xdp_md *ctx)
{
	struct rss_metadata *h;
	__u32 key = 0;
	int verdict;

	h = bpf_map_lookup_elem(&rss_metadata, &key);
	if (!h)
		return XDP_PASS;
	bpf_rcu_read_lock();
	verdict = take_over(ctx, h);
	bpf_rcu_read_unlock();
	return verdict;
}

char _license[] SEC("license") = "GPL";
