// SPDX-License-Identifier: GPL-2.0
/*
 * The peer that an inner address belongs to. WireGuard has a trie of networks, of which a lookup
 * visits a node for each bit that they differ in. Packets come in flows, so what was found is kept
 * in a cache, until allowed IPs change.
 */

#include "bpf_internal.h"
#include "allowedips.h"
#include "bpf_memory.h"

#include <linux/hash.h>
#include <linux/percpu.h>

/**
 * struct peer_cache_entry - what was found for an address
 * @version: of the table, before the lookup; no other table has had it, nor will
 * @address: in its first @size bytes, network byte order; the others are zero
 * @size: of the address, in bytes
 * @peer: who the address belongs to, for as long as the table has that version
 */
struct peer_cache_entry {
	u64 version;
	u64 address[2];
	u32 size;
	struct wg_peer *peer;
};

#define PEER_CACHE_SIZE 512 /* a power of two */

/* Only the CPU itself, with bottom halves off, reads and writes its entries. */
static struct peer_cache_entry __percpu *peer_cache;

static bool make_peer_cache(void)
{
	struct peer_cache_entry __percpu *entries;

	entries = __alloc_percpu(PEER_CACHE_SIZE * sizeof(*entries), __alignof__(u64));
	/* All of it is zero for those who find it. */
	smp_store_release(&peer_cache, entries);
	return entries;
}

static WG_BPF_MEMORY(memory, make_peer_cache);

static struct peer_cache_entry *peer_cache_slot(const struct peer_cache_entry *entry)
{
	u64 mix = entry->address[0] + 31 * entry->address[1] + entry->version;

	return this_cpu_ptr(peer_cache) + hash_64(mix, ilog2(PEER_CACHE_SIZE));
}

static bool same_lookup(const struct peer_cache_entry *a, const struct peer_cache_entry *b)
{
	return a->address[0] == b->address[0] && a->address[1] == b->address[1] &&
	       a->version == b->version && a->size == b->size;
}

/*
 * A peer leaves the table before the table gets another version, and is freed a grace period after
 * that. So whoever still finds the version that the peer was remembered with may use it.
 *
 * The address may be in memory that changes meanwhile, such as a map: what is looked up, and
 * remembered under, is one copy of it.
 */
struct wg_peer *wg_bpf_allowedips_lookup(struct wg_device *wg, const void *address, u32 size)
{
	struct allowedips *table = &wg->peer_allowedips;
	struct peer_cache_entry now = { .size = size };
	struct peer_cache_entry *slot;

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
	if (unlikely(!READ_ONCE(peer_cache))) {
		wg_bpf_memory_ask(&memory);
		return wg_allowedips_lookup_rcu(table, size * BITS_PER_BYTE, now.address);
	}
	now.version = atomic64_read_acquire(&table->version);
	slot = peer_cache_slot(&now);
	if (likely(same_lookup(slot, &now)))
		return READ_ONCE(slot->peer->is_dead) ? NULL : slot->peer;
	now.peer = wg_allowedips_lookup_rcu(table, size * BITS_PER_BYTE, now.address);
	if (now.peer)
		*slot = now;
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
	free_percpu(peer_cache);
}
