/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kfuncs of WireGuard for XDP and tc programs: what the module's other files use of them.
 *
 * bpf.c             the kfuncs and their documentation, the lookups, the registration
 * bpf_allowedips.c  the peer that an inner address belongs to
 * bpf_flow.c        the way in, which a program asks about before it decides: would the stack
 *                   accept it
 * bpf_route.c       the way out: where would the outer packet go, can the egress transmit
 * bpf_data.c        what is done to packet data: peek, encrypt, decrypt, move, checksum
 * bpf_keystream.c   key streams, from a peek to the decryption that follows, perhaps elsewhere
 * bpf_aead.c        the cryptography of data messages, composed of the kernel's ciphers
 *
 * bpf_types.h is what the module and programs agree on, bpf_internal.h what these files use of each
 * other.
 */
#ifndef _WG_BPF_H
#define _WG_BPF_H

#include "peer.h"

#include <linux/percpu.h>

/* The kfuncs' share of a peer's transfer counters, one per CPU. */
struct wg_bpf_stats {
	u64 rx_bytes, tx_bytes;
};

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

int wg_bpf_init(void);
void wg_bpf_uninit(void);

#endif /* _WG_BPF_H */
