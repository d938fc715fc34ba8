// SPDX-License-Identifier: GPL-2.0
/*
 * The peer that an inner address belongs to. WireGuard has a trie of networks, of which a lookup
 * visits a node for each bit that they differ in. Packets come in flows, so what was found is
 * remembered until allowed IPs change.
 */

#include "bpf.h"
#include "allowedips.h"
#include "bpf_memory.h"

#include <linux/hash.h>
#include <linux/percpu.h>

/**
 * struct known_peer - what was found for an address
 * @table: where; one that is freed and another in its place differ in @changes
 * @address: in its first @size bytes, network byte order; the others are zero
 * @size: of the address, in bytes
 * @changes: the number of changes of tables, before the lookup
 * @peer: who the address belongs to, for as long as there are no more changes
 */
struct known_peer {
	struct allowedips *table;
	u64 address[2];
	u32 size;
	long changes;
	struct wg_peer *peer;
};

#define KNOWN_PEERS 512 /* a power of two */

static struct known_peer __percpu *known_peers;

static bool make_known_peers(void)
{
	struct known_peer __percpu *peers;

	peers = __alloc_percpu(KNOWN_PEERS * sizeof(*peers), __alignof__(u64));
	/* All of it is zero for those who find it. */
	smp_store_release(&known_peers, peers);
	return peers;
}

static WG_BPF_MEMORY(memory, make_known_peers);

static struct known_peer *peer_place(const struct known_peer *known)
{
	u64 mix = known->address[0] + 31 * known->address[1] + (unsigned long)known->table;

	return this_cpu_ptr(known_peers) + hash_64(mix, ilog2(KNOWN_PEERS));
}

static bool same_lookup(const struct known_peer *a, const struct known_peer *b)
{
	return a->address[0] == b->address[0] && a->address[1] == b->address[1] &&
	       a->table == b->table && a->changes == b->changes && a->size == b->size;
}

/*
 * A peer leaves the tables before the number of changes grows, and is freed a grace period after
 * that. So whoever still finds the number that the peer was remembered with may use it.
 */
struct wg_peer *wg_bpf_allowedips_lookup(struct wg_device *wg, const void *address, u32 size)
{
	struct known_peer now = { .table = &wg->peer_allowedips, .size = size };
	struct known_peer *place;

	switch (size) {
	case sizeof(struct in_addr):
		memcpy(now.address, address, sizeof(struct in_addr));
		break;
	case sizeof(struct in6_addr):
		memcpy(now.address, address, sizeof(struct in6_addr));
		break;
	default:
		return NULL;
	}
	if (unlikely(!READ_ONCE(known_peers))) {
		wg_bpf_memory_ask(&memory);
		return wg_allowedips_lookup_rcu(now.table, size * BITS_PER_BYTE, address);
	}
	now.changes = atomic_long_read_acquire(&wg_allowedips_changes);
	place = peer_place(&now);
	if (likely(same_lookup(place, &now)))
		return READ_ONCE(place->peer->is_dead) ? NULL : place->peer;
	now.peer = wg_allowedips_lookup_rcu(now.table, size * BITS_PER_BYTE, address);
	if (now.peer)
		*place = now;
	return now.peer;
}

/**
 * wg_bpf_allowedips_uninit - give the memory back
 *
 * No program runs any more: those that use the kfuncs hold the module.
 */
void wg_bpf_allowedips_uninit(void)
{
	wg_bpf_memory_stop(&memory);
	free_percpu(known_peers);
}
