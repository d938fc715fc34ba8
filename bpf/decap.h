/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Decapsulation: a data message for this host is decrypted in place and the packet inside is
 * forwarded. It cannot be given back once it is decrypted, so its header is peeked at, and all is
 * decided, before.
 */
#ifndef BPF_DECAP_H
#define BPF_DECAP_H

#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/udp.h>

#include "classify.h"
#include "consent.h"
#include "pkt.h"
#include "forward.h"
#include "ip.h"
#include "ip_update.h"
#include "message.h"
#include "nat.h"

struct decap {
	struct message message;
	struct bpf_wg_consent *consent; /* what netfilter has to say, or NULL */
	__u32 inner; /* length of the inner packet */
	__u32 ifindex; /* egress of the route */
	struct bpf_wg_egress egress;
	__be32 nexthop[4];
	__be16 smac[ETH_ALEN / 2];
	__u8 nh_family;
	__u8 family; /* of the inner packet */
	__u8 protocol; /* likewise */
	__u8 ecn; /* of the outer header */
};

/* A data message and the packet in it, as a peek shows it. */
struct preview {
	struct message message;
	struct packet inner;
};

/* What a peeked block is parsed as. The union also aligns it. */
union peeked {
	struct bpf_wg_block block;
	struct iphdr v4;
	struct ipv6hdr v6;
};

static __always_inline int decrypt_reason(int ret)
{
	switch (ret) {
	case -EBADMSG:
		return XDP_WG_AUTH;
	case -EALREADY:
		return XDP_WG_REPLAY;
	case -EAGAIN:
		return XDP_WG_NEW_KEY;
	case -ESTALE:
		return XDP_WG_WINDOW;
	case -ENODATA:
	case -EPROTO:
		return XDP_WG_NOT_DATA;
	case -ENOKEY:
	case -EKEYEXPIRED:
		return XDP_WG_NO_KEY;
	case -ENOENT:
		return XDP_WG_NO_PEER;
	case -ESHUTDOWN:
		return XDP_WG_SHUTDOWN;
	case -EBUSY:
	case -EOPNOTSUPP:
		return XDP_WG_ROOM;
	}
	return XDP_WG_MALFORMED;
}

/* Parse the inner packet of a message whose plaintext has room bytes. */
static __always_inline int decap_parse(struct packet *inner, const union peeked *peeked, __u32 room)
{
	const __u8 *l4;
	int reason;

	if (peeked->v4.version == 4 && room >= sizeof(peeked->v4)) {
		reason = ip4_parse(inner, &peeked->v4, room);
		l4 = peeked->block.data + sizeof(peeked->v4);
	} else if (peeked->v4.version == 6 && room >= sizeof(peeked->v6)) {
		reason = ip6_parse(inner, &peeked->v6, room);
		l4 = peeked->block.data + sizeof(peeked->v6);
	} else {
		return XDP_WG_INNER;
	}
	if (reason)
		return reason;
	ip_parse_l4(inner, (const struct l4_ports *)l4, l4 + TCP_OFFSET_AND_FLAGS);
	if (config.flags & XDP_WG_CONNTRACK)
		ip_parse_connection(inner, (const struct l4_header *)l4);
	return 0;
}

/* Whether the peer may send with this inner source address. */
static __always_inline int decap_source_allowed(struct wg_device *wg, const struct wg_peer *peer,
						const struct packet *inner)
{
	struct wg_peer *owner;
	int allowed;

	if (inner->flow.family == AF_INET)
		owner = bpf_wg_peer_allowedips_lookup(wg, inner->flow.src, 4);
	else
		owner = bpf_wg_peer_allowedips_lookup(wg, inner->flow.src, 16);
	if (!owner)
		return 0;
	allowed = owner == peer;
	bpf_wg_peer_put(owner);
	return allowed;
}

/* Whether a WireGuard device is at the end of a route. */
static __always_inline int is_tunnel(pkt_ctx *ctx, __u32 ifindex)
{
	struct wg_device *wg = pkt_device_by_index(ctx, ifindex);

	if (!wg)
		return 0;
	bpf_wg_device_put(wg);
	return 1;
}

/* Find the way of the inner packet, which comes in by the WireGuard device. */
static __always_inline int decap_route(pkt_ctx *ctx, struct packet *inner, struct decap *plan)
{
	struct bpf_wg_recalled recalled;
	struct bpf_fib_lookup fib;
	int reason;

	if (config.flags & XDP_WG_CONNTRACK && recall(ctx, inner, &recalled))
		redirect(inner, &recalled);
	reason = check_forwardable(inner);
	if (reason)
		return reason;
	reason = fib_reason(fib_lookup(ctx, inner, &fib, 0));
	if (reason == XDP_WG_NEIGHBOUR && is_tunnel(ctx, fib.ifindex))
		return XDP_WG_NESTED;
	if (reason == XDP_WG_LOCAL)
		reason = local_reason(ctx, inner);
	if (reason == XDP_WG_LOCAL)
		return XDP_WG_INNER;
	if (reason)
		return reason;

	inner->flow.oif = fib.ifindex;
	reason = check_input(ctx, inner);
	if (reason)
		return reason;

	plan->ifindex = fib.ifindex;
	plan->egress = (struct bpf_wg_egress){ .ifindex = fib.ifindex };
	plan->nh_family = fib.family;
	__builtin_memcpy(plan->nexthop, fib.ipv6_dst, sizeof(plan->nexthop));
	__builtin_memcpy(plan->smac, fib.smac, ETH_ALEN);
	__builtin_memcpy(plan->egress.dmac, fib.dmac, ETH_ALEN);
	return 0;
}

/*
 * Read the inner packet of a data message. In a function of its own, so that the block takes no
 * stack any more when the packet is routed. Returns 0 or the reason to pass.
 */
static __always_inline int decap_peek(pkt_ctx *ctx, const struct message *message,
				      struct wg_peer *peer, struct packet *inner)
{
	union peeked peeked;
	int ret;

	ret = pkt_peek(ctx, message->offset, message->length, peer, &peeked.block);
	if (ret < 0)
		return decrypt_reason(ret);
	return decap_parse(inner, &peeked, message->length - MESSAGE_OVERHEAD);
}

/*
 * Decide about the data message plan->message, which arrived in the outer packet for wg. known is
 * what it holds if it was peeked at before, or NULL; order is as in decide_encap(). Only reads.
 * Returns 0 with the plan made, or the reason to pass.
 */
static __always_inline int decide_decap(pkt_ctx *ctx, struct packet *outer, struct wg_device *wg,
					struct wg_peer *peer, const struct preview *known,
					int order, __u32 flags, struct decap *plan)
{
	struct packet inner = {};
	__u32 way = 0, needs = 0;
	int reason;

	if (bpf_wg_endpoint_match(peer, &outer->flow, sizeof(outer->flow)) != 1)
		return XDP_WG_ENDPOINT;
	reason = outer->accepted ? 0 : check_input(ctx, outer);
	if (reason)
		return reason;
	if (pkt_make_linear(ctx))
		return XDP_WG_ROOM;
	if (known)
		inner = known->inner;
	else
		reason = decap_peek(ctx, &plan->message, peer, &inner);
	if (reason)
		return reason;
	if (!decap_source_allowed(wg, peer, &inner))
		return XDP_WG_INNER;
	inner.flow.iif = wg->dev->ifindex;
	reason = decap_route(ctx, &inner, plan);
	if (reason)
		return reason;
	plan->inner = inner.length;
	plan->family = inner.flow.family;
	plan->protocol = inner.flow.protocol;
	plan->ecn = outer->flow.tos;

	if (plan->family == AF_INET6)
		way |= BPF_WG_HOOKS_INNER_IPV6;
	if (outer->flow.family == AF_INET6)
		way |= BPF_WG_HOOKS_OUTER_IPV6;
	plan->consent = NULL;
	reason = check_way(ctx, outer->flow.iif, wg, &plan->egress, way, flags, &needs);
	if (reason == XDP_WG_EGRESS && is_tunnel(ctx, plan->ifindex))
		return XDP_WG_NESTED;
	if (reason || !(flags & XDP_WG_CONNTRACK))
		return reason ?: order;
	return consent_decap(peer, outer, &inner, plan->nexthop, order, needs, &plan->consent);
}

/* Forward the inner header, which is at offset: congestion marks of the outer one, one hop less. */
static __always_inline int decap_update_inner(pkt_ctx *ctx, __u32 offset, const struct decap *plan)
{
	if (plan->family == AF_INET) {
		struct iphdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return -1;
		ip4_set_ecn(ip, ecn_decapsulate(plan->ecn, ip->tos));
		ip4_decrease_ttl(ip);
	} else {
		struct ipv6hdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return -1;
		ip6_set_ecn(ip, ecn_decapsulate(plan->ecn, bpf_ntohl(*(__be32 *)ip) >> 20));
		ip->hop_limit--;
	}
	return 0;
}

/* What netfilter translates: there is no way back any more. */
static __always_inline int decap_translate(pkt_ctx *ctx, __u32 offset, const struct decap *plan,
					   __u32 flags)
{
	struct nat nat = {
		.offset = offset,
		.family = plan->family,
		.protocol = plan->protocol,
	};
	__u16 ignored;

	if (!(flags & XDP_WG_CONNTRACK) || !consent_translates(plan->consent, BPF_WG_HOOKS_INNER))
		return 0;
	nat.tuple = &plan->consent->inner_become;
	return nat_translate(ctx, &nat, &ignored);
}

static __always_inline int decap_write_link(pkt_ctx *ctx, const struct decap *plan)
{
	struct link_header *link = pkt_at(ctx, 0, sizeof(*link));

	if (!link)
		return -1;
	__builtin_memcpy(link->dest, plan->egress.dmac, ETH_ALEN);
	__builtin_memcpy(link->source, plan->smac, ETH_ALEN);
	link->proto = bpf_htons(plan->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	return 0;
}

/*
 * Carry the plan out on a frame. Returns XDP_WG_DECAP with the frame ready to be sent, or the
 * reason to pass with the frame as it was, or the reason to drop.
 */
static __always_inline int commit_decap(pkt_ctx *ctx, const struct frame *frame,
					const struct decap *plan, struct wg_peer *peer, __u32 flags)
{
	__u32 head = plan->message.offset + sizeof(struct message_data) - sizeof(struct ethhdr);
	__u32 length = sizeof(struct ethhdr) + plan->inner;
	int ret;

	ret = pkt_decrypt(ctx, plan->message.offset, plan->message.length, peer);
	if (ret)
		return decrypt_reason(ret);
	if (pkt_strip(ctx, head, length, frame->length - head - length, plan->family == AF_INET6,
		      flags))
		return XDP_WG_BROKEN;
	if (decap_write_link(ctx, plan) || decap_update_inner(ctx, sizeof(struct ethhdr), plan) ||
	    decap_translate(ctx, sizeof(struct ethhdr), plan, flags) ||
	    pkt_tag(ctx, plan->ifindex, &plan->egress, length) || pkt_decapsulated(ctx, peer))
		return XDP_WG_BROKEN;
	if (flags & XDP_WG_CONNTRACK)
		consent_used(peer, plan->consent, plan->inner,
			     plan->message.offset + plan->message.length - frame->network);
	neigh_used(ctx, plan->ifindex, plan->nh_family, plan->nexthop);
	return XDP_WG_DECAP;
}

#endif /* BPF_DECAP_H */
