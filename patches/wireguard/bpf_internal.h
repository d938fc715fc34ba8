/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the kfuncs use of each other, by the file that it is in.
 *
 * All of it runs in softirq or with bottom halves off, which locks hence need not turn off, and
 * inside one RCU read-side critical section that lasts as long as the program runs. Devices, peers
 * and keypairs are freed after a grace period, so the references that the verifier tracks cost
 * nothing: a lookup hands out what RCU protects, and the put functions do nothing but end the
 * verifier's tracking.
 */
#ifndef _WG_BPF_INTERNAL_H
#define _WG_BPF_INTERNAL_H

#include "bpf.h"
#include "bpf_types.h"
#include "device.h"
#include "noise.h"

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <net/xdp.h>
#include <net/xfrm.h>

/* A peer that may be handed out and used: its timers and queues can still be started. */
static inline bool wg_bpf_peer_usable(const struct wg_peer *peer)
{
	return !READ_ONCE(peer->is_dead) && netif_running(peer->device->dev);
}

/* Whether packets can leave by an interface now. */
static inline bool wg_bpf_transmits(const struct net_device *dev)
{
	unsigned long state = READ_ONCE(dev->state);

	return (state & (BIT(__LINK_STATE_START) | BIT(__LINK_STATE_NOCARRIER))) ==
		       BIT(__LINK_STATE_START) &&
	       dev->type == ARPHRD_ETHER;
}

/*
 * Whether frames of XDP can. A bond or team is no port: it chooses one for a frame otherwise than
 * for a packet, and whoever is at that port is not asked.
 */
static inline bool wg_bpf_transmits_xdp(const struct net_device *dev)
{
	return dev->netdev_ops->ndo_xdp_xmit &&
	       READ_ONCE(dev->xdp_features) & NETDEV_XDP_ACT_NDO_XMIT && !netif_is_lag_master(dev);
}

/*
 * Whether packets wait to be encrypted for a peer, or to be sent to it. Who sends takes the last
 * one out of the queue before that.
 */
static inline bool wg_bpf_is_sending(struct wg_peer *peer)
{
	return !skb_queue_empty_lockless(&peer->staged_packet_queue) ||
	       atomic_read(&peer->tx_queue.count) || READ_ONCE(peer->tx_queue.peeked) ||
	       work_busy(&peer->transmit_packet_work);
}

/* Whether packets wait to be decrypted that came from a peer, or to go on into the stack. */
static inline bool wg_bpf_is_receiving(struct wg_peer *peer)
{
	return atomic_read(&peer->rx_queue.count) || READ_ONCE(peer->rx_queue.peeked) ||
	       test_bit(NAPI_STATE_SCHED, &peer->napi.state);
}

/* Whether IPsec has a say in packets of a direction, XFRM_POLICY_*. */
static inline bool wg_bpf_has_policy(const struct net *net, int direction)
{
#ifdef CONFIG_XFRM
	return READ_ONCE(net->xfrm.policy_count[direction]) ||
	       READ_ONCE(net->xfrm.policy_default[direction]) != XFRM_USERPOLICY_ACCEPT;
#else
	return false;
#endif
}

/**
 * struct wg_bpf_packet - the part of a packet that is in one piece of memory
 * @data: first byte, where offset 0 of the kfuncs is
 * @length: in bytes
 * @start: first byte of the buffer that belongs to the packet alone, at or before @data
 */
struct wg_bpf_packet {
	u8 *data;
	u32 length;
	u8 *start;
};

/* Whether a part of a packet, in bytes from its beginning, is within it. */
static inline bool wg_bpf_within(const struct wg_bpf_packet *packet, u32 offset, u32 length)
{
	return offset <= packet->length && length <= packet->length - offset;
}

/* bpf_allowedips.c: see bpf_wg_peer_allowedips_lookup() */
void wg_bpf_allowedips_uninit(void);
struct wg_peer *wg_bpf_allowedips_lookup(struct wg_device *wg, const void *address, u32 size);

/* bpf_flow.c: see bpf_xdp_wg_flow_validate() */
void wg_bpf_flow_uninit(void);
int wg_bpf_flow_validate(struct net_device *in, struct bpf_wg_flow *flow, u32 size, u32 mark);

/* bpf_unfinished.c: see bpf_xdp_wg_unfinished() */
int wg_bpf_unfinished(const struct xdp_buff *xdp, struct net_device *dev,
		      struct bpf_wg_unfinished *unfinished, u32 size);

/* bpf_hooks.c: see bpf_xdp_wg_hooks() */
void wg_bpf_hooks_init(void);
bool wg_bpf_has_forward_hook(const struct net *net, u8 family);
bool wg_bpf_has_prerouting_hook(const struct net *net, u8 family);
bool wg_bpf_has_ingress_hook(const struct net *net, const struct net_device *dev);
bool wg_bpf_any_ingress_hook(void);
bool wg_bpf_has_own_program(const struct net_device *dev);
int wg_bpf_xdp_hooks(const struct net_device *port, u32 iif, const struct wg_device *wg,
		     struct bpf_wg_egress *egress, u32 flags);
int wg_bpf_skb_hooks(const struct net_device *port, u32 iif, const struct wg_device *wg,
		     struct bpf_wg_egress *egress, u32 flags);

/* bpf_bridge.c; see also the kfunc bpf_xdp_wg_bridge_sees() */
int wg_bpf_bridge_init(void);
void wg_bpf_bridge_uninit(void);
bool wg_bpf_bridge_in(const struct net_device *bridge, const struct net_device *dev,
		      const u8 *source, bool *learns);
int wg_bpf_bridge_sees(const struct net_device *port, const struct wg_bpf_packet *packet,
		       struct wg_peer *peer, u32 flow, bool received);
const struct net_device *wg_bpf_bridge_out(const struct net_device *bridge, const void *mac);
struct net_device *wg_bpf_bridge_member(const struct net_device *bridge,
					const struct net_device *port);

/**
 * struct wg_bpf_path - the devices below one that IP knows, down to the port
 * @bridge: the one of these, or that one, that is a bridge, or NULL
 * @count: how many
 * @below: those, the port last: two VLAN devices and a bridge are the most above it
 */
struct wg_bpf_path {
	const struct net_device *bridge;
	unsigned int count;
	const struct net_device *below[3];
};

/* bpf_path.c; see also the kfuncs of the same names */
int wg_bpf_path(const struct net_device *dev, struct wg_bpf_path *path,
		struct bpf_wg_egress *egress);
int wg_bpf_sent(struct net *net, u32 ifindex, u32 port, u32 length);
int wg_bpf_ingress(struct net_device *in, const void *addresses, u32 size, bool in_frame,
		   struct bpf_wg_ingress *ingress);
int wg_bpf_arrival(const struct net_device *dev, const struct net_device *port,
		   struct wg_bpf_path *path);
int wg_bpf_received(const struct net_device *port, u32 ifindex, u32 length);

/* bpf_consent.c: see the kfuncs of the same names */
int wg_bpf_flow_recall(struct net *net, const struct bpf_wg_flow *flow, u32 size,
		       struct bpf_wg_recalled *recalled);
int wg_bpf_consent_encrypt(struct wg_peer *peer, const struct bpf_wg_flow *flow,
			   const struct bpf_wg_route *route, struct bpf_wg_consent *consent);
int wg_bpf_consent_decrypt(struct wg_peer *peer, const struct bpf_wg_flow *outer,
			   const struct bpf_wg_flow *inner, struct bpf_wg_consent *consent);
void wg_bpf_consent_used(struct wg_peer *peer, const struct bpf_wg_consent *consent, u32 inner,
			 u32 outer);

/* bpf_route.c: see the kfuncs of the same names */
int wg_bpf_endpoint_tuple(struct wg_peer *peer, struct bpf_sock_tuple *tuple, u32 size);
int wg_bpf_endpoint_match(struct wg_peer *peer, const struct bpf_wg_flow *flow, u32 size);
int wg_bpf_peer_route(struct wg_peer *peer, struct bpf_wg_route *route, u32 size);
u32 wg_bpf_ip_ident(struct wg_peer *peer, __be32 saddr, __be32 daddr);
int wg_bpf_own_mac(const struct net_device *dev, const void *mac, u32 size);
int wg_bpf_egress(struct net *net, u32 ifindex);
int wg_bpf_neigh_probe(struct net *net, u32 ifindex, const void *addr, u32 size);

/* bpf_encrypt.c: likewise, and the length of the packet that is to be encrypted, 0 if it is none */
u32 wg_bpf_inner_length(const struct wg_bpf_packet *packet, u32 offset, u32 length);
int wg_bpf_encrypt(const struct wg_bpf_packet *packet, u32 offset, u32 length,
		   struct wg_peer *peer);

/* bpf_decrypt.c: likewise */
int wg_bpf_peek(const struct wg_bpf_packet *packet, u32 offset, u32 length, struct wg_peer *peer,
		u8 *block);
int wg_bpf_decrypt(const struct wg_bpf_packet *packet, u32 offset, u32 length,
		   struct wg_peer *peer);

/* bpf_bytes.c: likewise */
int wg_bpf_move(const struct wg_bpf_packet *packet, u32 to, u32 from, u32 length);
s64 wg_bpf_checksum(const struct wg_bpf_packet *packet, u32 offset, u32 length, u32 seed);

#endif /* _WG_BPF_INTERNAL_H */
