/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kfuncs of WireGuard for XDP and tc programs: what the module's other files use of them.
 *
 * bpf.c             the kfuncs and their documentation, the lookups, the registration
 * bpf_allowedips.c  the peer that an inner address belongs to
 * bpf_flow.c        the way in, which a program asks about before it decides: would the stack
 *                   accept it
 * bpf_unfinished.c  what the sender of a frame has left to a device
 * bpf_hooks.c       who else would see it on the stack's way
 * bpf_path.c        the port below a device, and what a frame has to have there
 * bpf_bridge.c      the bridges on the way
 * bpf_consent.c     whether netfilter would let it go there, by what was seen of its flow
 * bpf_witness.c     the hooks of netfilter that see it
 * bpf_ingress.c     those at the ingress of devices that have chains there
 * bpf_snapshot.c    what packets were before, to tell what rules have done to them
 * bpf_notes.c       the memory of flows that they have seen
 * bpf_route.c       the way out: where would the outer packet go, can the egress transmit
 * bpf_encrypt.c     encryption of a packet
 * bpf_decrypt.c     decryption, and the peek before it
 * bpf_bytes.c       what knows nothing of WireGuard: move, checksum
 * bpf_keystream.c   key streams, from a peek to the decryption that follows, perhaps elsewhere
 * bpf_aead.c        the cryptography of data messages, composed of the kernel's ciphers
 * bpf_selftest.c    whether that is the library's, and may be used
 * bpf_memory.c      memory that comes when a program first asks for it
 *
 * bpf_types.h is what the module and programs agree on, bpf_internal.h what these files use of each
 * other.
 */
#ifndef _WG_BPF_H
#define _WG_BPF_H

#include "peer.h"

#ifdef CONFIG_WIREGUARD_BPF

#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

/*
 * The kfuncs' share of a peer's transfer counters, one per CPU, which alone writes it, with bottom
 * halves off.
 */
struct wg_bpf_stats {
	u64_stats_t rx_bytes, tx_bytes;
	struct u64_stats_sync syncp;
};

/* For wg_peer_create(). Return: 0 or -ENOMEM. */
static inline int wg_bpf_stats_init(struct wg_peer *peer)
{
	peer->bpf_stats = netdev_alloc_pcpu_stats(struct wg_bpf_stats);
	return peer->bpf_stats ? 0 : -ENOMEM;
}

static inline void wg_bpf_stats_uninit(struct wg_peer *peer)
{
	free_percpu(peer->bpf_stats);
}

static inline void wg_bpf_stats_read(const struct wg_peer *peer, u64 *rx_bytes, u64 *tx_bytes)
{
	unsigned int start;
	u64 rx, tx;
	int cpu;

	*rx_bytes = *tx_bytes = 0;
	for_each_possible_cpu(cpu) {
		const struct wg_bpf_stats *stats = per_cpu_ptr(peer->bpf_stats, cpu);

		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			rx = u64_stats_read(&stats->rx_bytes);
			tx = u64_stats_read(&stats->tx_bytes);
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		*rx_bytes += rx;
		*tx_bytes += tx;
	}
}

int wg_bpf_init(void);
void wg_bpf_stop(void);
void wg_bpf_uninit(void);
void wg_bpf_keypair_freed(u64 internal_id);

#else /* CONFIG_WIREGUARD_BPF */

static inline int wg_bpf_init(void)
{
	return 0;
}

static inline void wg_bpf_stop(void)
{
}

static inline void wg_bpf_uninit(void)
{
}

static inline void wg_bpf_keypair_freed(u64 internal_id)
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
