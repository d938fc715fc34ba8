/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The datapath: parse the frame, find out which of the two directions it is, decide, commit.
 * Everything that is not certain to leave by this path passes as it came.
 */
#ifndef XDP_WG_DATAPATH_H
#define XDP_WG_DATAPATH_H

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/udp.h>

#include "counters.h"
#include "cursor.h"
#include "decap.h"
#include "encap.h"
#include "forward.h"
#include "ip.h"
#include "message.h"
#include "xdp_wg.h"

const volatile struct xdp_wg_config config SEC(XDP_WG_CONFIG_SECTION) = {
	.layout = XDP_WG_LAYOUT,
};

/* Parse the IP header behind the Ethernet header, and what is of interest behind that. */
static __always_inline int parse_ip(pkt_ctx *ctx, __be16 protocol, __u32 frame,
				    struct packet *packet)
{
	__u32 offset = sizeof(struct ethhdr);
	int reason;

	packet->flow.iif = pkt_iif(ctx);
	if (protocol == bpf_htons(ETH_P_IP)) {
		const struct iphdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return XDP_WG_MALFORMED;
		reason = ip4_parse(packet, ip, frame - offset);
		offset += sizeof(*ip);
	} else {
		const struct ipv6hdr *ip = pkt_at(ctx, offset, sizeof(*ip));

		if (!ip)
			return XDP_WG_MALFORMED;
		reason = ip6_parse(packet, ip, frame - offset);
		offset += sizeof(*ip);
	}
	if (reason)
		return reason;
	ip_parse_l4(packet, pkt_at(ctx, offset, sizeof(struct l4_ports)),
		    pkt_at(ctx, offset + TCP_FLAGS, 1));
	return 0;
}

/* Parse the frame down to the ports. Returns 0 or the reason to pass. */
static __always_inline int parse(pkt_ctx *ctx, __u32 frame, struct packet *packet)
{
	const struct ethhdr *eth;
	__u8 mac[ETH_ALEN];
	__be16 protocol;
	int reason;

	reason = pkt_screen(ctx);
	if (reason)
		return reason;
	eth = pkt_at(ctx, 0, sizeof(*eth));
	if (!eth)
		return XDP_WG_MALFORMED;
	protocol = eth->h_proto;
	if (protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD))
		return XDP_WG_VLAN;
	if (protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6))
		return XDP_WG_NOT_IP;
	__builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
	if (pkt_own_mac(ctx, mac) != 1)
		return XDP_WG_OTHER_MAC;
	return parse_ip(ctx, protocol, frame, packet);
}

/* A packet that routes to the device: encrypt it for the peer its destination belongs to. */
static __always_inline int encap(pkt_ctx *ctx, const struct packet *packet, __u32 frame, __u32 mtu,
				 struct wg_device *wg, __u32 *ifindex)
{
	__u32 trailing = frame - sizeof(struct ethhdr) - packet->length;
	struct wg_peer *peer;
	struct encap plan;
	int reason;

	reason = check_forwardable(packet);
	if (reason)
		return reason;
	if (packet->flow.family == AF_INET)
		peer = bpf_wg_peer_allowedips_lookup(wg, packet->flow.dst, 4);
	else
		peer = bpf_wg_peer_allowedips_lookup(wg, packet->flow.dst, 16);
	if (!peer)
		return XDP_WG_NO_PEER;
	reason = decide_encap(ctx, packet, trailing, mtu, peer, config.flags, &plan);
	if (!reason) {
		*ifindex = plan.route.ifindex;
		reason = commit_encap(ctx, frame, &plan, peer, config.flags);
	}
	bpf_wg_peer_put(peer);
	return reason;
}

/*
 * Find the message in a datagram that is for the device. The UDP checksum is not summed again, the
 * tag proves more; but RFC 8200 section 8.1 does not let it be absent, and the stack then drops.
 */
static __always_inline int find_message(pkt_ctx *ctx, const struct packet *packet,
					struct decap *plan, __le32 *index)
{
	__u32 offset = sizeof(struct ethhdr) + packet->header;
	const struct message_data *message;
	const struct udphdr *udp = pkt_at(ctx, offset, sizeof(*udp));

	if (!udp || bpf_ntohs(udp->len) != packet->length - packet->header)
		return XDP_WG_MALFORMED;
	if (packet->flow.family == AF_INET6 && !udp->check)
		return XDP_WG_MALFORMED;
	plan->message = offset + sizeof(*udp);
	plan->length = packet->length - packet->header - sizeof(*udp);
	if (plan->length < MESSAGE_OVERHEAD)
		return XDP_WG_NOT_DATA;
	message = pkt_at(ctx, plan->message, sizeof(*message));
	if (!message || message->type != MESSAGE_DATA)
		return XDP_WG_NOT_DATA;
	*index = message->index;
	return 0;
}

/* A datagram for the port of the device: if it is a data message, decrypt and forward it. */
static __always_inline int decap(pkt_ctx *ctx, const struct packet *packet, __u32 frame,
				 struct wg_device *wg, __u32 *ifindex)
{
	struct decap plan = {};
	struct wg_peer *peer;
	__le32 index;
	int reason;

	reason = find_message(ctx, packet, &plan, &index);
	if (reason)
		return reason;
	if (ip_addresses_special(packet))
		return XDP_WG_ADDRESS;
	peer = bpf_wg_peer_hashtable_lookup(wg, index);
	if (!peer)
		return XDP_WG_NO_PEER;
	reason = decide_decap(ctx, packet, wg, peer, config.flags, &plan);
	if (!reason) {
		*ifindex = plan.ifindex;
		reason = commit_decap(ctx, frame, &plan, peer);
	}
	bpf_wg_peer_put(peer);
	return reason;
}

static __noinline int handle_local(pkt_ctx *ctx, const struct packet *packet, __u32 frame,
				   __u32 *ifindex)
{
	struct wg_device *wg;
	int reason;

	if (packet->flow.protocol != IPPROTO_UDP)
		return XDP_WG_LOCAL;
	wg = pkt_device_by_port(ctx, bpf_ntohs(packet->flow.dport));
	if (!wg)
		return XDP_WG_LOCAL;
	reason = decap(ctx, packet, frame, wg, ifindex);
	bpf_wg_device_put(wg);
	return reason;
}

static __noinline int handle_forward(pkt_ctx *ctx, const struct packet *packet, __u32 frame,
				     __u32 mtu, __u32 *ifindex)
{
	struct wg_device *wg = pkt_device_by_index(ctx, packet->flow.oif);
	int reason;

	if (!wg)
		return XDP_WG_NOT_TUNNEL;
	reason = encap(ctx, packet, frame, mtu, wg, ifindex);
	bpf_wg_device_put(wg);
	return reason;
}

/* Where does the frame go? Returns a reason, with the egress interface for the fast ones. */
static __always_inline int handle(pkt_ctx *ctx, __u32 frame, __u32 *ifindex)
{
	struct packet packet = {};
	struct bpf_fib_lookup fib;
	int reason;

	reason = parse(ctx, frame, &packet);
	if (reason)
		return reason;
	/* The neighbour does not matter: the one that does is the outer packet's. */
	reason = fib_reason(fib_lookup(ctx, &packet, &fib, BPF_FIB_LOOKUP_SKIP_NEIGH));
	if (reason == XDP_WG_LOCAL)
		return handle_local(ctx, &packet, frame, ifindex);
	if (reason)
		return reason;
	packet.flow.oif = fib.ifindex;
	return handle_forward(ctx, &packet, frame, fib.mtu_result, ifindex);
}

/* Run the datapath on a frame and count it. Returns the verdict. */
static __always_inline int datapath(pkt_ctx *ctx)
{
	__u32 frame = pkt_length(ctx);
	__u32 ifindex = 0;
	int reason;

	reason = handle(ctx, frame, &ifindex);
	count(reason, frame);
	switch (reason_verdict(reason)) {
	case VERDICT_FAST:
		return pkt_redirect(ifindex);
	case VERDICT_DROP:
		return pkt_drop();
	case VERDICT_PASS:
		break;
	}
	return pkt_pass();
}

#endif /* XDP_WG_DATAPATH_H */
