/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VLAN tags of a frame that leaves by the port below a VLAN device. Included by pkt_xdp.h: what a
 * tc program redirects goes through that device, which writes them.
 */
#ifndef BPF_VLAN_H
#define BPF_VLAN_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "kfuncs.h"

#define VLAN_TAG_LENGTH 4 /* IEEE 802.1Q: EtherType and TCI */

/* A frame with a tag, in words of 16 bits: two addresses, the tag, the EtherType. */
#define VLAN_TAG_WORD 6
#define VLAN_WORDS 9

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
