/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access to the packet. Only this file and the two it includes know which kind of program they are
 * compiled into; what is above sees a context, offsets from the start of the frame, and functions
 * that both kinds have:
 *
 * pkt_length          length of the frame, in bytes
 * pkt_iif             index of the interface that received it
 * pkt_screen          the reason to pass a frame of a length if its buffer is of a kind that cannot
 *                     go fast, or 0
 * pkt_unfinished      enum bpf_wg_unfinished_what, with the place of a sum, or a negative errno
 * pkt_own_mac         whether the frame is addressed to that interface: enum bpf_wg_mac
 * pkt_is_tagged       whether it has a VLAN tag, by the type in its Ethernet header
 * pkt_tags            its tags, and the type behind those that are in the frame: the length of
 *                     these, or -1 if they cannot be told
 * pkt_make_linear     have all of the frame in one piece; invalidates pointers into it
 * pkt_grow            room in front of the frame, and behind it, all in one piece; and for the tags
 *                     of its egress, later
 * pkt_shrink          the exact reverse
 * pkt_finish          finish what the sender has left to a device, of a packet that ends at an
 *                     offset: 1 if there was something, 0 if not, or a negative errno
 * pkt_tag             put them into a frame that is else ready; egress and length of the frame
 * pkt_encapsulated    metadata of an encrypted packet with its outer headers
 * pkt_decapsulated    metadata of a decrypted packet that is ready to be forwarded
 * pkt_strip           remove what is in front of an inner packet and behind it
 * pkt_order_passed    remember that a packet passes for a reason, if others of its flow may go fast
 * pkt_order_check     the reason to pass a packet for a peer, in a frame of a length, because of
 *                     its flow, which would be overtaken or others have time for; or 0
 * pkt_order_check_message: the same for a data message from a peer, with its index
 * pkt_pass, pkt_drop, pkt_redirect: the verdicts
 *
 * and the kfuncs by their names without the kind of program.
 */
#ifndef BPF_PKT_H
#define BPF_PKT_H

#include <linux/if_ether.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>

#include "kfuncs.h"
#include "message.h"
#include "xdp_wg.h"

/* No header that we read begins farther in than this. Keeps offsets bounded for the verifier. */
#define PKT_MAX_HEADERS 256

#ifdef PKT_SKB
typedef struct __sk_buff pkt_ctx;
#define PKT_KFUNC(name) bpf_skb_##name
#else
typedef struct xdp_md pkt_ctx;
#define PKT_KFUNC(name) bpf_xdp_##name
#endif

/*
 * An Ethernet header. That of linux/if_ether.h is packed, and would be read and written byte by
 * byte. But frames begin at even addresses: two bytes further, and their IP headers, which are read
 * by words, would be at multiples of four.
 */
struct link_header {
	__be16 dest[ETH_ALEN / 2];
	__be16 source[ETH_ALEN / 2];
	__be16 proto;
};

/* EtherTypes of VLAN tags, and the VLAN in what they say (IEEE 802.1Q). */
#define VLAN_ID 0x0fff

static __always_inline int vlan_is_proto(__be16 proto)
{
	return proto == bpf_htons(ETH_P_8021Q) || proto == bpf_htons(ETH_P_8021AD);
}

/*
 * The size bytes at offset, or NULL if they are not in the frame. Valid until the next resize. Both
 * pointers are read anew each time: to the compiler they are numbers of 32 bits, and one that it
 * copies as such is no pointer to the verifier any more.
 */
static __always_inline void *pkt_at(pkt_ctx *ctx, __u32 offset, __u32 size)
{
	void *end = (void *)(long)*(volatile __u32 *)&ctx->data_end;
	void *start = (void *)(long)*(volatile __u32 *)&ctx->data;

	if (offset > PKT_MAX_HEADERS)
		return NULL;
	if (start + offset + size > end)
		return NULL;
	return start + offset;
}

static __always_inline long pkt_fib_lookup(pkt_ctx *ctx, struct bpf_fib_lookup *fib, __u32 flags)
{
	return bpf_fib_lookup(ctx, fib, sizeof(*fib), flags);
}

static __always_inline struct wg_device *pkt_device_by_index(pkt_ctx *ctx, __u32 ifindex)
{
	return PKT_KFUNC(wg_device_get_by_index)(ctx, ifindex);
}

static __always_inline struct wg_device *pkt_device_by_port(pkt_ctx *ctx, __u16 port)
{
	return PKT_KFUNC(wg_device_get_by_port)(ctx, port);
}

static __always_inline int pkt_own_mac(pkt_ctx *ctx, const void *mac)
{
	return PKT_KFUNC(wg_own_mac)(ctx, mac, ETH_ALEN);
}

static __always_inline int pkt_flow_validate(pkt_ctx *ctx, struct bpf_wg_flow *flow, __u32 mark)
{
	return PKT_KFUNC(wg_flow_validate)(ctx, flow, sizeof(*flow), mark);
}

static __always_inline int pkt_flow_recall(pkt_ctx *ctx, const struct bpf_wg_flow *flow,
					   struct bpf_wg_recalled *recalled)
{
	return PKT_KFUNC(wg_flow_recall)(ctx, flow, sizeof(*flow), recalled);
}

static __always_inline int pkt_ingress(pkt_ctx *ctx, const void *addresses,
				       struct bpf_wg_ingress *ingress)
{
	return PKT_KFUNC(wg_ingress)(ctx, addresses, 2 * ETH_ALEN, ingress);
}

static __always_inline int pkt_bridge_sees(pkt_ctx *ctx, struct wg_peer *peer, __u32 flow,
					   __u32 received)
{
	return PKT_KFUNC(wg_bridge_sees)(ctx, peer, flow, received);
}

static __always_inline int pkt_received(pkt_ctx *ctx, __u32 ifindex, __u32 length)
{
	return PKT_KFUNC(wg_received)(ctx, ifindex, length);
}

static __always_inline int pkt_hooks(pkt_ctx *ctx, __u32 iif, struct wg_device *wg,
				     struct bpf_wg_egress *egress, __u32 flags)
{
	return PKT_KFUNC(wg_hooks)(ctx, iif, wg, egress, flags);
}

static __always_inline int pkt_neigh_probe4(pkt_ctx *ctx, __u32 ifindex, const void *addr)
{
	return PKT_KFUNC(wg_neigh_probe)(ctx, ifindex, addr, 4);
}

static __always_inline int pkt_neigh_probe6(pkt_ctx *ctx, __u32 ifindex, const void *addr)
{
	return PKT_KFUNC(wg_neigh_probe)(ctx, ifindex, addr, 16);
}

static __always_inline int pkt_peek(pkt_ctx *ctx, __u32 offset, __u32 length, struct wg_peer *peer,
				    struct bpf_wg_block *block)
{
	return PKT_KFUNC(wg_peek)(ctx, offset, length, peer, block);
}

static __always_inline void pkt_stream_forget(pkt_ctx *ctx)
{
	PKT_KFUNC(wg_stream_forget)(ctx);
}

static __always_inline int pkt_encrypt(pkt_ctx *ctx, __u32 offset, __u32 length,
				       struct wg_peer *peer)
{
	return PKT_KFUNC(wg_encrypt)(ctx, offset, length, peer);
}

static __always_inline int pkt_decrypt(pkt_ctx *ctx, __u32 offset, __u32 length,
				       struct wg_peer *peer)
{
	return PKT_KFUNC(wg_decrypt)(ctx, offset, length, peer);
}

static __always_inline __s64 pkt_checksum(pkt_ctx *ctx, __u32 offset, __u32 length, __u32 seed)
{
	return PKT_KFUNC(checksum)(ctx, offset, length, seed);
}

#ifdef PKT_SKB
#include "pkt_skb.h"
#else
#include "pkt_xdp.h"
#endif

#endif /* BPF_PKT_H */
