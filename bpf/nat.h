/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NAT of a packet in its frame. Who asks for netfilter's consent is told what it translates a flow
 * to, and has to do it.
 */
#ifndef BPF_NAT_H
#define BPF_NAT_H

#include <stddef.h>

#include "ip.h"
#include "pkt.h"
#include "translate.h"

/* What is to be done. */
struct nat {
	struct bpf_wg_tuple *tuple; /* what the packet gets; and once it is done, what it had */
	__u32 offset; /* of its IP header */
	__u8 family;
	__u8 protocol;
	__u8 finished; /* whether its checksum has only just been finished */
};

static __always_inline __u32 nat_transport(const struct nat *nat)
{
	return nat->offset +
	       (nat->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
}

/* Returns what the sum of its words has gained by the new addresses, or -1 with nothing changed. */
static __always_inline __s64 nat_addresses(pkt_ctx *ctx, const struct nat *nat)
{
	if (nat->family == AF_INET) {
		struct iphdr *ip = pkt_at(ctx, nat->offset, sizeof(*ip));

		return ip ? (__s64)translate_ip4(ip, nat->tuple) : -1;
	} else {
		struct ipv6hdr *ip = pkt_at(ctx, nat->offset, sizeof(*ip));

		return ip ? (__s64)translate_ip6(ip, nat->tuple) : -1;
	}
}

/* Returns 0 with the checksum that it had in *saved, or -1 with nothing changed. */
static __always_inline int nat_ports(pkt_ctx *ctx, const struct nat *nat, __u64 change,
				     __u16 *saved)
{
	__u32 offset = nat_transport(nat);

	if (nat->protocol == IPPROTO_TCP) {
		struct translate_tcp *tcp = pkt_at(ctx, offset, sizeof(*tcp));

		if (!tcp)
			return -1;
		*saved = tcp->check;
		translate_tcp(tcp, nat->tuple, change, nat->finished);
	} else if (nat->protocol == IPPROTO_UDP) {
		struct translate_udp *udp = pkt_at(ctx, offset, sizeof(*udp));

		if (!udp)
			return -1;
		*saved = udp->check;
		translate_udp(udp, nat->tuple, change);
	} else {
		struct translate_echo *echo = pkt_at(ctx, offset, sizeof(*echo));

		if (!echo)
			return -1;
		*saved = echo->check;
		translate_echo(echo, nat->protocol, nat->tuple, change);
	}
	return 0;
}

/*
 * Translate a packet of TCP, UDP or an ICMP echo. Returns 0 with the transport header's checksum
 * that it had in *saved, or -1 with nothing changed.
 */
static __always_inline int nat_translate(pkt_ctx *ctx, const struct nat *nat, __u16 *saved)
{
	__s64 change = nat_addresses(ctx, nat);

	if (change < 0)
		return -1;
	if (nat_ports(ctx, nat, change, saved)) {
		nat_addresses(ctx, nat);
		return -1;
	}
	return 0;
}

/* Take that back; but the checksum of an IPv4 header may be another that is as right. */
static __always_inline void nat_restore(pkt_ctx *ctx, const struct nat *nat, __u16 saved)
{
	__u32 field = nat_transport(nat);
	__u16 ignored, *check;

	if (nat_translate(ctx, nat, &ignored))
		return;
	if (nat->protocol == IPPROTO_TCP)
		field += offsetof(struct translate_tcp, check);
	else if (nat->protocol == IPPROTO_UDP)
		field += offsetof(struct translate_udp, check);
	else
		field += offsetof(struct translate_echo, check);
	check = pkt_at(ctx, field, sizeof(*check));
	if (check)
		*check = saved;
}

#endif /* BPF_NAT_H */
