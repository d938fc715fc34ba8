// SPDX-License-Identifier: GPL-2.0
/*
 * The beginnings of key streams, from the peek that makes one to the decryption that uses it. Both
 * are mostly in one program's run, with bottom halves off, so that a CPU has one at a time. But a
 * program may hand its packet over to another CPU. Then the key stream waits in a place of the
 * first CPU's, and only a ticket for it travels with the packet: keys stay out of packet memory.
 *
 * A place whose ticket is 0 is its own CPU's alone. With a ticket, whoever exchanges that for TAKEN
 * has the place until he makes it 0 again; and its own CPU may do so when it needs the place, for
 * packets get lost. Nobody waits: without the place, the key stream is made anew.
 */

#include "bpf_keystream.h"
#include "bpf_memory.h"

#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>

#define PLACES 256 /* a power of two; all but one may wait for others */
#define ATTEMPTS 4 /* to find one that nobody has taken just now */
#define TAKEN (-1LL)

/* Tickets have 16 bits of the CPU, counted from 1, 16 of the place, and 32 that tell them apart. */
#define TICKET_CPU 48
#define TICKET_PLACE 32

/**
 * struct cpu_streams - what a CPU has
 * @places: those that there are so far; only the CPU itself adds some
 * @own: index of the one for the next peek
 * @cursor: up to where places were looked through for it
 * @serial: of the last ticket
 * @taken: the place of another CPU that this one has taken, or NULL
 */
struct cpu_streams {
	struct wg_bpf_peeked *places[PLACES];
	u32 own;
	u32 cursor;
	u32 serial;
	struct wg_bpf_peeked *taken;
};

static struct cpu_streams __percpu *cpu_streams;

static void free_streams(struct cpu_streams __percpu *all)
{
	int cpu, i;

	if (!all)
		return;
	for_each_possible_cpu (cpu) {
		for (i = 0; i < PLACES; i++)
			kfree_sensitive(per_cpu_ptr(all, cpu)->places[i]);
	}
	free_percpu(all);
}

/* Each CPU gets one place; the others come with use. */
static bool make_streams(void)
{
	struct cpu_streams __percpu *all = alloc_percpu(struct cpu_streams);
	int cpu;

	if (!all)
		return false;
	for_each_possible_cpu (cpu) {
		struct wg_bpf_peeked **first = per_cpu_ptr(all, cpu)->places;

		*first = kzalloc_node(sizeof(**first), GFP_KERNEL, cpu_to_node(cpu));
		if (!*first) {
			free_streams(all);
			return false;
		}
	}
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

/**
 * wg_bpf_stream_get - the beginning of a message's key stream
 * @keypair: of the message
 * @counter: of the message, host byte order
 * @length: of its ciphertext without the tag, in bytes
 *
 * It is made unless it is there. Until wg_bpf_stream_used() it is found again.
 *
 * Return: it; this CPU's until bottom halves are on again. Or NULL if there is no memory for it yet.
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
	peeked = streams->places[streams->own];
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

/* The place at the cursor, if it is or can be made this CPU's alone. */
static struct wg_bpf_peeked *place_at_cursor(struct cpu_streams *streams)
{
	struct wg_bpf_peeked *place = streams->places[streams->cursor];
	s64 ticket;

	if (unlikely(!place)) {
		place = kzalloc(sizeof(*place), GFP_ATOMIC | __GFP_NOWARN);
		/* Others come here with a ticket, but not all tickets are what they seem. */
		smp_store_release(&streams->places[streams->cursor], place);
		return place;
	}
	ticket = atomic64_read_acquire(&place->ticket);
	if (likely(!ticket))
		return place;
	if (ticket == TAKEN || atomic64_cmpxchg(&place->ticket, ticket, 0) != ticket)
		return NULL;
	wipe(place);
	return place;
}

/* Find a place for the next peek. Return: its index, or -1 if there is none at the moment. */
static int next_place(struct cpu_streams *streams)
{
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		streams->cursor = (streams->cursor + 1) % PLACES;
		if (streams->cursor != streams->own && place_at_cursor(streams))
			return streams->cursor;
	}
	return -1;
}

/* See bpf_wg_stream_hand_over(). */
u64 wg_bpf_stream_hand_over(void)
{
	struct cpu_streams *streams = own_streams();
	struct wg_bpf_peeked *peeked;
	int next;
	u64 ticket;

	if (unlikely(!streams))
		return 0;
	peeked = streams->places[streams->own];
	if (!peeked->keypair_id)
		return 0;
	next = next_place(streams);
	if (next < 0)
		return 0;
	ticket = (u64)(smp_processor_id() + 1) << TICKET_CPU | (u64)streams->own << TICKET_PLACE |
		 ++streams->serial;
	streams->own = next;
	atomic64_set_release(&peeked->ticket, ticket);
	return ticket;
}

/* See bpf_wg_stream_take_over(). */
int wg_bpf_stream_take_over(u64 ticket)
{
	struct cpu_streams *streams = own_streams();
	u32 index = (ticket >> TICKET_PLACE) & U16_MAX;
	u32 cpu = (ticket >> TICKET_CPU) - 1;
	struct wg_bpf_peeked *place;

	if (unlikely(streams && streams->taken)) {
		wipe(streams->taken);
		give_back(streams);
	}
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu) || index >= PLACES)
		return -EINVAL;
	if (unlikely(!streams))
		return -ENOENT;
	place = READ_ONCE(per_cpu_ptr(cpu_streams, cpu)->places[index]);
	if (!place || atomic64_cmpxchg(&place->ticket, ticket, TAKEN) != ticket)
		return -ENOENT;
	streams->taken = place;
	return 0;
}

/**
 * wg_bpf_stream_uninit - give all memory back, without what is in it
 *
 * No program runs any more: those that use the kfuncs hold the module.
 */
void wg_bpf_stream_uninit(void)
{
	wg_bpf_memory_stop(&memory);
	free_streams(cpu_streams);
}
