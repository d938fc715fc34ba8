// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of flows. It has a fixed number of places, so that a flood of flows costs nothing but
 * the places of those that do not go fast.
 */

#include "bpf_consent.h"

#if IS_ENABLED(CONFIG_NETFILTER) && IS_ENABLED(CONFIG_NF_CONNTRACK)

#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/overflow.h>
#include <linux/random.h>
#include <linux/string.h>
#include <net/netfilter/nf_conntrack.h>

/**
 * wg_bpf_notes_alloc - get a memory with nothing in it
 *
 * Context: may sleep.
 * Return: it, or NULL.
 */
struct wg_bpf_notes *wg_bpf_notes_alloc(void)
{
	struct wg_bpf_notes *notes;

	BUILD_BUG_ON(sizeof(struct wg_bpf_flow_key) % sizeof(u64));
	notes = kvzalloc(struct_size(notes, buckets, WG_BPF_NOTES_BUCKETS), GFP_KERNEL);
	if (!notes)
		return NULL;
	get_random_bytes(notes->secret, sizeof(notes->secret));
	for (unsigned int i = 0; i < WG_BPF_NOTES_BUCKETS; i++)
		spin_lock_init(&notes->buckets[i].lock);
	return notes;
}

/* Free a place, whose bucket is locked, or nobody's any more. Returns what the caller is to put. */
static struct nf_conn *clear(struct wg_bpf_note *note)
{
	struct nf_conn *ct = note->ct;

	note->ct = NULL;
	note->valid = false;
	return ct;
}

static void put_connection(struct nf_conn *ct)
{
	if (ct)
		nf_conntrack_put(&ct->ct_general);
}

/* Whether there is nothing in a note any more that could be of use. */
static bool is_over(const struct wg_bpf_note *note, unsigned long age)
{
	return time_after(jiffies, note->stamp + age) || (note->ct && nf_ct_is_dying(note->ct));
}

/**
 * wg_bpf_notes_tidy - let go of connections that are dead or have not been heard of
 * @notes: the memory
 * @age: of a note that is not needed any more, in jiffies
 *
 * Context: process context.
 */
void wg_bpf_notes_tidy(struct wg_bpf_notes *notes, unsigned long age)
{
	struct nf_conn *ended[WG_BPF_NOTES_WAYS];
	struct wg_bpf_bucket *bucket;
	struct wg_bpf_note *note;

	for (unsigned int i = 0; i < WG_BPF_NOTES_BUCKETS; i++) {
		bucket = &notes->buckets[i];
		memset(ended, 0, sizeof(ended));
		spin_lock_bh(&bucket->lock);
		for (unsigned int way = 0; way < WG_BPF_NOTES_WAYS; way++) {
			note = &bucket->notes[way];
			if (note->valid && is_over(note, age))
				ended[way] = clear(note);
		}
		spin_unlock_bh(&bucket->lock);
		for (unsigned int way = 0; way < WG_BPF_NOTES_WAYS; way++)
			put_connection(ended[way]);
		cond_resched();
	}
}

/**
 * wg_bpf_notes_free - give all of it back
 * @notes: the memory, which nobody finds any more
 */
void wg_bpf_notes_free(struct wg_bpf_notes *notes)
{
	for (unsigned int i = 0; i < WG_BPF_NOTES_BUCKETS; i++)
		for (unsigned int way = 0; way < WG_BPF_NOTES_WAYS; way++)
			put_connection(clear(&notes->buckets[i].notes[way]));
	kvfree(notes);
}

/* NH, RFC 4418 section 5.2: as few flows have the same sum as by chance. */
static u64 hash_pair(u32 first, u32 second, const u32 *secret)
{
	return (u64)(first + secret[0]) * (second + secret[1]);
}

/**
 * wg_bpf_notes_bucket - where a flow has its place
 * @notes: the memory
 * @key: of the flow
 *
 * Return: its bucket, not locked.
 */
struct wg_bpf_bucket *wg_bpf_notes_bucket(struct wg_bpf_notes *notes,
					  const struct wg_bpf_flow_key *key)
{
	const u32 *secret = notes->secret;
	u64 sum;

	sum = hash_pair(key->iif, key->family, &secret[0]) +
	      hash_pair(key->protocol, (__force u32)key->ports, &secret[2]);
	if (key->family == AF_INET)
		sum += hash_pair((__force u32)key->src[0], (__force u32)key->dst[0], &secret[4]);
	else
		for (unsigned int i = 0; i < 4; i++)
			sum += hash_pair((__force u32)key->src[i], (__force u32)key->dst[i],
					 &secret[4 + 2 * i]);
	return &notes->buckets[hash_64(sum, ilog2(WG_BPF_NOTES_BUCKETS))];
}

/**
 * wg_bpf_notes_place - a name for a place, by which it is found again
 * @notes: the memory
 * @bucket: where it is
 * @note: what is there
 *
 * Return: its number, from 1 on.
 */
u32 wg_bpf_notes_place(const struct wg_bpf_notes *notes, const struct wg_bpf_bucket *bucket,
		       const struct wg_bpf_note *note)
{
	return (bucket - notes->buckets) * WG_BPF_NOTES_WAYS + (note - bucket->notes) + 1;
}

/**
 * wg_bpf_notes_bucket_at - where a place is
 * @notes: the memory
 * @place: as wg_bpf_notes_place() has named it, or anything
 *
 * Return: its bucket, not locked, or NULL if there is no such place.
 */
struct wg_bpf_bucket *wg_bpf_notes_bucket_at(struct wg_bpf_notes *notes, u32 place)
{
	if (!place || place > WG_BPF_NOTES_BUCKETS * WG_BPF_NOTES_WAYS)
		return NULL;
	return &notes->buckets[(place - 1) / WG_BPF_NOTES_WAYS];
}

/**
 * wg_bpf_note_at - what is known of a flow that was found before
 * @bucket: where its place is, locked
 * @place: as wg_bpf_notes_place() has named it
 * @number: of the note that was there
 *
 * Return: the note, which is still of the same connection, or NULL.
 */
struct wg_bpf_note *wg_bpf_note_at(struct wg_bpf_bucket *bucket, u32 place, u32 number)
{
	struct wg_bpf_note *note = &bucket->notes[(place - 1) % WG_BPF_NOTES_WAYS];

	return note->ct && note->number == number ? note : NULL;
}

static bool is_same_key(const struct wg_bpf_flow_key *a, const struct wg_bpf_flow_key *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;

	for (unsigned int i = 0; i < sizeof(*a) / sizeof(u64); i++)
		if (x[i] != y[i])
			return false;
	return true;
}

/**
 * wg_bpf_note_find - what is known of a flow
 * @bucket: its own, locked
 * @key: of the flow
 *
 * Return: the note, or NULL. It is valid until the bucket is unlocked.
 */
struct wg_bpf_note *wg_bpf_note_find(struct wg_bpf_bucket *bucket,
				     const struct wg_bpf_flow_key *key)
{
	for (unsigned int way = 0; way < WG_BPF_NOTES_WAYS; way++)
		if (bucket->notes[way].valid && is_same_key(&bucket->notes[way].key, key))
			return &bucket->notes[way];
	return NULL;
}

/* The place for a new note: a free one, or the oldest of those that do not go fast. */
static struct wg_bpf_note *find_place(struct wg_bpf_bucket *bucket, unsigned long age)
{
	struct wg_bpf_note *place = NULL, *note;

	for (unsigned int way = 0; way < WG_BPF_NOTES_WAYS; way++) {
		note = &bucket->notes[way];
		if (!note->valid || is_over(note, age))
			return note;
		if (note->slow && (!place || time_before(note->stamp, place->stamp)))
			place = note;
	}
	return place;
}

/**
 * wg_bpf_note_add - make a note of a flow of which there is none
 * @bucket: its own, locked
 * @key: of the flow
 * @age: of a note that is not needed any more, in jiffies
 * @note: set to the note, which is slow and knows of no connection; or to NULL, since what goes
 * fast keeps its place
 *
 * Return: the connection that the place was for, which the caller puts, without the lock; or NULL.
 */
struct nf_conn *wg_bpf_note_add(struct wg_bpf_bucket *bucket, const struct wg_bpf_flow_key *key,
				unsigned long age, struct wg_bpf_note **note)
{
	struct wg_bpf_note *place = find_place(bucket, age);
	struct nf_conn *old;

	*note = place;
	if (!place)
		return NULL;
	old = clear(place);
	place->key = *key;
	place->valid = true;
	place->moved = false;
	place->ambiguous = false;
	place->number++;
	wg_bpf_note_slow(place);
	place->stamp = place->since;
	return old;
}

/**
 * wg_bpf_note_slow - from now on the packets of a flow go by the stack
 * @note: of the flow, in a locked bucket
 */
void wg_bpf_note_slow(struct wg_bpf_note *note)
{
	note->slow = true;
	note->late = false;
	note->passed = 0;
	note->seen = 0;
	note->since = jiffies;
}

/**
 * wg_bpf_note_uncounted - a packet passes that nobody counts
 * @bucket: where its flow was known, locked
 * @place: where the flow was, as wg_bpf_notes_place() has named it
 *
 * By now there is another note, of the same flow perhaps. Packets behind that one wait as they do
 * for those that have passed before a flow was known.
 */
void wg_bpf_note_uncounted(struct wg_bpf_bucket *bucket, u32 place)
{
	struct wg_bpf_note *note = &bucket->notes[(place - 1) % WG_BPF_NOTES_WAYS];

	if (!note->valid)
		return;
	if (!note->slow)
		wg_bpf_note_slow(note);
	note->late = true;
	note->since = jiffies;
}

#endif /* CONFIG_NETFILTER && CONFIG_NF_CONNTRACK */
