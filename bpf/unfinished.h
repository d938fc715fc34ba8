/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checksums that the sender of a packet has left to a device. They are finished before the packet
 * is encrypted, and a packet whose checksum may be one that cannot be finished here passes.
 */
#ifndef BPF_UNFINISHED_H
#define BPF_UNFINISHED_H

#include <linux/if_ether.h>
#include <linux/udp.h>

#include "csum.h"
#include "ip.h"
#include "pkt.h"
#include "xdp_wg.h"

/* What is known of a frame, beside the packet in it. */
struct frame {
	__u32 length; /* in bytes */
	__u32 mtu; /* of the route, if it is to be forwarded */
	__u32 unfinished; /* enum bpf_wg_unfinished_what */
	struct bpf_wg_unfinished sum;
	__be32 dst[4]; /* destination as received, if that is not the one it is routed to */
	__be16 dport;
	__u8 redirected; /* whether it is so */
	__u8 finished; /* whether a checksum has been finished, by the program of another CPU */
	__u8 network; /* where the IP header begins */
	__u8 above; /* whether it comes in by an interface above the one that received it */
};

/* Where the checksum is, from the start of the header: RFC 9293, RFC 768, RFC 9260. */
#define TCP_CHECKSUM 16
#define UDP_CHECKSUM 6
#define SCTP_CHECKSUM 8

/* Protocols that carry packets with checksums of their own. */
#define PROTO_ETHERIP 97
#define PROTO_L2TP 115
#define PROTO_MPLS 137

/*
 * Find out what is left undone, if flags, which is enum xdp_wg_flags, does not say that nothing is.
 * Returns 0, or the reason to pass a frame that cannot be finished.
 */
static __always_inline int screen_unfinished(pkt_ctx *ctx, struct frame *frame, __u32 flags)
{
	int what = pkt_unfinished(ctx, &frame->sum, flags);

	if (!what)
		return 0;
	frame->unfinished = what;
	switch (what) {
	case BPF_WG_UNFINISHED_TAG:
		return XDP_WG_VLAN;
	case BPF_WG_UNFINISHED_SEGMENTS:
		return XDP_WG_GSO;
	case BPF_WG_UNFINISHED_OTHER:
		return XDP_WG_CHECKSUM;
	}
	return what < 0 ? XDP_WG_SHUTDOWN : 0;
}

/* The sum of the pseudo header, RFC 9293 section 3.1 and RFC 8200 section 8.1; not folded. */
static __always_inline __u64 pseudo_sum(const struct packet *packet)
{
	const struct bpf_wg_flow *flow = &packet->flow;
	__u64 sum = bpf_htons(packet->length - packet->header);
	int i;

	sum += bpf_htons(flow->protocol);
	for (i = 0; i < 4; i++)
		sum += (__u64)flow->src[i] + flow->dst[i];
	return sum;
}

/*
 * UDP ports of tunnels: L2TP, GTP-U, GRE, VXLAN, VXLAN-GPE, GUE, Geneve, MPLS, and Linux's own
 * VXLAN. One at another port is not known for a tunnel.
 */
static __always_inline int is_tunnel_port(__be16 port)
{
	switch (bpf_ntohs(port)) {
	case 1701:
	case 2152:
	case 4754:
	case 4789:
	case 4790:
	case 6080:
	case 6081:
	case 6635:
	case 8472:
		return 1;
	}
	return 0;
}

/*
 * Where the checksum of a packet would be that its sender has left undone, from the start of the
 * frame. Returns 0 if such packets have none, or -1 where one could be hidden: in a packet inside
 * of this one, behind the right checksum of a tunnel or behind none; or in SCTP, whose checksum is
 * no sum.
 */
static __always_inline int unfinished_field(pkt_ctx *ctx, const struct packet *packet,
					    const struct frame *frame)
{
	int l4 = frame->network + packet->header;
	const __u32 *crc;
	const __u16 *udp;

	switch (packet->flow.protocol) {
	case IPPROTO_TCP:
		return l4 + TCP_CHECKSUM;
	case IPPROTO_UDP:
		udp = pkt_at(ctx, l4 + UDP_CHECKSUM, sizeof(*udp));
		return udp && *udp && !is_tunnel_port(packet->flow.dport) ? l4 + UDP_CHECKSUM : -1;
	case IPPROTO_SCTP:
		crc = pkt_at(ctx, l4 + SCTP_CHECKSUM, sizeof(*crc));
		return crc && *crc ? 0 : -1;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
	case PROTO_ETHERIP:
	case PROTO_L2TP:
	case PROTO_MPLS:
		return -1;
	}
	return 0;
}

/*
 * Whether the field may have the sum of the pseudo header in it, and nothing else yet. So it has
 * where the checksum is to be finished, and in one of 65,536 packets where it is not.
 */
static __always_inline int is_pseudo_sum(pkt_ctx *ctx, const struct packet *packet, __u32 offset)
{
	const __u16 *field = pkt_at(ctx, offset, sizeof(*field));

	return field && *field == csum_fold(pseudo_sum(packet));
}

/* Whether a checksum is right as it is, which settles that question. */
static __always_inline int is_sum_right(pkt_ctx *ctx, const struct packet *packet,
					const struct frame *frame)
{
	__s64 sum = pkt_checksum(ctx, frame->network + packet->header,
				 packet->length - packet->header, 0);

	return sum >= 0 && csum_fold(sum + pseudo_sum(packet)) == 0xffff;
}

/*
 * What could not be seen, guessed by the packet itself, whose checksum would be in this field.
 * Returns 0 or the reason to pass.
 */
static __always_inline int guess_unfinished(pkt_ctx *ctx, const struct packet *packet,
					    struct frame *frame, __u32 field)
{
	int unseen_skb = frame->unfinished == BPF_WG_UNSEEN_SKB;

	frame->unfinished = BPF_WG_FINISHED;
	if (!is_pseudo_sum(ctx, packet, field))
		return 0;
	if (unseen_skb)
		return XDP_WG_CHECKSUM;
	if (is_sum_right(ctx, packet, frame))
		return 0;
	frame->unfinished = BPF_WG_UNFINISHED_SUM;
	frame->sum.start = frame->network + packet->header;
	frame->sum.field = field;
	return 0;
}

/*
 * Whether the place of a sum is behind the IP header and within the packet. The stack sums up to
 * the end of the packet, and may change the IP header before.
 */
static __always_inline int is_sum_within(const struct packet *packet, const struct frame *frame)
{
	const struct bpf_wg_unfinished *sum = &frame->sum;

	return sum->start >= frame->network + packet->header && sum->field >= sum->start &&
	       sum->field + sizeof(__u16) <= frame->network + packet->length;
}

static __always_inline int is_unseen(const struct frame *frame)
{
	return frame->unfinished == BPF_WG_UNSEEN || frame->unfinished == BPF_WG_UNSEEN_SKB;
}

/*
 * Whether a frame that could not be seen is a datagram without a checksum. Nothing is guessed by
 * its addresses then, and what it means depends on which of the two directions it is.
 */
static __always_inline int is_unseen_without_sum(pkt_ctx *ctx, const struct packet *packet,
						 const struct frame *frame)
{
	const __u16 *check;

	if (!is_unseen(frame) || packet->flow.protocol != IPPROTO_UDP)
		return 0;
	check = pkt_at(ctx, frame->network + packet->header + UDP_CHECKSUM, sizeof(*check));
	return check && !*check;
}

/*
 * Settle what is to be finished of a packet to encrypt: then it is frame->sum, or nothing. Returns
 * 0 or the reason to pass.
 */
static __always_inline int settle_unfinished(pkt_ctx *ctx, const struct packet *packet,
					     struct frame *frame)
{
	int field = 0, reason = 0;

	if (!frame->unfinished)
		return 0;
	if (is_unseen(frame))
		field = unfinished_field(ctx, packet, frame);
	if (field < 0)
		return XDP_WG_CHECKSUM;
	if (field)
		reason = guess_unfinished(ctx, packet, frame, field);
	if (reason || frame->unfinished != BPF_WG_UNFINISHED_SUM)
		return reason;
	return is_sum_within(packet, frame) ? 0 : XDP_WG_CHECKSUM;
}

/*
 * The same for a datagram to decrypt. That needs no checksum itself. But in an skb whose sender has
 * left it undone, it remains to be done, to whatever is there then; and one that is queued for
 * another CPU may yet go to the stack.
 */
static __always_inline int settle_datagram(pkt_ctx *ctx, const struct packet *packet,
					   struct frame *frame)
{
	if (frame->unfinished == BPF_WG_UNFINISHED_SUM && !is_sum_within(packet, frame))
		return XDP_WG_CHECKSUM;
	if (!is_unseen(frame))
		return 0;
	return guess_unfinished(ctx, packet, frame, frame->network + packet->header + UDP_CHECKSUM);
}

/*
 * Finish a checksum whose place is known. The packet ends at end; all offsets are from the start of
 * the frame. What the field had before goes to saved. Returns 0, or -1 with nothing changed.
 */
static __always_inline int finish_sum(pkt_ctx *ctx, __u32 start, __u32 field, __u32 end,
				      __u16 *saved)
{
	__s64 sum = pkt_checksum(ctx, start, end - start, 0);
	__u16 *check = pkt_at(ctx, field, sizeof(*check));

	if (sum < 0 || !check)
		return -1;
	*saved = *check;
	*check = csum_finished(sum);
	return 0;
}

static __always_inline void restore_sum(pkt_ctx *ctx, __u32 field, __u16 saved)
{
	__u16 *check = pkt_at(ctx, field, sizeof(*check));

	if (check)
		*check = saved;
}

#endif /* BPF_UNFINISHED_H */
