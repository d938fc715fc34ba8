/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netfilter's consent, for those who ask for it: a packet that it has rules for goes fast if the
 * stack has just let another one of the same flow through. The module knows, and keeps the order of
 * a flow whose packets pass for it now and then.
 */
#ifndef BPF_CONSENT_H
#define BPF_CONSENT_H

#include <linux/errno.h>

#include "config.h"
#include "ip.h"
#include "kfuncs.h"
#include "xdp_wg.h"

static __always_inline int consent_reason(int ret)
{
	switch (ret) {
	case 0:
		return 0;
	case -ETIME:
		return XDP_WG_SAMPLE;
	case -EAGAIN:
		return XDP_WG_ORDER;
	}
	return XDP_WG_NETFILTER;
}

/* One question at a time: on the stack it would take too much. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_wg_consent);
} xdp_wg_consent SEC(".maps");

/*
 * A new question, or NULL. An skb brings its mark and priority to the egress, where they may be of
 * interest.
 */
static __always_inline struct bpf_wg_consent *consent_new(__u32 needs)
{
	struct bpf_wg_consent *consent;
	__u32 key = 0;

	consent = bpf_map_lookup_elem(&xdp_wg_consent, &key);
	if (!consent)
		return NULL;
	consent->needs = needs;
	consent->flags = config.flags & XDP_WG_SKB_MODE ? BPF_WG_CONSENT_MARKS : 0;
	consent->sample = config.sample;
	return consent;
}

/*
 * The reason to pass a packet to encrypt, or 0. needs has what check_way() has found; there is
 * nothing to ask where that is 0, unless the packet was routed by what was recalled of its flow.
 * One that passes for the order of its flow is counted. What comes of it is left in *answer, if
 * something was asked.
 */
static __always_inline int consent_encap(struct wg_peer *peer, const struct packet *packet,
					 const struct bpf_wg_route *route, int order, __u32 needs,
					 struct bpf_wg_consent **answer)
{
	struct bpf_wg_consent *consent;
	int reason;

	if (packet->recall.place)
		needs |= BPF_WG_HOOKS_INNER;
	if (!needs)
		return order;
	consent = consent_new(needs);
	if (!consent)
		return XDP_WG_NETFILTER;
	if (order)
		consent->flags |= BPF_WG_CONSENT_PASSES;
	consent->inner_recall = packet->recall;
	consent->outer_recall = (struct bpf_wg_recall){};
	*answer = consent;
	reason = consent_reason(bpf_wg_consent_encrypt(peer, &packet->flow, route, consent));
	return reason == XDP_WG_ORDER && order ? order : reason;
}

/* The same for a packet to decrypt, with the next hop of the one in it. */
static __always_inline int consent_decap(struct wg_peer *peer, const struct packet *outer,
					 const struct packet *inner, const __be32 *nexthop,
					 int order, __u32 needs, struct bpf_wg_consent **answer)
{
	struct bpf_wg_consent *consent;
	int reason;

	if (inner->recall.place)
		needs |= BPF_WG_HOOKS_INNER;
	if (outer->recall.place)
		needs |= BPF_WG_HOOKS_OUTER;
	if (!needs)
		return order;
	consent = consent_new(needs);
	if (!consent)
		return XDP_WG_NETFILTER;
	if (order)
		consent->flags |= BPF_WG_CONSENT_PASSES;
	__builtin_memcpy(consent->nexthop, nexthop, sizeof(consent->nexthop));
	consent->inner_recall = inner->recall;
	consent->outer_recall = outer->recall;
	*answer = consent;
	reason = consent_reason(bpf_wg_consent_decrypt(peer, &outer->flow, &inner->flow, consent));
	return reason == XDP_WG_ORDER && order ? order : reason;
}

/* Whether netfilter translates a flow of the packet, of enum bpf_wg_hooks_flags. */
static __always_inline int consent_translates(const struct bpf_wg_consent *consent, __u32 whose)
{
	return consent && consent->translates & whose;
}

/* The packet has gone; lengths are of IP packets. */
static __always_inline void consent_used(struct wg_peer *peer, const struct bpf_wg_consent *consent,
					 __u32 inner, __u32 outer)
{
	if (consent && (consent->tickets[0] || consent->tickets[1]))
		bpf_wg_consent_used(peer, consent, inner, outer);
}

#endif /* BPF_CONSENT_H */
