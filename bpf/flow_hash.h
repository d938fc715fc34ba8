/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash of flows. It spreads them, keyed so that nobody outside knows how; it is no authenticator.
 */
#ifndef BPF_FLOW_HASH_H
#define BPF_FLOW_HASH_H

#include "ip.h"

/* An odd constant with well mixed bits: 2^64 over the golden ratio. */
#define HASH_STEP 0x9e3779b97f4a7c15ULL

/* A product carries every bit of a word upwards, and the shift takes what is there down again. */
static __always_inline __u64 hash_word(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * HASH_STEP;
	return hash ^ hash >> 32;
}

/* Hash of addresses, ports and protocol; the same for all packets of a flow in one direction. */
static __always_inline __u32 hash_flow(const struct bpf_wg_flow *flow, __u32 seed)
{
	int words = flow->family == AF_INET ? 1 : 4;
	__u64 hash = seed;
	int i;

	for (i = 0; i < 4 && i < words; i++)
		hash = hash_word(hash, (__u64)flow->src[i] << 32 | flow->dst[i]);
	hash = hash_word(hash,
			 (__u64)flow->sport << 48 | (__u64)flow->dport << 32 | flow->protocol);
	return hash * HASH_STEP >> 32;
}

#endif /* BPF_FLOW_HASH_H */
