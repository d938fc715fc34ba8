// SPDX-License-Identifier: GPL-2.0
/*
 * The beginnings of key streams, from the peek that makes one to the decryption that uses it. Both
 * are mostly in one program's run, with bottom halves off, so that a CPU has one at a time. But a
 * program may hand its packet over to another CPU. Then the key stream waits in a slot of the
 * first CPU's, and only a ticket for it travels with the packet: keys stay out of packet memory.
 *
 * Who may touch a slot depends on its ticket:
 *
 * 0       the CPU that it belongs to, with bottom halves off
 * TAKEN   the CPU that wrote TAKEN, with bottom halves off, until it writes 0
 * other   nobody. A CPU that replaces the ticket by cmpxchg, with TAKEN or, if it is the one that
 *         the slot belongs to, with 0, has the slot then. The latter is how slots come back whose
 *         packets got lost.
 *
 * A key stream must not outlive its key. Programs say when they pass a packet that they have peeked
 * at, and when a keypair is freed, every CPU that may have some of its wipes them.
 *
 * Every ticket, and the 0 of a CPU that is done with the slot, is stored with release, after what
 * the slot holds, and the next owner reads it with acquire or replaces it, before it looks. Nobody
 * waits for a slot: without it, the key stream is made anew.
 */

#include "bpf_keystream.h"
#include "bpf.h"
#include "bpf_memory.h"

#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#define SLOTS 256 /* a power of two; all but one may wait for others */
#define ATTEMPTS 4 /* to find one that nobody has taken just now */
#define TAKEN (-1LL)

/* Tickets have 16 bits of the CPU, counted from 1, 16 of the slot, and 32 that tell them apart. */
#define TICKET_CPU 48
#define TICKET_SLOT 32

/**
 * struct cpu_streams - what a CPU has
 * @cpu: which
 * @slots: those that there are so far. Only the CPU itself adds one, stored with release; others
 *         read the array.
 * @own: index of the slot for the next peek, whose ticket is 0
 * @scan: index of the slot that was tried last when a new one was needed
 * @serial: of the last ticket
 * @taken: the slot, mostly of another CPU, whose ticket this CPU has made TAKEN, or NULL
 * @dirty: whether a slot may hold a key stream. wg_bpf_keypair_freed() reads it on other CPUs,
 *         after a grace period for those who peeked with that keypair.
 * @wiped: freed_count up to which there are no key streams of the keypairs in its slots
 * @wipe: runs on the CPU for wg_bpf_keypair_freed()
 *
 * Only the CPU itself, with bottom halves off, uses what is not @slots.
 */
struct cpu_streams {
	int cpu;
	struct wg_bpf_peeked *slots[SLOTS];
	u32 own;
	u32 scan;
	u32 serial;
	struct wg_bpf_peeked *taken;
	bool dirty;
	u32 wiped;
	struct work_struct wipe;
};

static struct cpu_streams __percpu *cpu_streams;

/* The numbers of the last keypairs that were freed, and how many there were so far. */
#define FREED 32 /* a power of two */
static u64 freed[FREED];
static u32 freed_count;
static DEFINE_SPINLOCK(freed_lock);

static void wipe_dead(struct work_struct *work);

static void free_streams(struct cpu_streams __percpu *all)
{
	int cpu, i;

	if (!all)
		return;
	for_each_possible_cpu(cpu) {
		cancel_work_sync(&per_cpu_ptr(all, cpu)->wipe);
		for (i = 0; i < SLOTS; i++)
			kfree_sensitive(per_cpu_ptr(all, cpu)->slots[i]);
	}
	free_percpu(all);
}

/* Each CPU gets one slot; the others come with use. */
static bool make_streams(void)
{
	struct cpu_streams __percpu *all = alloc_percpu(struct cpu_streams);
	int cpu;

	if (!all)
		return false;
	for_each_possible_cpu(cpu) {
		struct cpu_streams *streams = per_cpu_ptr(all, cpu);

		streams->cpu = cpu;
		INIT_WORK(&streams->wipe, wipe_dead);
	}
	for_each_possible_cpu(cpu) {
		struct wg_bpf_peeked **first = per_cpu_ptr(all, cpu)->slots;

		*first = kzalloc_node(sizeof(**first), GFP_KERNEL, cpu_to_node(cpu));
		if (!*first) {
			free_streams(all);
			return false;
		}
	}
	/* Whoever finds the pointer finds the slots, too. */
	smp_store_release(&cpu_streams, all);
	return true;
}

static WG_BPF_MEMORY(memory, make_streams);

/* Those of this CPU, or NULL if there is no memory for them yet. */
static struct cpu_streams *own_streams(void)
{
	if (likely(READ_ONCE(cpu_streams)))
		return this_cpu_ptr(cpu_streams);
	wg_bpf_memory_ask(&memory);
	return NULL;
}

static bool is_of(const struct wg_bpf_peeked *peeked, const struct noise_keypair *keypair,
		  u64 counter)
{
	return peeked->keypair_id == keypair->internal_id && peeked->counter == counter;
}

/* The CPU has made a key stream. When it had none before, what was freed until now is not in it. */
static void mark_dirty(struct cpu_streams *streams)
{
	if (likely(streams->dirty))
		return;
	streams->wiped = READ_ONCE(freed_count);
	WRITE_ONCE(streams->dirty, true);
}

/**
 * wg_bpf_stream_get - the beginning of a message's key stream
 * @keypair: of the message
 * @counter: of the message, host byte order
 * @length: of its ciphertext without the tag, in bytes
 *
 * It is made unless it is there. Until wg_bpf_stream_used() it is found again.
 *
 * Return: it; this CPU's until bottom halves are on again. Or NULL if there is no memory for it
 * yet.
 */
struct wg_bpf_peeked *wg_bpf_stream_get(const struct noise_keypair *keypair, u64 counter,
					size_t length)
{
	struct cpu_streams *streams = own_streams();
	struct wg_bpf_peeked *peeked;

	if (unlikely(!streams))
		return NULL;
	peeked = streams->taken;
	if (peeked && is_of(peeked, keypair, counter))
		return peeked;
	peeked = streams->slots[streams->own];
	if (!is_of(peeked, keypair, counter)) {
		wg_bpf_aead_stream(&peeked->stream, length, counter, keypair->receiving.key);
		peeked->keypair_id = keypair->internal_id;
		peeked->counter = counter;
		mark_dirty(streams);
	}
	return peeked;
}

static void wipe(struct wg_bpf_peeked *peeked)
{
	WRITE_ONCE(peeked->keypair_id, 0);
	memzero_explicit(&peeked->stream, sizeof(peeked->stream));
}

static void give_back(struct cpu_streams *streams)
{
	atomic64_set_release(&streams->taken->ticket, 0);
	streams->taken = NULL;
}

/**
 * wg_bpf_stream_used - forget what wg_bpf_stream_get() returned
 * @peeked: that
 */
void wg_bpf_stream_used(struct wg_bpf_peeked *peeked)
{
	struct cpu_streams *streams = this_cpu_ptr(cpu_streams);

	wipe(peeked);
	if (peeked == streams->taken)
		give_back(streams);
}

/* See bpf_xdp_wg_stream_forget(). */
void wg_bpf_stream_forget(void)
{
	struct cpu_streams *streams;

	if (!READ_ONCE(cpu_streams))
		return;
	streams = this_cpu_ptr(cpu_streams);
	if (streams->taken)
		wg_bpf_stream_used(streams->taken);
	if (streams->slots[streams->own]->keypair_id)
		wipe(streams->slots[streams->own]);
}

/* The slot at streams->scan, if its ticket is 0 or can be made 0, or NULL. */
static struct wg_bpf_peeked *claim_slot(struct cpu_streams *streams)
{
	struct wg_bpf_peeked *slot = streams->slots[streams->scan];
	s64 ticket;

	if (unlikely(!slot)) {
		slot = kzalloc(sizeof(*slot), GFP_ATOMIC | __GFP_NOWARN);
		/*
		 * Another CPU may read this pointer at any time, since a program may ask for a slot
		 * by a number that was never a ticket. It must then see a ticket of 0 behind it.
		 */
		smp_store_release(&streams->slots[streams->scan], slot);
		return slot;
	}
	ticket = atomic64_read_acquire(&slot->ticket);
	if (likely(!ticket))
		return slot;
	if (ticket == TAKEN || atomic64_cmpxchg(&slot->ticket, ticket, 0) != ticket)
		return NULL;
	wipe(slot);
	return slot;
}

/* Find a slot for the next peek. Return: its index, or -1 if none of the next few is free. */
static int next_slot(struct cpu_streams *streams)
{
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		streams->scan = (streams->scan + 1) % SLOTS;
		if (streams->scan != streams->own && claim_slot(streams))
			return streams->scan;
	}
	return -1;
}

/* See bpf_xdp_wg_stream_hand_over(). */
u64 wg_bpf_stream_hand_over(void)
{
	struct cpu_streams *streams = own_streams();
	struct wg_bpf_peeked *peeked;
	int next;
	u64 ticket;

	if (unlikely(!streams))
		return 0;
	peeked = streams->slots[streams->own];
	if (!peeked->keypair_id)
		return 0;
	next = next_slot(streams);
	if (next < 0)
		return 0;
	ticket = (u64)(smp_processor_id() + 1) << TICKET_CPU | (u64)streams->own << TICKET_SLOT |
		 ++streams->serial;
	streams->own = next;
	atomic64_set_release(&peeked->ticket, ticket);
	return ticket;
}

/* See bpf_xdp_wg_stream_take_over(). */
int wg_bpf_stream_take_over(u64 ticket)
{
	struct cpu_streams *streams = own_streams();
	u32 index = (ticket >> TICKET_SLOT) & U16_MAX;
	u32 cpu = (ticket >> TICKET_CPU) - 1;
	struct wg_bpf_peeked *slot;

	if (unlikely(streams && streams->taken))
		wg_bpf_stream_used(streams->taken);
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu) || index >= SLOTS)
		return -EINVAL;
	if (unlikely(!streams))
		return -ENOENT;
	slot = READ_ONCE(per_cpu_ptr(cpu_streams, cpu)->slots[index]);
	if (!slot || atomic64_cmpxchg(&slot->ticket, ticket, TAKEN) != ticket)
		return -ENOENT;
	streams->taken = slot;
	/* Not mark_dirty(): the keypair may have been freed while its key stream waited. */
	WRITE_ONCE(streams->dirty, true);
	return 0;
}

/* Keypairs that were freed and whose key streams a CPU has not wiped yet; all if there are more. */
struct dead_keypairs {
	u64 ids[FREED];
	u32 count;
	bool all;
};

static void find_dead(struct cpu_streams *streams, struct dead_keypairs *dead)
{
	u32 i;

	spin_lock(&freed_lock);
	dead->count = freed_count - streams->wiped;
	dead->all = dead->count > FREED;
	for (i = 0; !dead->all && i < dead->count; i++)
		dead->ids[i] = freed[(streams->wiped + i) % FREED];
	streams->wiped = freed_count;
	spin_unlock(&freed_lock);
}

static bool is_dead(const struct dead_keypairs *dead, u64 id)
{
	u32 i;

	if (dead->all)
		return true;
	for (i = 0; i < dead->count; i++) {
		if (dead->ids[i] == id)
			return true;
	}
	return false;
}

/* Return: whether there is a key stream left in a slot that is this CPU's, or that waits. */
static bool wipe_slot(struct wg_bpf_peeked *slot, const struct dead_keypairs *dead)
{
	s64 ticket = atomic64_read(&slot->ticket);
	/* Another CPU may have taken it just now, and be wiping it. */
	u64 id = READ_ONCE(slot->keypair_id);

	if (!id || ticket == TAKEN)
		return false;
	if (!is_dead(dead, id))
		return true;
	if (!ticket || atomic64_cmpxchg(&slot->ticket, ticket, 0) == ticket)
		wipe(slot);
	return false;
}

static bool wipe_taken(struct cpu_streams *streams, const struct dead_keypairs *dead)
{
	if (!streams->taken)
		return false;
	if (!is_dead(dead, streams->taken->keypair_id))
		return true;
	wg_bpf_stream_used(streams->taken);
	return false;
}

/*
 * Work of the CPU whose slots these are. It runs elsewhere when that CPU went offline, where nobody
 * uses them; if that was for a moment only, it is sent there again.
 */
static void wipe_dead(struct work_struct *work)
{
	struct cpu_streams *streams = container_of(work, struct cpu_streams, wipe);
	struct dead_keypairs dead;
	bool dirty;
	int i;

	local_bh_disable();
	if (streams != this_cpu_ptr(cpu_streams) && cpu_online(streams->cpu)) {
		queue_work_on(streams->cpu, system_wq, work);
		goto out;
	}
	find_dead(streams, &dead);
	dirty = wipe_taken(streams, &dead);
	for (i = 0; i < SLOTS; i++) {
		if (streams->slots[i] && wipe_slot(streams->slots[i], &dead))
			dirty = true;
	}
	WRITE_ONCE(streams->dirty, dirty);
out:
	local_bh_enable();
}

/**
 * wg_bpf_keypair_freed - wipe what was made with a keypair that is gone
 * @internal_id: its number, which no other keypair will have
 *
 * Context: any; a grace period after the last lookup could find the keypair, so that nobody makes a
 * key stream with it any more.
 */
void wg_bpf_keypair_freed(u64 internal_id)
{
	int cpu;

	if (!READ_ONCE(cpu_streams))
		return;
	spin_lock_bh(&freed_lock);
	freed[freed_count++ % FREED] = internal_id;
	spin_unlock_bh(&freed_lock);
	for_each_possible_cpu(cpu) {
		struct cpu_streams *streams = per_cpu_ptr(cpu_streams, cpu);

		if (READ_ONCE(streams->dirty))
			queue_work_on(cpu, system_wq, &streams->wipe);
	}
}

/**
 * wg_bpf_stream_uninit - give all memory back, without what is in it
 *
 * No program runs any more: those that use the kfuncs hold the module. Nor is there a keypair.
 */
void wg_bpf_stream_uninit(void)
{
	wg_bpf_memory_stop(&memory);
	free_streams(cpu_streams);
}
