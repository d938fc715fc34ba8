/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The changes that forwarding and the ends of a tunnel make to IP headers. Plain functions, which
 * user space can compile too.
 */
#ifndef BPF_IP_UPDATE_H
#define BPF_IP_UPDATE_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "csum.h"

#define ECN_MASK 3 /* RFC 3168 */
#define ECN_NOT_ECT 0
#define ECN_ECT_1 1
#define ECN_ECT_0 2
#define ECN_CE 3

/* One hop less. The checksum is updated with the arithmetic of the stack, to the same bits. */
static __always_inline void ip4_decrease_ttl(struct iphdr *ip)
{
	__u32 check = ip->check;

	check += bpf_htons(0x0100);
	ip->check = check + (check >= 0xffff);
	ip->ttl--;
}

/*
 * ECN field of the outer header of a packet, RFC 3168 section 9.1.1 with full functionality, as the
 * kernel's WireGuard has it. RFC 6040 section 4.1 differs in CE, which it copies.
 */
static __always_inline __u8 ecn_encapsulate(__u8 inner)
{
	return (inner & ECN_MASK) == ECN_CE ? ECN_ECT_0 : inner & ECN_MASK;
}

/*
 * ECN field of the inner header after decapsulation, RFC 6040 section 4.2 as the kernel's WireGuard
 * applies it: an inner packet that is not ECN-capable is forwarded as it is, whatever the outer
 * header says.
 */
static __always_inline __u8 ecn_decapsulate(__u8 outer, __u8 inner)
{
	outer &= ECN_MASK;
	inner &= ECN_MASK;
	if (inner == ECN_NOT_ECT)
		return inner;
	if (outer == ECN_CE)
		return ECN_CE;
	if (outer == ECN_ECT_1 && inner == ECN_ECT_0)
		return ECN_ECT_1;
	return inner;
}

static __always_inline void ip4_set_ecn(struct iphdr *ip, __u8 ecn)
{
	__u8 old = ip->tos & ECN_MASK;

	if (ecn == old)
		return;
	ip->check = csum16_add(ip->check, bpf_htons(ecn > old ? 0xffff - (ecn - old) : old - ecn));
	ip->tos = (ip->tos & ~ECN_MASK) | ecn;
}

static __always_inline void ip6_set_ecn(struct ipv6hdr *ip, __u8 ecn)
{
	__be32 *first = (__be32 *)ip;

	*first = (*first & ~bpf_htonl(ECN_MASK << 20)) | bpf_htonl((__u32)ecn << 20);
}

#endif /* BPF_IP_UPDATE_H */
