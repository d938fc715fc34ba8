/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a frame is: parsed down to the ports, and routed. The datapath decides by it what to do, and
 * the RSS programs who is to do it.
 */
#ifndef BPF_CLASSIFY_H
#define BPF_CLASSIFY_H

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/udp.h>

#include "config.h"
#include "pkt.h"
#include "forward.h"
#include "ip.h"
#include "message.h"
#include "unfinished.h"
#include "xdp_wg.h"

/* Parse the IP header at offset, and what is of interest behind that. */
static __always_inline int parse_ip(pkt_ctx *ctx, __be16 protocol, __u32 offset,
				    struct frame *frame, struct packet *packet)
{
	__u32 room = frame->length - offset;
	int reason;

	frame->network = offset;
	if (protocol == bpf_htons(ETH_P_IP)) {
		const struct iphdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return XDP_WG_MALFORMED;
		reason = ip4_parse(packet, ip, room);
		offset += sizeof(*ip);
	} else {
		const struct ipv6hdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return XDP_WG_MALFORMED;
		reason = ip6_parse(packet, ip, room);
		offset += sizeof(*ip);
	}
	if (reason)
		return reason;
	ip_parse_l4(packet, pkt_at(ctx, offset, sizeof(struct l4_ports)),
		    pkt_at(ctx, offset + TCP_OFFSET_AND_FLAGS, 2));
	if (config.flags & XDP_WG_CONNTRACK)
		ip_parse_connection(packet, pkt_at(ctx, offset, sizeof(struct l4_header)));
	return 0;
}

/* The reason to pass what is behind an Ethernet header of that type, or behind its tags; 0 for IP.
 */
static __always_inline int check_protocol(__be16 protocol)
{
	if (protocol == bpf_htons(ETH_P_IP) || protocol == bpf_htons(ETH_P_IPV6))
		return 0;
	return vlan_is_proto(protocol) ? XDP_WG_VLAN : XDP_WG_NOT_IP;
}

/*
 * Whether a tag names no VLAN. Then the packet comes in by the same interface as one without, and
 * only chains of the port can tell the two apart: the consent to one is none to the other.
 */
static __always_inline int any_priority_tag(const struct bpf_wg_ingress *ingress)
{
	__be16 id = bpf_htons(VLAN_ID);

	return (ingress->tag_proto[0] && !(ingress->tag_tci[0] & id)) ||
	       (ingress->tag_proto[1] && !(ingress->tag_tci[1] & id));
}

/*
 * Parse a frame that comes in by another interface than the one that received it, since it has VLAN
 * tags, or that one belongs to a bridge. protocol is the type in its Ethernet header. Not inline:
 * other frames have their IP header in one place, which the compiler then knows.
 */
static __noinline int parse_above(pkt_ctx *ctx, __be16 protocol, struct frame *frame,
				  struct packet *packet)
{
	struct bpf_wg_ingress ingress = {};
	const struct link_header *link;
	int length = 0, reason, ret;

	if (pkt_is_tagged(ctx, protocol))
		length = pkt_tags(ctx, &ingress, &protocol);
	link = pkt_at(ctx, 0, sizeof(*link));
	if (length < 0 || !link)
		return XDP_WG_MALFORMED;
	ret = pkt_ingress(ctx, link->dest, &ingress);
	if (ret == -EBUSY)
		return XDP_WG_BRIDGE;
	if (ret < 0 || (config.flags & XDP_WG_CONNTRACK && any_priority_tag(&ingress)))
		return XDP_WG_VLAN;
	reason = check_protocol(protocol);
	if (reason)
		return reason;
	if (!ret)
		return XDP_WG_OTHER_MAC;
	frame->above = 1;
	packet->flow.iif = ingress.ifindex;
	packet->learns = ingress.learns;
	return parse_ip(ctx, protocol, sizeof(struct ethhdr) + length, frame, packet);
}

/* Parse the frame down to the ports. Returns 0 or the reason to pass. */
static __always_inline int parse(pkt_ctx *ctx, struct frame *frame, struct packet *packet)
{
	const struct link_header *link;
	__be16 protocol;
	int reason, mac;

	reason = pkt_screen(ctx, frame->length);
	if (!reason)
		reason = screen_unfinished(ctx, frame, config.flags);
	if (reason)
		return reason;
	link = pkt_at(ctx, 0, sizeof(*link));
	if (!link)
		return XDP_WG_MALFORMED;
	protocol = link->proto;
	if (pkt_is_tagged(ctx, protocol))
		return parse_above(ctx, protocol, frame, packet);
	reason = check_protocol(protocol);
	if (reason)
		return reason;
	mac = pkt_own_mac(ctx, link->dest);
	if (mac == BPF_WG_MAC_BRIDGE)
		return parse_above(ctx, protocol, frame, packet);
	if (mac != BPF_WG_MAC_OWN)
		return XDP_WG_OTHER_MAC;
	packet->flow.iif = pkt_iif(ctx);
	return parse_ip(ctx, protocol, sizeof(struct ethhdr), frame, packet);
}

/* The WireGuard device that a packet for this host is for, or NULL. The caller puts it. */
static __always_inline struct wg_device *local_device(pkt_ctx *ctx, const struct packet *packet)
{
	if (packet->flow.protocol != IPPROTO_UDP)
		return NULL;
	return pkt_device_by_port(ctx, bpf_ntohs(packet->flow.dport));
}

/*
 * Whether the packet is for this host and for the port of a WireGuard device. The input check
 * answers that without a lookup of the route when it has seen the addresses before, as
 * bpf_fib_lookup() does not. If it says no, whatever for, the routing tables have to be asked.
 */
static __always_inline int accepted_locally(pkt_ctx *ctx, struct packet *packet)
{
	struct wg_device *wg = local_device(ctx, packet);

	if (!wg)
		return 0;
	bpf_wg_device_put(wg);
	return !check_input(ctx, packet);
}

/*
 * A packet that is routed otherwise than by what is in it. Where its checksum has to be guessed,
 * that goes by the addresses that it has. Returns 0 or the reason to pass.
 */
static __always_inline int recall_packet(pkt_ctx *ctx, struct packet *packet, struct frame *frame)
{
	struct bpf_wg_recalled recalled;
	int reason = 0;

	if (!recall(ctx, packet, &recalled))
		return 0;
	if (!is_unseen_without_sum(ctx, packet, frame))
		reason = settle_unfinished(ctx, packet, frame);
	if (reason)
		return reason;
	frame->redirected = 1;
	frame->dport = packet->flow.dport;
	__builtin_memcpy(frame->dst, packet->flow.dst, sizeof(frame->dst));
	redirect(packet, &recalled);
	return 0;
}

/*
 * Parse and route a frame, whose length is known. Returns 0 for a packet to forward, with its
 * egress and the MTU of its route; XDP_WG_LOCAL for one to this host; or the reason to pass. Not
 * inline: what it needs of the stack, of which all calls in a chain share 512 bytes, is free again
 * when it returns.
 */
static __noinline int classify(pkt_ctx *ctx, struct frame *frame, struct packet *packet)
{
	struct bpf_fib_lookup fib;
	int reason;

	reason = parse(ctx, frame, packet);
	if (!reason && config.flags & XDP_WG_CONNTRACK)
		reason = recall_packet(ctx, packet, frame);
	if (reason)
		return reason;
	packet->accepted = accepted_locally(ctx, packet);
	if (packet->accepted)
		return XDP_WG_LOCAL;
	/* The neighbour does not matter: the one that does is the outer packet's. */
	reason = fib_reason(fib_lookup(ctx, packet, &fib, BPF_FIB_LOOKUP_SKIP_NEIGH));
	if (reason)
		return reason;
	packet->flow.oif = fib.ifindex;
	frame->mtu = fib.mtu_result;
	return 0;
}

/* A data message in a frame. */
struct message {
	__u32 offset;
	__u32 length;
	__le32 index; /* of the receiver */
};

/*
 * Find the message in a datagram that is for the device. The UDP checksum is not summed again, the
 * tag proves more; but RFC 8200 section 8.1 does not let it be absent, and the stack then drops.
 */
static __always_inline int find_message(pkt_ctx *ctx, const struct packet *packet,
					const struct frame *frame, struct message *message)
{
	__u32 offset = frame->network + packet->header;
	const struct message_data *header;
	const struct udphdr *udp = pkt_at(ctx, offset, sizeof(*udp));

	if (!udp || bpf_ntohs(udp->len) != packet->length - packet->header)
		return XDP_WG_MALFORMED;
	if (packet->flow.family == AF_INET6 && !udp->check)
		return XDP_WG_MALFORMED;
	message->offset = offset + sizeof(*udp);
	message->length = packet->length - packet->header - sizeof(*udp);
	if (message->length < MESSAGE_OVERHEAD)
		return XDP_WG_NOT_DATA;
	header = pkt_at(ctx, message->offset, sizeof(*header));
	if (!header || header->type != MESSAGE_DATA)
		return XDP_WG_NOT_DATA;
	message->index = header->index;
	return 0;
}

#endif /* BPF_CLASSIFY_H */
