/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VLAN tags in a frame: those that it comes with, and those that it gets where it leaves by the
 * port below a VLAN device. Included by pkt_xdp.h: a tc program finds the outermost beside the
 * packet, and what it redirects goes through that device, which writes them.
 */
#ifndef BPF_VLAN_H
#define BPF_VLAN_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "kfuncs.h"

#define VLAN_TAG_LENGTH 4 /* IEEE 802.1Q: EtherType and TCI */

/* A frame with a tag, in words of 16 bits: two addresses, the tag, the EtherType. */
#define VLAN_TAG_WORD 6
#define VLAN_WORDS 9

/* What is behind the two addresses of a frame with two tags. */
struct vlan_header {
	__be16 proto;
	__be16 tci;
	__be16 inner_proto;
	__be16 inner_tci;
	__be16 last_proto;
};

/*
 * Read the tags of a frame that has one. A frame with a packet in it is longer than two. Returns
 * their length, with the type of what is behind them in *protocol, or -1.
 */
static __always_inline int vlan_read(struct xdp_md *ctx, struct bpf_wg_ingress *ingress,
				     __be16 *protocol)
{
	const struct vlan_header *header = pkt_at(ctx, 2 * ETH_ALEN, sizeof(*header));

	if (!header)
		return -1;
	ingress->tag_proto[0] = header->proto;
	ingress->tag_tci[0] = header->tci;
	*protocol = header->inner_proto;
	if (!vlan_is_proto(header->inner_proto))
		return VLAN_TAG_LENGTH;
	ingress->tag_proto[1] = header->inner_proto;
	ingress->tag_tci[1] = header->inner_tci;
	*protocol = header->last_proto;
	return 2 * VLAN_TAG_LENGTH;
}

/* Length of the tags of an egress, in bytes. */
static __always_inline __u32 vlan_length(const struct bpf_wg_egress *egress)
{
	if (!egress->tag_proto[0])
		return 0;
	return egress->tag_proto[1] ? 2 * VLAN_TAG_LENGTH : VLAN_TAG_LENGTH;
}

/* Put a tag in front of those that are there. */
static __always_inline int vlan_push_one(struct xdp_md *ctx, __be16 proto, __be16 tci)
{
	__be16 *frame;

	if (bpf_xdp_adjust_head(ctx, -VLAN_TAG_LENGTH))
		return -1;
	frame = pkt_at(ctx, 0, VLAN_WORDS * sizeof(*frame));
	if (!frame)
		return -1;
	for (int i = 0; i < VLAN_TAG_WORD; i++)
		frame[i] = frame[i + VLAN_TAG_LENGTH / sizeof(*frame)];
	frame[VLAN_TAG_WORD] = proto;
	frame[VLAN_TAG_WORD + 1] = tci;
	return 0;
}

/* Put all tags of an egress into a frame, which has room for them. Returns 0, or -1. */
static __always_inline int vlan_push(struct xdp_md *ctx, const struct bpf_wg_egress *egress)
{
	if (vlan_push_one(ctx, egress->tag_proto[0], egress->tag_tci[0]))
		return -1;
	if (!egress->tag_proto[1])
		return 0;
	return vlan_push_one(ctx, egress->tag_proto[1], egress->tag_tci[1]);
}

#endif /* BPF_VLAN_H */
