/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of flows that the stack has let through, one for each network namespace whose programs
 * ask for netfilter's consent.
 */
#ifndef _WG_BPF_NOTES_H
#define _WG_BPF_NOTES_H

#include "bpf_types.h"

#include <linux/spinlock.h>
#include <linux/types.h>

struct net;
struct nf_conn;

/**
 * struct wg_bpf_flow_key - what a packet of a flow looks like when it comes
 * @iif: layer 3 interface it comes in by, 0 if it comes from this host
 * @family: AF_INET or AF_INET6
 * @protocol: of layer 4
 * @sport: source port, network byte order; of an ICMP echo, its identifier
 * @dport: destination port, likewise; of an ICMP echo, its type and code
 * @ports: both of them
 * @src: source address, network byte order, IPv4 in the first word and nothing in the others
 * @dst: destination address, likewise
 *
 * There is no padding: keys are compared as the words they are.
 */
struct wg_bpf_flow_key {
	u32 iif;
	u32 family;
	u32 protocol;
	union {
		struct {
			__be16 sport;
			__be16 dport;
		};
		__be32 ports;
	};
	__be32 src[4];
	__be32 dst[4];
} __aligned(sizeof(u64));

#define WG_BPF_FLOW_KEY_WORDS (sizeof(struct wg_bpf_flow_key) / sizeof(u32))

/**
 * struct wg_bpf_note - what is known of a flow
 * @key: of the flow, if the note is @valid
 * @valid: whether this place is taken
 * @slow: whether its packets go by the stack now, and not fast
 * @late: whether packets may have passed that nobody counted, before there was a note
 * @moved: whether it had a connection of another zone before
 * @ambiguous: whether there are several connections whose packets look alike when they come; then
 *             there is no consent until this is forgotten
 * @passed: packets that programs have passed since it became slow
 * @seen: those of them that have come to the end of the stack's way
 * @since: when it became slow, or a packet passed last for another reason than those before it, in
 *         jiffies
 * @number: which note in this place it is, so that one that is found again is known for the same
 * @stamp: when a packet came to the end last with all that follows, in jiffies; or @since
 * @ct: its connection, which the note holds a reference to; NULL if none has yet, and then there is
 *      nothing of what follows
 * @direction: in the connection
 * @dscp: of the packet
 * @marked: whether rules have given it another mark or priority
 * @oif: interface it left by, 0 for a packet to this host
 * @nexthop: where to, network byte order, IPv4 in the first word; 0 if that was not asked
 * @lives: how long the connection was to live then without another packet, in jiffies
 * @mark: that its route was looked up with
 * @translates: whether it leaves with other addresses or ports than it comes with
 * @redirects: whether the destination is among them, which its route was looked up with
 * @become: what it leaves with
 */
struct wg_bpf_note {
	struct wg_bpf_flow_key key;
	bool valid;
	bool slow;
	bool late;
	bool moved;
	bool ambiguous;
	u32 passed;
	u32 seen;
	unsigned long since;
	u32 number;
	unsigned long stamp;
	struct nf_conn *ct;
	u8 direction;
	u8 dscp;
	bool marked;
	u32 oif;
	__be32 nexthop[4];
	unsigned long lives;
	u32 mark;
	bool translates;
	bool redirects;
	struct bpf_wg_tuple become;
};

#define WG_BPF_NOTES_BUCKETS 2048 /* a power of two */
#define WG_BPF_NOTES_WAYS 4

/**
 * struct wg_bpf_bucket - the places that a flow can have
 * @lock: for all of it. Taken with bottom halves off, and no other bucket's beside it.
 * @notes: in no order
 */
struct wg_bpf_bucket {
	spinlock_t lock;
	struct wg_bpf_note notes[WG_BPF_NOTES_WAYS];
};

/**
 * struct wg_bpf_notes - the memory of one network namespace
 * @secret: of the hash, so that nobody can aim flows at one bucket
 * @recalls: whether there may be a flow that is routed by a mark or with another destination
 * @buckets: WG_BPF_NOTES_BUCKETS
 *
 * Freed a grace period after it was last found.
 */
struct wg_bpf_notes {
	u32 secret[WG_BPF_FLOW_KEY_WORDS];
	bool recalls;
	struct wg_bpf_bucket buckets[];
};

struct wg_bpf_notes *wg_bpf_notes_alloc(void);
void wg_bpf_notes_free(struct wg_bpf_notes *notes);
void wg_bpf_notes_tidy(struct wg_bpf_notes *notes, unsigned long age);
struct wg_bpf_bucket *wg_bpf_notes_bucket(struct wg_bpf_notes *notes,
					  const struct wg_bpf_flow_key *key);
struct wg_bpf_bucket *wg_bpf_notes_bucket_at(struct wg_bpf_notes *notes, u32 place);
u32 wg_bpf_notes_place(const struct wg_bpf_notes *notes, const struct wg_bpf_bucket *bucket,
		       const struct wg_bpf_note *note);
struct wg_bpf_note *wg_bpf_note_at(struct wg_bpf_bucket *bucket, u32 place, u32 number);
struct wg_bpf_note *wg_bpf_note_find(struct wg_bpf_bucket *bucket,
				     const struct wg_bpf_flow_key *key);
struct nf_conn *wg_bpf_note_add(struct wg_bpf_bucket *bucket, const struct wg_bpf_flow_key *key,
				unsigned long age, struct wg_bpf_note **note);
void wg_bpf_note_slow(struct wg_bpf_note *note);
void wg_bpf_note_uncounted(struct wg_bpf_bucket *bucket, u32 place);

#endif /* _WG_BPF_NOTES_H */
