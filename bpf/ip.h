/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IP headers: what they say, and whether a router forwards such packets. Works on packet memory and
 * on copies alike.
 */
#ifndef BPF_IP_H
#define BPF_IP_H

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"
#include "kfuncs.h"
#include "xdp_wg.h"

#define AF_INET 2
#define AF_INET6 10

#define IP_FRAGMENT 0x3fff /* MF and the offset, RFC 791 */

/* Next header values that begin an extension header, RFC 8200 and IANA's registry. */
#define IP6_HOP_BY_HOP 0
#define IP6_ROUTING 43
#define IP6_FRAGMENT 44
#define IP6_AH 51
#define IP6_DEST_OPTIONS 60
#define IP6_MOBILITY 135
#define IP6_HIP 139
#define IP6_SHIM6 140

/* One IP packet, inner or outer. */
struct packet {
	struct bpf_wg_flow flow; /* oif once it is routed */
	__u32 length; /* header and payload, as the header says */
	__be32 flowinfo; /* traffic class and flow label (IPv6) */
	__u8 header; /* length of the header */
	__u8 ttl; /* or hop limit */
	__u8 icmp_error : 1; /* whether it reports an error about another packet */
	__u8 learns : 1; /* whether a bridge learns from it where its sender is */
	__u8 accepted; /* whether the input path is known to take it for this host */
	struct bpf_wg_recall recall; /* what else it is routed by */
};

/*
 * Sum of an IPv4 header without options: 0xffff, folded, when its checksum is right. Pairs of words
 * are added, since they come to the same when they are folded.
 */
static __always_inline __u64 ip4_sum(const struct iphdr *ip)
{
	const __u32 *word = (const __u32 *)ip;
	__u64 sum = 0;
	int i;

	for (i = 0; i < (int)(sizeof(*ip) / sizeof(*word)); i++)
		sum += word[i];
	return sum;
}

/*
 * Read an IPv4 header, which has room bytes in the frame or the message. Returns 0 or the reason
 * to pass.
 */
static __always_inline int ip4_parse(struct packet *packet, const struct iphdr *ip, __u32 room)
{
	if (ip->version != 4)
		return XDP_WG_MALFORMED;
	if (ip->ihl != sizeof(*ip) / 4)
		return XDP_WG_OPTIONS;
	packet->header = sizeof(*ip);
	packet->length = bpf_ntohs(ip->tot_len);
	if (packet->length < sizeof(*ip) || packet->length > room)
		return XDP_WG_MALFORMED;
	if (csum_fold(ip4_sum(ip)) != 0xffff)
		return XDP_WG_MALFORMED;
	if (ip->frag_off & bpf_htons(IP_FRAGMENT))
		return XDP_WG_FRAGMENT;
	packet->ttl = ip->ttl;
	packet->flow.family = AF_INET;
	packet->flow.protocol = ip->protocol;
	packet->flow.tos = ip->tos;
	packet->flow.src[0] = ip->saddr;
	packet->flow.dst[0] = ip->daddr;
	return 0;
}

static __always_inline int ip6_is_extension(__u8 nexthdr)
{
	switch (nexthdr) {
	case IP6_HOP_BY_HOP:
	case IP6_ROUTING:
	case IP6_FRAGMENT:
	case IP6_AH:
	case IP6_DEST_OPTIONS:
	case IP6_MOBILITY:
	case IP6_HIP:
	case IP6_SHIM6:
		return 1;
	}
	return 0;
}

/* The same for IPv6. */
static __always_inline int ip6_parse(struct packet *packet, const struct ipv6hdr *ip, __u32 room)
{
	const __be32 *src = ip->saddr.in6_u.u6_addr32;
	const __be32 *dst = ip->daddr.in6_u.u6_addr32;
	__be32 first = *(const __be32 *)ip;

	if (ip->version != 6)
		return XDP_WG_MALFORMED;
	packet->header = sizeof(*ip);
	packet->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	if (packet->length > room)
		return XDP_WG_MALFORMED;
	if (ip->nexthdr == IP6_FRAGMENT)
		return XDP_WG_FRAGMENT;
	if (ip6_is_extension(ip->nexthdr))
		return XDP_WG_OPTIONS;
	packet->ttl = ip->hop_limit;
	packet->flowinfo = first & bpf_htonl(0x0fffffff);
	packet->flow.family = AF_INET6;
	packet->flow.protocol = ip->nexthdr;
	packet->flow.tos = bpf_ntohl(first) >> 20;
	__builtin_memcpy(packet->flow.src, src, sizeof(packet->flow.src));
	__builtin_memcpy(packet->flow.dst, dst, sizeof(packet->flow.dst));
	return 0;
}

struct l4_ports {
	__be16 source;
	__be16 dest;
};

/*
 * Where the data offset and the flags of a TCP header are, RFC 9293: two bytes, of which the upper
 * half of the first counts words of the header.
 */
#define TCP_OFFSET_AND_FLAGS 12
#define TCP_HEADER 20
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/* Whether the first four bytes behind the IP header are ports: those that rules can match. */
static __always_inline int ip_has_ports(const struct packet *packet)
{
	switch (packet->flow.protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
	case IPPROTO_UDPLITE:
		return packet->length >= packet->header + sizeof(struct l4_ports);
	}
	return 0;
}

/* ICMP types that report errors, RFC 1122 section 3.2.2 and RFC 4443 section 2.1. */
static __always_inline int icmp_is_error(__u8 family, __u8 protocol, __u8 type)
{
	if (family == AF_INET6)
		return protocol == IPPROTO_ICMPV6 && type < 128;
	if (protocol != IPPROTO_ICMP)
		return 0;
	switch (type) {
	case 3: /* destination unreachable */
	case 4: /* source quench */
	case 5: /* redirect */
	case 11: /* time exceeded */
	case 12: /* parameter problem */
		return 1;
	}
	return 0;
}

/*
 * Of a segment of length bytes. One without ACK, or whose header cannot be, is none of a connection
 * either.
 */
static __always_inline __u8 tcp_flow_flags(const __u8 *offset_and_flags, __u32 length)
{
	__u32 header = (offset_and_flags[0] >> 4) * 4;
	__u8 tcp = offset_and_flags[1], flags = 0;

	if (tcp & TCP_SYN)
		flags |= BPF_WG_FLOW_SYN;
	if ((tcp & (TCP_FIN | TCP_RST | TCP_ACK)) != TCP_ACK || header < TCP_HEADER ||
	    header > length)
		flags |= BPF_WG_FLOW_END;
	return flags;
}

/*
 * Read what routing and firewalls want to know of layer 4. Either pointer is NULL where the packet
 * ends before.
 */
static __always_inline void ip_parse_l4(struct packet *packet, const struct l4_ports *ports,
					const __u8 *tcp)
{
	if (ports)
		packet->icmp_error = icmp_is_error(packet->flow.family, packet->flow.protocol,
						   *(const __u8 *)ports);
	if (!ports || !ip_has_ports(packet))
		return;
	packet->flow.sport = ports->source;
	packet->flow.dport = ports->dest;
	if (packet->flow.protocol != IPPROTO_TCP)
		return;
	if (tcp && packet->length >= (__u32)packet->header + TCP_HEADER)
		packet->flow.flags = tcp_flow_flags(tcp, packet->length - packet->header);
	else
		packet->flow.flags = BPF_WG_FLOW_END;
}

/* What conntrack looks at of UDP's and ICMP's headers, RFC 768 and RFC 792. */
struct l4_header {
	__u8 type;
	__u8 code;
	__be16 check;
	__be16 id_or_length; /* of an ICMP echo, of a UDP datagram */
	__u16 rest;
};

/* Whether it is an ICMP echo, BPF_WG_FLOW_ECHO, or the reply to one; or BPF_WG_FLOW_END. */
static __always_inline __u8 icmp_echo_flag(__u8 family, const struct l4_header *icmp)
{
	int echo = family == AF_INET ? 8 : 128, reply = family == AF_INET ? 0 : 129;

	if (icmp->code || (icmp->type != echo && icmp->type != reply))
		return BPF_WG_FLOW_END;
	return icmp->type == echo ? BPF_WG_FLOW_ECHO : BPF_WG_FLOW_ECHO_REPLY;
}

/*
 * Read what conntrack knows a flow by beside that. l4 is NULL where the packet ends before. What is
 * of no flow for conntrack ends one.
 */
static __always_inline void ip_parse_connection(struct packet *packet, const struct l4_header *l4)
{
	__u32 length = packet->length - packet->header, udp;
	int whole = l4 && length >= sizeof(*l4);

	switch (packet->flow.protocol) {
	case IPPROTO_UDP:
		udp = whole ? bpf_ntohs(l4->id_or_length) : 0;
		if (udp < sizeof(*l4) || udp > length)
			packet->flow.flags = BPF_WG_FLOW_END;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		packet->flow.flags =
			whole ? icmp_echo_flag(packet->flow.family, l4) : BPF_WG_FLOW_END;
		if (whole && packet->flow.flags != BPF_WG_FLOW_END)
			packet->flow.sport = l4->id_or_length;
		break;
	}
}

/* Addresses that no router forwards, or only by settings that are not looked at here. */
static __always_inline int ip4_is_special(__be32 addr)
{
	__u32 a = bpf_ntohl(addr);

	return a >> 24 == 0 || a >> 24 == 127 || a >> 28 == 0xe || a == 0xffffffff;
}

static __always_inline int ip6_is_special(const __be32 *addr)
{
	__u32 a = bpf_ntohl(addr[0]);

	if (!addr[0] && !addr[1] && !addr[2] && bpf_ntohl(addr[3]) <= 1)
		return 1; /* unspecified, loopback */
	return a >> 24 == 0xff || a >> 22 == 0xfe80 >> 6; /* multicast, link-local */
}

static __always_inline int ip_addresses_special(const struct packet *packet)
{
	const struct bpf_wg_flow *flow = &packet->flow;

	if (flow->family == AF_INET)
		return ip4_is_special(flow->src[0]) || ip4_is_special(flow->dst[0]);
	return ip6_is_special(flow->src) || ip6_is_special(flow->dst);
}

#endif /* BPF_IP_H */
