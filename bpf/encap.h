/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Encapsulation: a packet that routes to a WireGuard device is encrypted for its peer and leaves
 * by the route to the peer's endpoint.
 */
#ifndef BPF_ENCAP_H
#define BPF_ENCAP_H

#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/udp.h>

#include "pkt.h"
#include "consent.h"
#include "forward.h"
#include "ip.h"
#include "ip_update.h"
#include "message.h"
#include "nat.h"
#include "unfinished.h"

struct encap {
	struct bpf_wg_route route;
	struct bpf_wg_egress egress;
	struct bpf_wg_consent *consent; /* what netfilter has to say, or NULL */
	__u32 message; /* length of the data message */
	__u32 outer; /* length of the outer headers, IP and UDP */
	__u32 shift; /* by how much the inner packet moves back in its frame */
	__u32 inner; /* length of the inner packet */
	struct bpf_wg_unfinished sum; /* checksum to finish, as in struct frame; or 0 */
	__u8 finished; /* whether one is, or was on another CPU */
	__u32 tail; /* by how much the frame gets longer at its end */
	__u8 ecn; /* of the outer header */
	__u8 family; /* of the inner packet */
	__u8 protocol; /* likewise */
	__be32 ident_source; /* source address (IPv4) that the identification is drawn for */
};

static __always_inline int route_reason(int ret)
{
	switch (ret) {
	case 0:
		return 0;
	case -ESHUTDOWN:
		return XDP_WG_SHUTDOWN;
	case -ENOKEY:
	case -EKEYEXPIRED:
		return XDP_WG_NO_KEY;
	case -EDESTADDRREQ:
		return XDP_WG_ENDPOINT;
	case -EPERM:
		return XDP_WG_POLICY;
	case -EAGAIN:
		return XDP_WG_ORDER;
	case -EHOSTUNREACH:
		return XDP_WG_NEIGHBOUR;
	}
	return XDP_WG_OUTER_ROUTE;
}

static __always_inline int encrypt_reason(int ret)
{
	return ret == -EBUSY || ret == -EOPNOTSUPP ? XDP_WG_ROOM : route_reason(ret);
}

/* Length of the plaintext: padded as the device pads, but never over the route's MTU. */
static __always_inline __u32 padded_length(__u32 length, __u32 mtu)
{
	__u32 padded = (length + MESSAGE_PADDING - 1) & ~(MESSAGE_PADDING - 1);

	return mtu && padded > mtu ? mtu : padded;
}

/* Netfilter translates the source of the outer packet when all else is done. */
static __always_inline void encap_translate_outer(struct encap *plan)
{
	const struct bpf_wg_tuple *become = &plan->consent->outer_become;

	plan->route.sport = become->sport;
	__builtin_memcpy(plan->route.src, become->src, sizeof(plan->route.src));
}

/*
 * Decide about a packet for a peer, which routes to wg; what is unfinished of it is settled. order
 * is the reason to pass because of others of its flow, or 0. Only reads. Returns 0 with the plan
 * made, or the reason to pass.
 */
static __always_inline int decide_encap(pkt_ctx *ctx, struct packet *packet,
					const struct frame *frame, struct wg_device *wg,
					struct wg_peer *peer, int order, __u32 flags,
					struct encap *plan)
{
	/* The bytes that follow the packet in the frame. */
	__u32 trailing = frame->length - frame->network - packet->length;
	__u32 way = BPF_WG_HOOKS_ENCRYPT;
	__u32 mtu = frame->mtu;
	__u32 plaintext, needs = 0;
	int reason;

	__builtin_memset(plan, 0, sizeof(*plan));
	reason = route_reason(bpf_wg_peer_route(peer, &plan->route, sizeof(plan->route)));
	if (reason)
		return reason;
	reason = check_input(ctx, packet);
	if (reason)
		return reason;

	plan->outer =
		sizeof(struct udphdr) +
		(plan->route.family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	/* Tags that it came with are not kept. */
	plan->shift =
		plan->outer + sizeof(struct message_data) + sizeof(struct ethhdr) - frame->network;
	if (packet->flow.mtu && packet->flow.mtu < mtu)
		mtu = packet->flow.mtu;
	plaintext = padded_length(packet->length, mtu);
	plan->message = MESSAGE_OVERHEAD + plaintext;
	if (plan->outer + plan->message > plan->route.mtu)
		return XDP_WG_MTU;
	/* Bytes that follow the packet become padding and tag; there are at most as many. */
	if (trailing > plaintext - packet->length + MESSAGE_TAG)
		return XDP_WG_MALFORMED;
	plan->tail = plaintext - packet->length + MESSAGE_TAG - trailing;
	plan->inner = packet->length;
	if (frame->unfinished == BPF_WG_UNFINISHED_SUM) {
		plan->sum = frame->sum;
		if (plan->sum.field + plan->shift > PKT_MAX_HEADERS)
			return XDP_WG_CHECKSUM;
	}
	plan->finished = frame->finished || plan->sum.field;
	plan->ecn = ecn_encapsulate(packet->flow.tos);
	plan->family = packet->flow.family;
	plan->protocol = packet->flow.protocol;
	plan->ident_source = plan->route.src[0];

	if (plan->family == AF_INET6)
		way |= BPF_WG_HOOKS_INNER_IPV6;
	if (plan->route.family == AF_INET6)
		way |= BPF_WG_HOOKS_OUTER_IPV6;
	plan->egress.ifindex = plan->route.ifindex;
	__builtin_memcpy(plan->egress.dmac, plan->route.dmac, ETH_ALEN);
	reason = check_way(ctx, packet->flow.iif, wg, &plan->egress, way, flags, &needs);
	if (reason)
		return reason;
	if (!(flags & XDP_WG_CONNTRACK))
		return order;
	reason = consent_encap(peer, packet, &plan->route, order, needs, &plan->consent);
	if (!reason && consent_translates(plan->consent, BPF_WG_HOOKS_OUTER))
		encap_translate_outer(plan);
	return reason;
}

/* Where the inner packet is in the frame to be. */
static __always_inline __u32 encap_inner(const struct encap *plan)
{
	return sizeof(struct ethhdr) + plan->outer + sizeof(struct message_data);
}

/* One hop less for the inner packet; what it had before is saved for encap_restore_ttl(). */
static __always_inline int encap_decrease_ttl(pkt_ctx *ctx, const struct encap *plan,
					      struct iphdr *saved)
{
	__u32 offset = encap_inner(plan);

	if (plan->family == AF_INET) {
		struct iphdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return -1;
		saved->ttl = ip->ttl;
		saved->check = ip->check;
		ip4_decrease_ttl(ip);
	} else {
		struct ipv6hdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return -1;
		saved->ttl = ip->hop_limit;
		ip->hop_limit--;
	}
	return 0;
}

static __always_inline void encap_restore_ttl(pkt_ctx *ctx, const struct encap *plan,
					      const struct iphdr *saved)
{
	__u32 offset = encap_inner(plan);

	if (plan->family == AF_INET) {
		struct iphdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return;
		ip->ttl = saved->ttl;
		ip->check = saved->check;
	} else {
		struct ipv6hdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (ip)
			ip->hop_limit = saved->ttl;
	}
}

/* Finish the checksum of the inner packet. What was there is saved for encap_restore_sum(). */
static __always_inline int encap_finish_sum(pkt_ctx *ctx, const struct encap *plan, __u16 *saved)
{
	if (!plan->sum.field)
		return 0;
	return finish_sum(ctx, plan->sum.start + plan->shift, plan->sum.field + plan->shift,
			  encap_inner(plan) + plan->inner, saved);
}

static __always_inline void encap_restore_sum(pkt_ctx *ctx, const struct encap *plan, __u16 saved)
{
	if (plan->sum.field)
		restore_sum(ctx, plan->sum.field + plan->shift, saved);
}

/* Whether the inner packet is to be translated. */
static __always_inline int encap_translates(const struct encap *plan, __u32 flags)
{
	return flags & XDP_WG_CONNTRACK && consent_translates(plan->consent, BPF_WG_HOOKS_INNER);
}

/* What is to be done then, but for whether a checksum has been finished. */
static __always_inline struct nat encap_nat(const struct encap *plan)
{
	return (struct nat){
		.tuple = &plan->consent->inner_become,
		.offset = encap_inner(plan),
		.family = plan->family,
		.protocol = plan->protocol,
	};
}

/* Do it, to a checksum that is finished. The one before is saved for encap_restore_nat(). */
static __always_inline int encap_translate(pkt_ctx *ctx, const struct encap *plan, __u16 *saved)
{
	struct nat nat = encap_nat(plan);
	int finished = pkt_finish(ctx, nat.offset + plan->inner);

	if (finished < 0)
		return -1;
	nat.finished = finished || plan->finished;
	return nat_translate(ctx, &nat, saved);
}

/* The checksum of the IP header is encap_restore_ttl()'s. */
static __always_inline void encap_restore_nat(pkt_ctx *ctx, const struct encap *plan, __u16 saved)
{
	struct nat nat = encap_nat(plan);

	nat_restore(ctx, &nat, saved);
}

static __always_inline void encap_write_ip4(struct iphdr *ip, const struct encap *plan,
					    struct wg_peer *peer)
{
	const struct bpf_wg_route *route = &plan->route;

	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = plan->ecn;
	ip->tot_len = bpf_htons(sizeof(*ip) + sizeof(struct udphdr) + plan->message);
	ip->id = bpf_wg_ip_ident(peer, plan->ident_source, route->dst[0]);
	ip->frag_off = 0;
	ip->ttl = route->ttl;
	ip->protocol = IPPROTO_UDP;
	ip->check = 0;
	ip->saddr = route->src[0];
	ip->daddr = route->dst[0];
	ip->check = ~csum_fold(ip4_sum(ip));
}

static __always_inline void encap_write_ip6(struct ipv6hdr *ip, const struct encap *plan)
{
	const struct bpf_wg_route *route = &plan->route;

	*(__be32 *)ip = bpf_htonl(6U << 28 | (__u32)plan->ecn << 20);
	ip->payload_len = bpf_htons(sizeof(struct udphdr) + plan->message);
	ip->nexthdr = IPPROTO_UDP;
	ip->hop_limit = route->ttl;
	__builtin_memcpy(&ip->saddr, route->src, sizeof(ip->saddr));
	__builtin_memcpy(&ip->daddr, route->dst, sizeof(ip->daddr));
}

/*
 * Sum of the pseudo header of an outer datagram, RFC 768 and RFC 8200 section 8.1. The addresses of
 * IPv4 stand in the first words, and the others are zero.
 */
static __always_inline __u64 encap_pseudo_sum(const struct bpf_wg_route *route, __be16 length)
{
	__u64 sum = (__u64)length + bpf_htons(IPPROTO_UDP);
	int i;

	for (i = 0; i < 4; i++)
		sum += (__u64)route->src[i] + route->dst[i];
	return sum;
}

/* Write the UDP header at offset; the message behind it is final. */
static __always_inline int encap_write_udp(pkt_ctx *ctx, __u32 offset, const struct encap *plan,
					   __u32 flags)
{
	struct udphdr *udp = pkt_at(ctx, offset, sizeof(*udp));
	__u32 length = sizeof(*udp) + plan->message;
	__s64 sum;

	if (!udp)
		return -1;
	udp->source = plan->route.sport;
	udp->dest = plan->route.dport;
	udp->len = bpf_htons(length);
	udp->check = 0;
	if (plan->route.family == AF_INET && flags & XDP_WG_NO_UDP_CSUM)
		return 0;
	sum = pkt_checksum(ctx, offset, length, 0);
	if (sum < 0)
		return -1;
	sum += encap_pseudo_sum(&plan->route, udp->len);
	udp->check = csum_finished(sum);
	return 0;
}

static __always_inline int encap_write_headers(pkt_ctx *ctx, const struct encap *plan,
					       struct wg_peer *peer, __u32 flags)
{
	__u32 offset = sizeof(struct ethhdr);
	struct link_header *link = pkt_at(ctx, 0, sizeof(*link));

	if (!link)
		return -1;
	__builtin_memcpy(link->dest, plan->route.dmac, ETH_ALEN);
	__builtin_memcpy(link->source, plan->route.smac, ETH_ALEN);
	if (plan->route.family == AF_INET) {
		struct iphdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return -1;
		link->proto = bpf_htons(ETH_P_IP);
		encap_write_ip4(ip, plan, peer);
		offset += sizeof(*ip);
	} else {
		struct ipv6hdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return -1;
		link->proto = bpf_htons(ETH_P_IPV6);
		encap_write_ip6(ip, plan);
		offset += sizeof(*ip);
	}
	return encap_write_udp(ctx, offset, plan, flags);
}

/*
 * Carry the plan out on a frame of the given length. Returns XDP_WG_ENCAP with the frame ready to
 * be sent, or the reason to pass with the frame as it was, or, past the point of no return,
 * XDP_WG_BROKEN.
 */
static __always_inline int commit_encap(pkt_ctx *ctx, __u32 frame, const struct encap *plan,
					struct wg_peer *peer, __u32 flags)
{
	struct iphdr saved = {};
	__u16 saved_sum = 0, saved_check = 0;
	int moved, ret;

	moved = pkt_grow(ctx, plan->shift, plan->tail, &plan->egress, frame, flags);
	if (moved < 0)
		return XDP_WG_ROOM;
	if (encap_decrease_ttl(ctx, plan, &saved)) {
		pkt_shrink(ctx, plan->shift, plan->tail, frame, moved);
		return XDP_WG_ROOM;
	}
	if (encap_finish_sum(ctx, plan, &saved_sum)) {
		encap_restore_ttl(ctx, plan, &saved);
		pkt_shrink(ctx, plan->shift, plan->tail, frame, moved);
		return XDP_WG_CHECKSUM;
	}
	if (encap_translates(plan, flags) && encap_translate(ctx, plan, &saved_check)) {
		encap_restore_sum(ctx, plan, saved_sum);
		encap_restore_ttl(ctx, plan, &saved);
		pkt_shrink(ctx, plan->shift, plan->tail, frame, moved);
		return XDP_WG_ROOM;
	}
	ret = pkt_encrypt(ctx, sizeof(struct ethhdr) + plan->outer, plan->message, peer);
	if (ret) {
		if (encap_translates(plan, flags))
			encap_restore_nat(ctx, plan, saved_check);
		encap_restore_sum(ctx, plan, saved_sum);
		encap_restore_ttl(ctx, plan, &saved);
		pkt_shrink(ctx, plan->shift, plan->tail, frame, moved);
		return encrypt_reason(ret);
	}
	if (encap_write_headers(ctx, plan, peer, flags) ||
	    pkt_tag(ctx, plan->route.ifindex, &plan->egress,
		    sizeof(struct ethhdr) + plan->outer + plan->message) ||
	    pkt_encapsulated(ctx, peer, plan->route.family))
		return XDP_WG_BROKEN;
	if (flags & XDP_WG_CONNTRACK)
		consent_used(peer, plan->consent, plan->inner, plan->outer + plan->message);
	if (plan->route.probe)
		neigh_used(ctx, plan->route.ifindex, plan->route.nh_family, plan->route.nexthop);
	return XDP_WG_ENCAP;
}

#endif /* BPF_ENCAP_H */
