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

/* An skb brings its mark and priority to the egress, where they may be of interest. */
static __always_inline void consent_prepare(struct bpf_wg_consent *consent)
{
	consent->sample = config.sample;
	if (config.flags & XDP_WG_SKB_MODE)
		consent->flags |= BPF_WG_CONSENT_MARKS;
}

/*
 * The reason to pass a packet to encrypt, or 0. consent->needs has what check_way() has found;
 * there is nothing to ask where that is 0. One that passes for the order of its flow is counted.
 */
static __always_inline int consent_encap(struct wg_peer *peer, const struct packet *packet,
					 const struct bpf_wg_route *route, int order,
					 struct bpf_wg_consent *consent)
{
	if (!consent->needs)
		return order;
	if (order)
		consent->flags = BPF_WG_CONSENT_PASSES;
	consent_prepare(consent);
	return consent_reason(bpf_wg_consent_encrypt(peer, &packet->flow, route, consent));
}

/* The same for a packet to decrypt, with the next hop of the one in it. */
static __always_inline int consent_decap(struct wg_peer *peer, const struct packet *outer,
					 const struct packet *inner, const __be32 *nexthop,
					 struct bpf_wg_consent *consent)
{
	if (!consent->needs)
		return 0;
	consent_prepare(consent);
	__builtin_memcpy(consent->nexthop, nexthop, sizeof(consent->nexthop));
	return consent_reason(bpf_wg_consent_decrypt(peer, &outer->flow, &inner->flow, consent));
}

/* The packet has gone; lengths are of IP packets. */
static __always_inline void consent_used(struct wg_peer *peer, const struct bpf_wg_consent *consent,
					 __u32 inner, __u32 outer)
{
	if (consent->tickets[0] || consent->tickets[1])
		bpf_wg_consent_used(peer, consent, inner, outer);
}

#endif /* BPF_CONSENT_H */
