/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kfuncs of WireGuard for XDP and tc programs.
 *
 * bpf.c        lookups, and the registration of all kfuncs
 * bpf_route.c  the questions a program asks before it decides: is the source valid, where would
 *              the outer packet go, can the egress transmit
 * bpf_data.c   what is done to packet data: peek, encrypt, decrypt, move, checksum
 *
 * All of them run in softirq or with bottom halves off, inside one RCU read-side critical section
 * that lasts as long as the program runs. Devices, peers and keypairs are freed after a grace
 * period, so the references that the verifier tracks cost nothing: a lookup hands out what RCU
 * protects, and the put functions do nothing but end the verifier's tracking.
 */
#ifndef _WG_BPF_H
#define _WG_BPF_H

#include "device.h"
#include "noise.h"
#include "peer.h"

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/percpu.h>
#include <net/xdp.h>

/**
 * struct bpf_wg_flow - one packet's way through the router, as the input path sees it
 * @iif: layer 3 interface it came in by: the WireGuard device for a decrypted packet
 * @oif: interface its route leaves by; 0 for a packet to this host
 * @family: AF_INET or AF_INET6
 * @protocol: of layer 4
 * @tos: TOS or traffic class, as in the packet
 * @reserved: must be zero
 * @sport: source port if the protocol has ports, network byte order
 * @dport: destination port, likewise
 * @src: source address, network byte order, IPv4 in the first word
 * @dst: destination address, likewise
 */
struct bpf_wg_flow {
	__u32 iif;
	__u32 oif;
	__u8 family;
	__u8 protocol;
	__u8 tos;
	__u8 reserved;
	__be16 sport;
	__be16 dport;
	__be32 src[4];
	__be32 dst[4];
};

/**
 * struct bpf_wg_route - how the outer packets of a peer leave
 * @ifindex: egress interface
 * @mtu: largest IP packet that the route takes, in bytes
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
	__u8 smac[ETH_ALEN];
	__u8 dmac[ETH_ALEN];
};

/* The kfuncs' share of a peer's transfer counters, one per CPU. */
struct wg_bpf_stats {
	u64 rx_bytes, tx_bytes;
};

static inline void wg_bpf_stats_read(const struct wg_peer *peer, u64 *rx_bytes, u64 *tx_bytes)
{
	int cpu;

	*rx_bytes = *tx_bytes = 0;
	for_each_possible_cpu(cpu) {
		const struct wg_bpf_stats *stats = per_cpu_ptr(peer->bpf_stats, cpu);

		*rx_bytes += READ_ONCE(stats->rx_bytes);
		*tx_bytes += READ_ONCE(stats->tx_bytes);
	}
}

/* A peer that may be handed out and used: its timers and queues can still be started. */
static inline bool wg_bpf_peer_usable(const struct wg_peer *peer)
{
	return !READ_ONCE(peer->is_dead) && netif_running(peer->device->dev);
}

static inline struct net_device *wg_bpf_xdp_dev(const struct xdp_md *ctx)
{
	return ((const struct xdp_buff *)ctx)->rxq->dev;
}

static inline struct net_device *wg_bpf_skb_dev(const struct __sk_buff *ctx)
{
	return ((const struct sk_buff *)ctx)->dev;
}

int wg_bpf_init(void);

/* bpf.c */
struct wg_device *bpf_xdp_wg_device_get_by_index(struct xdp_md *xdp_ctx, __u32 ifindex);
struct wg_device *bpf_skb_wg_device_get_by_index(struct __sk_buff *skb_ctx, __u32 ifindex);
struct wg_device *bpf_xdp_wg_device_get_by_port(struct xdp_md *xdp_ctx, __u16 port);
struct wg_device *bpf_skb_wg_device_get_by_port(struct __sk_buff *skb_ctx, __u16 port);
struct wg_peer *bpf_wg_peer_allowedips_lookup(struct wg_device *wg, const void *addr,
					      __u32 addr__sz);
struct wg_peer *bpf_wg_peer_hashtable_lookup(struct wg_device *wg, __le32 idx);
void bpf_wg_device_put(struct wg_device *wg);
void bpf_wg_peer_put(struct wg_peer *peer);

/* bpf_route.c */
int bpf_wg_endpoint_tuple_get(struct wg_peer *peer, struct bpf_sock_tuple *tuple, __u32 tuple__sz);
int bpf_wg_endpoint_match(struct wg_peer *peer, const struct bpf_wg_flow *flow, __u32 flow__sz);
int bpf_wg_peer_route(struct wg_peer *peer, struct bpf_wg_route *route, __u32 route__sz);
__u32 bpf_wg_ip_ident(struct wg_peer *peer, __be32 saddr, __be32 daddr);
int bpf_xdp_wg_flow_validate(struct xdp_md *xdp_ctx, const struct bpf_wg_flow *flow,
			     __u32 flow__sz);
int bpf_skb_wg_flow_validate(struct __sk_buff *skb_ctx, const struct bpf_wg_flow *flow,
			     __u32 flow__sz);
int bpf_xdp_wg_own_mac(struct xdp_md *xdp_ctx, const void *mac, __u32 mac__sz);
int bpf_skb_wg_own_mac(struct __sk_buff *skb_ctx, const void *mac, __u32 mac__sz);
int bpf_xdp_wg_egress(struct xdp_md *xdp_ctx, __u32 ifindex);
int bpf_skb_wg_egress(struct __sk_buff *skb_ctx, __u32 ifindex);
int bpf_xdp_wg_neigh_probe(struct xdp_md *xdp_ctx, __u32 ifindex, const void *addr,
			   __u32 addr__sz);
int bpf_skb_wg_neigh_probe(struct __sk_buff *skb_ctx, __u32 ifindex, const void *addr,
			   __u32 addr__sz);

/* bpf_data.c */
int bpf_xdp_wg_peek(struct xdp_md *xdp_ctx, __u32 offset, __u32 length, struct wg_peer *peer,
		    void *block, __u32 block__sz);
int bpf_skb_wg_peek(struct __sk_buff *skb_ctx, __u32 offset, __u32 length, struct wg_peer *peer,
		    void *block, __u32 block__sz);
int bpf_xdp_wg_encrypt(struct xdp_md *xdp_ctx, __u32 offset, __u32 length, struct wg_peer *peer);
int bpf_skb_wg_encrypt(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
		       struct wg_peer *peer);
int bpf_xdp_wg_decrypt(struct xdp_md *xdp_ctx, __u32 offset, __u32 length, struct wg_peer *peer);
int bpf_skb_wg_decrypt(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
		       struct wg_peer *peer);
int bpf_xdp_wg_move(struct xdp_md *xdp_ctx, __u32 to, __u32 from, __u32 length);
__s64 bpf_xdp_checksum(struct xdp_md *xdp_ctx, __u32 offset, __u32 length, __u32 seed);
__s64 bpf_skb_checksum(struct __sk_buff *skb_ctx, __u32 offset, __u32 length, __u32 seed);

#endif /* _WG_BPF_H */
