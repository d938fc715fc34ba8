/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of the decision that plain forwarding would make as well, for the inner packet of
 * either direction: where does it go, does the stack forward it, does it fit.
 */
#ifndef BPF_FORWARD_H
#define BPF_FORWARD_H

#include <linux/errno.h>

#include "config.h"
#include "pkt.h"
#include "ip.h"

/*
 * Learn what the stack's routing goes by for a packet, beside what is in it; see
 * bpf_xdp_wg_flow_recall(). Returns whether there is another destination, for redirect().
 */
static __always_inline int recall(pkt_ctx *ctx, struct packet *packet,
				  struct bpf_wg_recalled *recalled)
{
	int ret = pkt_flow_recall(ctx, &packet->flow, recalled);

	if (ret < 0)
		return 0;
	packet->recall = recalled->recall;
	return ret;
}

/* From now on the packet is one to that destination. */
static __always_inline void redirect(struct packet *packet, const struct bpf_wg_recalled *recalled)
{
	packet->flow.dport = recalled->dport;
	__builtin_memcpy(packet->flow.dst, recalled->dst, sizeof(packet->flow.dst));
}

/* Ask the routing tables, as the stack would for a packet that came in by packet->flow.iif. */
static __always_inline long fib_lookup(pkt_ctx *ctx, const struct packet *packet,
				       struct bpf_fib_lookup *fib, __u32 flags)
{
	const struct bpf_wg_flow *flow = &packet->flow;

	__builtin_memset(fib, 0, sizeof(*fib));
	fib->family = flow->family;
	fib->l4_protocol = flow->protocol;
	fib->sport = flow->sport;
	fib->dport = flow->dport;
	fib->tot_len = packet->length;
	fib->ifindex = flow->iif;
	if (flow->family == AF_INET) {
		fib->tos = flow->tos;
		fib->ipv4_src = flow->src[0];
		fib->ipv4_dst = flow->dst[0];
	} else {
		fib->flowinfo = packet->flowinfo;
		__builtin_memcpy(fib->ipv6_src, flow->src, sizeof(fib->ipv6_src));
		__builtin_memcpy(fib->ipv6_dst, flow->dst, sizeof(fib->ipv6_dst));
	}
	/* No route goes by the identifier of an echo. */
	if (config.flags & XDP_WG_CONNTRACK &&
	    flow->flags & (BPF_WG_FLOW_ECHO | BPF_WG_FLOW_ECHO_REPLY))
		fib->sport = 0;
	if (config.flags & XDP_WG_CONNTRACK && packet->recall.mark) {
		fib->mark = packet->recall.mark;
		flags |= BPF_FIB_LOOKUP_MARK;
	}
	return pkt_fib_lookup(ctx, fib, flags);
}

/* The reason to pass for what a lookup of a packet to forward returned; 0 for a route. */
static __always_inline int fib_reason(long ret)
{
	switch (ret) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		return 0;
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		return XDP_WG_FORWARDING_OFF;
	case BPF_FIB_LKUP_RET_NOT_FWDED:
		return XDP_WG_LOCAL;
	case BPF_FIB_LKUP_RET_UNSUPP_LWT:
		return XDP_WG_POLICY;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return XDP_WG_NEIGHBOUR;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return XDP_WG_MTU;
	}
	return XDP_WG_NO_ROUTE;
}

/* Whether the stack would accept the packet at its input, and by its route; flow->oif is known. */
static __always_inline int check_input(pkt_ctx *ctx, struct packet *packet)
{
	switch (pkt_flow_validate(ctx, &packet->flow, packet->recall.mark)) {
	case 0:
		if (packet->flow.mtu && packet->length > packet->flow.mtu)
			return XDP_WG_MTU;
		return 0;
	case -EPERM:
	case -EOPNOTSUPP:
		return XDP_WG_POLICY;
	case -EINPROGRESS:
		return XDP_WG_NETFILTER;
	case -EADDRNOTAVAIL:
		return XDP_WG_NO_ROUTE;
	case -ENETDOWN:
		return XDP_WG_FORWARDING_OFF;
	}
	return XDP_WG_SOURCE;
}

/* Whether a router may forward a packet with this header at all. */
static __always_inline int check_forwardable(const struct packet *packet)
{
	if (ip_addresses_special(packet))
		return XDP_WG_ADDRESS;
	if (packet->ttl <= 1)
		return XDP_WG_TTL;
	/* Several next hops are chosen from by the packet that the error is about. */
	if (packet->icmp_error)
		return XDP_WG_ICMP_ERROR;
	return 0;
}

/*
 * The reason to pass a packet that is not to be forwarded. bpf_fib_lookup() has the same answer for
 * an address of this host and for one that there is no route to.
 */
static __always_inline int local_reason(pkt_ctx *ctx, struct packet *packet)
{
	if (check_input(ctx, packet) != XDP_WG_NO_ROUTE)
		return XDP_WG_LOCAL;
	return ip_addresses_special(packet) ? XDP_WG_ADDRESS : XDP_WG_NO_ROUTE;
}

/*
 * Whether a packet may go through wg and out by the interface of its route: it can leave there, or
 * by the port below, which egress is set to, and nobody would see it on the stack's way. Those who
 * make the rules decide, unless flags, which is enum xdp_wg_flags, says otherwise; where their
 * consent will do, needs is set to whose. way is the direction and the families, of enum
 * bpf_wg_hooks_flags. To be asked last, when the plan is known. iif is where the packet came in,
 * and egress is set to where its route leaves, and whom it is sent to.
 */
static __always_inline int check_way(pkt_ctx *ctx, __u32 iif, struct wg_device *wg,
				     struct bpf_wg_egress *egress, __u32 way, __u32 flags,
				     __u32 *needs)
{
	int seen;

	if (!(flags & XDP_WG_SKB_MODE))
		way |= BPF_WG_HOOKS_NATIVE;
	if (!(flags & XDP_WG_BYPASS_NETFILTER))
		way |= BPF_WG_HOOKS_NETFILTER;
	if (!(flags & XDP_WG_BYPASS_TC))
		way |= BPF_WG_HOOKS_TC;
	if (flags & XDP_WG_CONNTRACK)
		way |= BPF_WG_HOOKS_CONSENT;
	seen = pkt_hooks(ctx, iif, wg, egress, way);
	switch (seen) {
	case 0:
		return 0;
	case BPF_WG_HOOKS_NETFILTER:
		return XDP_WG_NETFILTER;
	case BPF_WG_HOOKS_TC:
		return XDP_WG_TRAFFIC_CONTROL;
	}
	if (seen == -EBUSY)
		return XDP_WG_BRIDGE;
	if (seen < 0)
		return XDP_WG_EGRESS;
	*needs = seen;
	return 0;
}

/* A neighbour is about to be sent to: probe it if it has not been heard of for long. */
static __always_inline void neigh_used(pkt_ctx *ctx, __u32 ifindex, __u8 family,
				       const __be32 *nexthop)
{
	if (family == AF_INET)
		pkt_neigh_probe4(ctx, ifindex, nexthop);
	else
		pkt_neigh_probe6(ctx, ifindex, nexthop);
}

#endif /* BPF_FORWARD_H */
