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
 * Every ticket, and the 0 of a CPU that is done with the slot, is stored with release, after what
 * the slot holds, and the next owner reads it with acquire or replaces it, before it looks. Nobody
 * waits for a slot: without it, the key stream is made anew.
 */

#include "bpf_keystream.h"

#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>

#define SLOTS 256 /* a power of two; all but one may wait for others */
#define ATTEMPTS 4 /* to find one that nobody has taken just now */
#define TAKEN (-1LL)

/* Tickets have 16 bits of the CPU, counted from 1, 16 of the slot, and 32 that tell them apart. */
#define TICKET_CPU 48
#define TICKET_SLOT 32

/**
 * struct cpu_streams - what a CPU has
 * @slots: those that there are so far. Only the CPU itself adds one, stored with release; others
 *         read the array.
 * @own: index of the slot for the next peek, whose ticket is 0
 * @scan: index of the slot that was tried last when a new one was needed
 * @serial: of the last ticket
 * @taken: the slot, mostly of another CPU, whose ticket this CPU has made TAKEN, or NULL
 *
 * Only the CPU itself, with bottom halves off, uses what is not @slots.
 */
struct cpu_streams {
	struct wg_bpf_peeked *slots[SLOTS];
	u32 own;
	u32 scan;
	u32 serial;
	struct wg_bpf_peeked *taken;
};

static struct cpu_streams __percpu *cpu_streams;

static bool is_of(const struct wg_bpf_peeked *peeked, const struct noise_keypair *keypair,
		  u64 counter)
{
	return peeked->keypair_id == keypair->internal_id && peeked->counter == counter;
}

/**
 * wg_bpf_stream_get - the beginning of a message's key stream
 * @keypair: of the message
 * @counter: of the message, host byte order
 * @length: of its ciphertext without the tag, in bytes
 *
 * It is made unless it is there. Until wg_bpf_stream_used() it is found again.
 *
 * Return: it; this CPU's until bottom halves are on again.
 */
struct wg_bpf_peeked *wg_bpf_stream_get(const struct noise_keypair *keypair, u64 counter,
					size_t length)
{
	struct cpu_streams *streams = this_cpu_ptr(cpu_streams);
	struct wg_bpf_peeked *peeked = streams->taken;

	BUILD_BUG_ON_MSG(IS_ENABLED(CONFIG_PREEMPT_RT), "softirqs of a CPU preempt each other");
	if (peeked && is_of(peeked, keypair, counter))
		return peeked;
	peeked = streams->slots[streams->own];
	if (!is_of(peeked, keypair, counter)) {
		wg_bpf_aead_stream(&peeked->stream, length, counter, keypair->receiving.key);
		peeked->keypair_id = keypair->internal_id;
		peeked->counter = counter;
	}
	return peeked;
}

static void wipe(struct wg_bpf_peeked *peeked)
{
	peeked->keypair_id = 0;
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

/* See bpf_wg_stream_hand_over(). */
u64 wg_bpf_stream_hand_over(void)
{
	struct cpu_streams *streams = this_cpu_ptr(cpu_streams);
	struct wg_bpf_peeked *peeked = streams->slots[streams->own];
	int next;
	u64 ticket;

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

/* See bpf_wg_stream_take_over(). */
int wg_bpf_stream_take_over(u64 ticket)
{
	struct cpu_streams *streams = this_cpu_ptr(cpu_streams);
	u32 index = (ticket >> TICKET_SLOT) & U16_MAX;
	u32 cpu = (ticket >> TICKET_CPU) - 1;
	struct wg_bpf_peeked *slot;

	if (unlikely(streams->taken)) {
		wipe(streams->taken);
		give_back(streams);
	}
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu) || index >= SLOTS)
		return -EINVAL;
	slot = READ_ONCE(per_cpu_ptr(cpu_streams, cpu)->slots[index]);
	if (!slot || atomic64_cmpxchg(&slot->ticket, ticket, TAKEN) != ticket)
		return -ENOENT;
	streams->taken = slot;
	return 0;
}

/**
 * wg_bpf_stream_init - get a slot for each CPU
 *
 * Return: 0 or -ENOMEM.
 */
int __init wg_bpf_stream_init(void)
{
	int cpu;

	cpu_streams = alloc_percpu(struct cpu_streams);
	if (!cpu_streams)
		return -ENOMEM;
	for_each_possible_cpu (cpu) {
		struct wg_bpf_peeked **first = per_cpu_ptr(cpu_streams, cpu)->slots;

		*first = kzalloc_node(sizeof(**first), GFP_KERNEL, cpu_to_node(cpu));
		if (!*first)
			return -ENOMEM;
	}
	return 0;
}

/**
 * wg_bpf_stream_uninit - give all memory back, without what is in it
 *
 * No program runs any more: those that use the kfuncs hold the module.
 */
void wg_bpf_stream_uninit(void)
{
	int cpu, i;

	if (!cpu_streams)
		return;
	for_each_possible_cpu (cpu) {
		for (i = 0; i < SLOTS; i++)
			kfree_sensitive(per_cpu_ptr(cpu_streams, cpu)->slots[i]);
	}
	free_percpu(cpu_streams);
}
