/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kfuncs and the programs that call them agree on. Compiled into the module, into BPF
 * programs and into user space, so it uses nothing but the types of linux/types.h.
 */
#ifndef _WG_BPF_TYPES_H
#define _WG_BPF_TYPES_H

#include <linux/types.h>

enum bpf_wg_flow_flags {
	/* A TCP segment with SYN: it carries the MSS, which firewalls adjust to the path. */
	BPF_WG_FLOW_SYN = 1U << 0,
	/*
	 * A TCP segment with FIN or RST, or one that none can be, and what else is of no
	 * connection: firewalls look at these.
	 */
	BPF_WG_FLOW_END = 1U << 1,
	/* An ICMP echo, and the reply to one. */
	BPF_WG_FLOW_ECHO = 1U << 2,
	BPF_WG_FLOW_ECHO_REPLY = 1U << 3,
	BPF_WG_FLOW_FLAGS = (1U << 4) - 1,
};

enum bpf_wg_hooks_flags {
	/* What is asked about; also what bpf_xdp_wg_hooks() answers. */
	BPF_WG_HOOKS_NETFILTER = 1U << 0,
	BPF_WG_HOOKS_TC = 1U << 1,
	/* A packet to encrypt; otherwise a data message to decrypt. */
	BPF_WG_HOOKS_ENCRYPT = 1U << 2,
	/* What is not IPv6 is IPv4. */
	BPF_WG_HOOKS_INNER_IPV6 = 1U << 3,
	BPF_WG_HOOKS_OUTER_IPV6 = 1U << 4,
	/* What is made of it is an XDP frame, which not every interface transmits. */
	BPF_WG_HOOKS_NATIVE = 1U << 5,
	/* Tell hooks apart whose consent can be had, see bpf_wg_consent_encrypt(). */
	BPF_WG_HOOKS_CONSENT = 1U << 6,
	BPF_WG_HOOKS_FLAGS = (1U << 7) - 1,
	/* What is answered then: of the inner packet, of the outer one. */
	BPF_WG_HOOKS_INNER = 1U << 8,
	BPF_WG_HOOKS_OUTER = 1U << 9,
};

/* Whom a frame is addressed to: see bpf_xdp_wg_own_mac(). */
enum bpf_wg_mac {
	BPF_WG_MAC_OTHER = 0,
	BPF_WG_MAC_OWN = 1,
	/* The bridge that the interface belongs to has a MAC address of its own. */
	BPF_WG_MAC_BRIDGE = 2,
};

enum bpf_wg_consent_flags {
	/* The packet passes anyway, and is only to be counted. */
	BPF_WG_CONSENT_PASSES = 1U << 0,
	/* Marks and priorities that rules set are of interest where it is sent. */
	BPF_WG_CONSENT_MARKS = 1U << 1,
	BPF_WG_CONSENT_FLAGS = (1U << 2) - 1,
};

/* The longest that consent can be good for, in milliseconds. */
#define BPF_WG_SAMPLE_MAX 60000

/**
 * struct bpf_wg_flow - one packet's way through the router, as the input path sees it
 * @iif: layer 3 interface it came in by: the WireGuard device for a decrypted packet
 * @oif: interface its route leaves by; 0 for a packet to this host
 * @mtu: set by bpf_xdp_wg_flow_validate() to the MTU that the route itself has, 0 if it has none
 * @family: AF_INET or AF_INET6
 * @protocol: of layer 4
 * @tos: TOS or traffic class, as in the packet
 * @flags: enum bpf_wg_flow_flags
 * @sport: source port if the protocol has ports, network byte order; or the identifier of an ICMP
 *         echo or its reply, if @flags has that, which no route goes by
 * @dport: destination port, likewise
 * @src: source address, network byte order, IPv4 in the first word
 * @dst: destination address, likewise
 */
struct bpf_wg_flow {
	__u32 iif;
	__u32 oif;
	__u32 mtu;
	__u8 family;
	__u8 protocol;
	__u8 tos;
	__u8 flags;
	__be16 sport;
	__be16 dport;
	__be32 src[4];
	__be32 dst[4];
};

/**
 * struct bpf_wg_route - how the outer packets of a peer leave
 * @ifindex: egress interface
 * @mtu: largest IP packet that the route and its interface take, in bytes
 * @family: AF_INET or AF_INET6
 * @ttl: TTL or hop limit
 * @nh_family: family of @nexthop, which need not be @family
 * @probe: not 0 when the neighbour is usable but must be probed (see bpf_xdp_wg_neigh_probe())
 * @sport: source port, network byte order
 * @dport: destination port, likewise
 * @src: source address, network byte order, IPv4 in the first word
 * @dst: destination address, likewise
 * @nexthop: address of the neighbour, likewise
 * @smac: MAC address of the egress interface
 * @dmac: MAC address of the neighbour
 */
struct bpf_wg_route {
	__u32 ifindex;
	__u32 mtu;
	__u8 family;
	__u8 ttl;
	__u8 nh_family;
	__u8 probe;
	__be16 sport;
	__be16 dport;
	__be32 src[4];
	__be32 dst[4];
	__be32 nexthop[4];
	__u8 smac[6];
	__u8 dmac[6];
};

/**
 * struct bpf_wg_egress - by which interface a frame leaves, and what stands before its packet there
 * @ifindex: egress interface of the route; then set to the port below it, where that is another
 * @tag_proto: 0; then set to the EtherTypes of the VLAN tags that the frame is to have, network
 *             byte order, the innermost first (IEEE 802.1Q)
 * @tag_tci: 0; likewise set to what they say: the VLAN
 * @dmac: MAC address of the neighbour, by which a bridge chooses the port
 * @pad: nothing
 */
struct bpf_wg_egress {
	__u32 ifindex;
	__be16 tag_proto[2];
	__be16 tag_tci[2];
	__be16 dmac[3];
	__u16 pad;
};

/**
 * struct bpf_wg_ingress - which interface a frame comes in by
 * @tag_proto: EtherTypes of its VLAN tags, network byte order, the outermost first (IEEE 802.1Q);
 *             0 behind the last
 * @tag_tci: likewise what they say: priority and VLAN
 * @ifindex: set to the layer 3 interface: a VLAN device, a bridge, or the interface that received
 * the frame
 * @learns: set to whether a bridge learns from the frame, see bpf_xdp_wg_bridge_sees()
 */
struct bpf_wg_ingress {
	__be16 tag_proto[2];
	__be16 tag_tci[2];
	__u32 ifindex;
	__u32 learns;
};

/* What the sender of a frame has left to a device: see bpf_xdp_wg_unfinished(). */
enum bpf_wg_unfinished_what {
	BPF_WG_FINISHED = 0,
	/* An Internet checksum, whose place is told. */
	BPF_WG_UNFINISHED_SUM,
	/* A checksum of another kind, or in a place where nothing can finish it; or perhaps so. */
	BPF_WG_UNFINISHED_OTHER,
	/* There is a VLAN tag beside the packet, or may be. */
	BPF_WG_UNFINISHED_TAG,
	/* It is more than one packet. */
	BPF_WG_UNFINISHED_SEGMENTS,
	/* Perhaps a checksum. */
	BPF_WG_UNSEEN,
	/* The same, of an skb that will still ask for it when the packet is another. */
	BPF_WG_UNSEEN_SKB,
};

/**
 * struct bpf_wg_unfinished - the place of an Internet checksum that is to be finished
 * @start: of the bytes that it covers, from the start of the frame; they end with the packet
 * @field: of its field, likewise, which has the sum of the pseudo header until then
 */
struct bpf_wg_unfinished {
	__u16 start;
	__u16 field;
};

/**
 * struct bpf_wg_recall - what the stack's routing went by for a flow, beside the flow itself
 * @mark: the packet's mark then
 * @place: where that is remembered, not 0; or 0 if nothing is, or there is no more to it
 * @number: which of those that were remembered there it is
 */
struct bpf_wg_recall {
	__u32 mark;
	__u32 place;
	__u32 number;
};

/**
 * struct bpf_wg_recalled - what is known of a flow before it is routed
 * @recall: to be handed back with the question for consent
 * @dport: destination port that it was routed with, network byte order; only if there is another
 * @pad: nothing
 * @dst: likewise its destination address, IPv4 in the first word
 */
struct bpf_wg_recalled {
	struct bpf_wg_recall recall;
	__be16 dport;
	__u16 pad;
	__be32 dst[4];
};

/**
 * struct bpf_wg_tuple - addresses and ports of a packet, all in network byte order
 * @sport: source port; of an ICMP echo or its reply, the identifier
 * @dport: destination port
 * @src: source address, IPv4 in the first word
 * @dst: destination address, likewise
 */
struct bpf_wg_tuple {
	__be16 sport;
	__be16 dport;
	__be32 src[4];
	__be32 dst[4];
};

/**
 * struct bpf_wg_consent - a question for the consent of netfilter, and what comes of it
 * @needs: whose hooks: BPF_WG_HOOKS_INNER, BPF_WG_HOOKS_OUTER or both
 * @flags: enum bpf_wg_consent_flags
 * @sample: for how long it is good after the stack has let a packet through, in milliseconds
 * @translates: set to those of @needs that leave with other addresses than they come with
 * @nexthop: of a packet to decrypt, the address of the neighbour that it is sent to, network byte
 *           order, IPv4 in the first word
 * @inner_recall: what bpf_xdp_wg_flow_recall() has told of the inner flow, or zeros
 * @outer_recall: likewise of the outer one
 * @inner_become: set to what the packets of the inner flow leave with, if it is in @translates
 * @outer_become: likewise of the outer one
 * @tickets: set to what bpf_wg_consent_used() wants to know of the inner and the outer flow; 0 for
 *           both if it need not be called
 */
struct bpf_wg_consent {
	__u32 needs;
	__u32 flags;
	__u32 sample;
	__u32 translates;
	__be32 nexthop[4];
	struct bpf_wg_recall inner_recall;
	struct bpf_wg_recall outer_recall;
	struct bpf_wg_tuple inner_become;
	struct bpf_wg_tuple outer_become;
	__u64 tickets[2];
};

/**
 * struct bpf_wg_block - one block of ChaCha20, as much as a peek deciphers
 * @data: the plaintext
 */
struct bpf_wg_block {
	__u8 data[64];
};

#endif /* _WG_BPF_TYPES_H */
