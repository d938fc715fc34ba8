/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kfuncs of WireGuard for XDP and tc programs.
 *
 * bpf.c             the kfuncs and their documentation, the lookups, the registration
 * bpf_allowedips.c  the peer that an inner address belongs to
 * bpf_flow.c        the way in, which a program asks about before it decides: would the stack
 *                   accept it
 * bpf_route.c       the way out: where would the outer packet go, can the egress transmit
 * bpf_encrypt.c     encryption of a packet
 * bpf_decrypt.c     decryption, and the peek before it
 * bpf_bytes.c       what knows nothing of WireGuard: move, checksum
 * bpf_keystream.c   key streams, from a peek to the decryption that follows, perhaps elsewhere
 * bpf_aead.c        the cryptography of data messages, composed of the kernel's ciphers
 * bpf_selftest.c    whether that is the library's, and may be used
 * bpf_memory.c      memory that comes when a program first asks for it
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

#ifdef CONFIG_WIREGUARD_BPF

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/percpu.h>
#include <net/xdp.h>

enum bpf_wg_flow_flags {
	/* A TCP segment with SYN: it carries the MSS, which firewalls adjust to the path. */
	BPF_WG_FLOW_SYN = 1U << 0,
};

/**
 * struct bpf_wg_flow - one packet's way through the router, as the input path sees it
 * @iif: layer 3 interface it came in by: the WireGuard device for a decrypted packet
 * @oif: interface its route leaves by; 0 for a packet to this host
 * @mtu: set by bpf_xdp_wg_flow_validate() to the MTU that the route itself has, 0 if it has none
 * @family: AF_INET or AF_INET6
 * @protocol: of layer 4
 * @tos: TOS or traffic class, as in the packet
 * @flags: enum bpf_wg_flow_flags
 * @sport: source port if the protocol has ports, network byte order
 * @dport: destination port, likewise
 * @src: source address, network byte order, IPv4 in the first word
 * @dst: destination address, likewise
 */
struct bpf_wg_flow {
	__u32 iif;
	__u32 oif;
	__u32 mtu;
	__u8 family;
	__u8 protocol;
	__u8 tos;
	__u8 flags;
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

/**
 * struct bpf_wg_block - one block of ChaCha20, as much as a peek deciphers
 * @data: the plaintext
 */
struct bpf_wg_block {
	__u8 data[64];
};

/* The kfuncs' share of a peer's transfer counters, one per CPU. */
struct wg_bpf_stats {
	u64 rx_bytes, tx_bytes;
};

/* For wg_peer_create(). Return: 0 or -ENOMEM. */
static inline int wg_bpf_stats_init(struct wg_peer *peer)
{
	peer->bpf_stats = alloc_percpu(struct wg_bpf_stats);
	return peer->bpf_stats ? 0 : -ENOMEM;
}

static inline void wg_bpf_stats_uninit(struct wg_peer *peer)
{
	free_percpu(peer->bpf_stats);
}

static inline void wg_bpf_stats_read(const struct wg_peer *peer, u64 *rx_bytes, u64 *tx_bytes)
{
	int cpu;

	*rx_bytes = *tx_bytes = 0;
	for_each_possible_cpu (cpu) {
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

/* bpf.c */
int wg_bpf_init(void);
void wg_bpf_uninit(void);

/* bpf_allowedips.c: see bpf_wg_peer_allowedips_lookup() */
void wg_bpf_allowedips_uninit(void);
struct wg_peer *wg_bpf_allowedips_lookup(struct wg_device *wg, const void *address, u32 size);

/* bpf_flow.c: see bpf_xdp_wg_flow_validate() */
void wg_bpf_flow_uninit(void);
bool wg_bpf_has_policy(const struct net *net, int direction);
int wg_bpf_flow_validate(struct net *net, struct bpf_wg_flow *flow, u32 size);

/* bpf_route.c: see the kfuncs of the same names */
int wg_bpf_endpoint_tuple(struct wg_peer *peer, struct bpf_sock_tuple *tuple, u32 size);
int wg_bpf_endpoint_match(struct wg_peer *peer, const struct bpf_wg_flow *flow, u32 size);
int wg_bpf_peer_route(struct wg_peer *peer, struct bpf_wg_route *route, u32 size);
u32 wg_bpf_ip_ident(struct wg_peer *peer, __be32 saddr, __be32 daddr);
int wg_bpf_own_mac(const struct net_device *dev, const void *mac, u32 size);
int wg_bpf_egress(struct net *net, u32 ifindex);
int wg_bpf_neigh_probe(struct net *net, u32 ifindex, const void *addr, u32 size);

/* bpf_encrypt.c: likewise */
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

#else /* CONFIG_WIREGUARD_BPF */

static inline int wg_bpf_init(void)
{
	return 0;
}

static inline void wg_bpf_uninit(void)
{
}

static inline int wg_bpf_stats_init(struct wg_peer *peer)
{
	return 0;
}

static inline void wg_bpf_stats_uninit(struct wg_peer *peer)
{
}

static inline void wg_bpf_stats_read(const struct wg_peer *peer, u64 *rx_bytes, u64 *tx_bytes)
{
	*rx_bytes = *tx_bytes = 0;
}

#endif /* CONFIG_WIREGUARD_BPF */
#endif /* _WG_BPF_H */
