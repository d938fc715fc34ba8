/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The beginning of a message's key stream, which a peek makes and a decryption uses, on the same
 * CPU or on another.
 */
#ifndef _WG_BPF_STREAM_H
#define _WG_BPF_STREAM_H

#include "bpf_aead.h"
#include "noise.h"

#include <linux/atomic.h>

/**
 * struct wg_bpf_peeked - the beginning of a key stream
 * @ticket: says who may use the other members, see bpf_keystream.c
 * @keypair_id: whose it is; 0 if there is none
 * @counter: of the message
 * @stream: it
 */
struct wg_bpf_peeked {
	atomic64_t ticket;
	u64 keypair_id;
	u64 counter;
	struct wg_bpf_stream stream;
};

void wg_bpf_stream_uninit(void);
struct wg_bpf_peeked *wg_bpf_stream_get(const struct noise_keypair *keypair, u64 counter,
					size_t length);
void wg_bpf_stream_used(struct wg_bpf_peeked *peeked);
void wg_bpf_stream_forget(void);
u64 wg_bpf_stream_hand_over(void);
int wg_bpf_stream_take_over(u64 ticket);

#endif /* _WG_BPF_STREAM_H */
