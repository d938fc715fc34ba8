/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Address translation of a packet, as netfilter's connection has it: addresses and ports are put in
 * the place of those that are there, and checksums follow, RFC 1624. Plain functions, which user
 * space can compile too.
 */
#ifndef BPF_TRANSLATE_H
#define BPF_TRANSLATE_H

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"
#include "patches/wireguard/bpf_types.h"

/* The beginning of a transport header, as far as NAT changes it: RFC 9293. */
struct translate_tcp {
	__be16 sport;
	__be16 dport;
	__u32 between[3];
	__u16 check;
};

/* RFC 768. */
struct translate_udp {
	__be16 sport;
	__be16 dport;
	__be16 length;
	__u16 check;
};

/* An echo or its reply, RFC 792 and RFC 4443. */
struct translate_echo {
	__u16 type_and_code;
	__u16 check;
	__be16 id;
};

/* These exchange two values. They return what that adds to the sum of the packet's words. */
static __always_inline __u64 exchange_word(__be32 *packet, __be32 *other)
{
	__be32 old = *packet;

	*packet = *other;
	*other = old;
	return (__u64)*packet + (__u32)~old;
}

static __always_inline __u64 exchange_port(__be16 *packet, __be16 *other)
{
	__be16 old = *packet;

	*packet = *other;
	*other = old;
	return (__u64)*packet + ~(__u32)old;
}

/* A checksum after the sum of what it covers has changed. It is not folded to all ones, ever. */
static __always_inline __u16 check_updated(__u16 check, __u64 change)
{
	return ~csum_fold((__u16)~check + change);
}

/*
 * The addresses of an IP header; those that it had are in the tuple then, so that the same once
 * more undoes it. Returns what that adds to the sum of the words.
 */
static __always_inline __u64 translate_ip4(struct iphdr *ip, struct bpf_wg_tuple *tuple)
{
	__u64 change;

	change = exchange_word(&ip->saddr, &tuple->src[0]);
	change += exchange_word(&ip->daddr, &tuple->dst[0]);
	ip->check = check_updated(ip->check, change);
	return change;
}

static __always_inline __u64 translate_ip6(struct ipv6hdr *ip, struct bpf_wg_tuple *tuple)
{
	__u64 change = 0;
	int i;

	for (i = 0; i < 4; i++) {
		change += exchange_word(&ip->saddr.in6_u.u6_addr32[i], &tuple->src[i]);
		change += exchange_word(&ip->daddr.in6_u.u6_addr32[i], &tuple->dst[i]);
	}
	return change;
}

/*
 * The same for transport headers, whose checksum covers the addresses, which have added change, but
 * for ICMP's. One that has only just been finished is never 0, as the stack's are, which are
 * finished behind the translation.
 */
static __always_inline void translate_tcp(struct translate_tcp *tcp, struct bpf_wg_tuple *tuple,
					  __u64 change, int finished)
{
	change += exchange_port(&tcp->sport, &tuple->sport);
	change += exchange_port(&tcp->dport, &tuple->dport);
	tcp->check = check_updated(tcp->check, change);
	if (!tcp->check && finished)
		tcp->check = 0xffff;
}

/* There may be no checksum. */
static __always_inline void translate_udp(struct translate_udp *udp, struct bpf_wg_tuple *tuple,
					  __u64 change)
{
	change += exchange_port(&udp->sport, &tuple->sport);
	change += exchange_port(&udp->dport, &tuple->dport);
	if (!udp->check)
		return;
	udp->check = check_updated(udp->check, change);
	if (!udp->check)
		udp->check = 0xffff;
}

static __always_inline void translate_echo(struct translate_echo *echo, __u8 protocol,
					   struct bpf_wg_tuple *tuple, __u64 change)
{
	if (protocol == IPPROTO_ICMP)
		change = 0;
	change += exchange_port(&echo->id, &tuple->sport);
	echo->check = check_updated(echo->check, change);
}

#endif /* BPF_TRANSLATE_H */
