/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash of flows. It spreads them, keyed so that nobody outside knows how; it is no authenticator.
 */
#ifndef XDP_WG_HASH_H
#define XDP_WG_HASH_H

#include "kfuncs.h"

/* An odd constant with well mixed bits: a prime near 2^32 over the golden ratio. */
#define HASH_STEP 0x9e3779b1U

static __always_inline __u32 hash_word(__u32 hash, __u32 word)
{
	hash = (hash ^ word) * HASH_STEP;
	return hash ^ hash >> 15;
}

/* Hash of addresses, ports and protocol; the same for all packets of a flow in one direction. */
static __always_inline __u32 hash_flow(const struct bpf_wg_flow *flow, __u32 seed)
{
	__u32 hash = seed;
	int i;

	for (i = 0; i < 4; i++)
		hash = hash_word(hash_word(hash, flow->src[i]), flow->dst[i]);
	hash = hash_word(hash, (__u32)flow->sport << 16 | flow->dport);
	hash = hash_word(hash, flow->protocol);
	return hash_word(hash, hash >> 16);
}

#endif /* XDP_WG_HASH_H */
