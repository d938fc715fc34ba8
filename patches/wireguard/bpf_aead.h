/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ChaCha20-Poly1305 (RFC 8439) for data messages that are in one piece, composed of the kernel's
 * ChaCha20 and Poly1305 so that one call of the vector code makes all of a message's key stream.
 */
#ifndef _WG_BPF_AEAD_H
#define _WG_BPF_AEAD_H

#include <crypto/chacha.h>
#include <crypto/chacha20poly1305.h>
#include <linux/types.h>

#define WG_BPF_STREAM_BLOCKS 3

/* What wg_bpf_aead_agrees() needs of memory, in addition to a length. */
#define WG_BPF_AEAD_ROOM (CHACHA_BLOCK_SIZE + CHACHA20POLY1305_AUTHTAG_SIZE)

/**
 * struct wg_bpf_stream - the beginning of a message's key stream
 * @key_block: block 0, of which the first half is the Poly1305 key
 * @data_blocks: block 1, which enciphers the first 64 bytes, and perhaps more
 * @size: how many bytes of @data_blocks there are
 */
struct wg_bpf_stream {
	u8 key_block[CHACHA_BLOCK_SIZE];
	u8 data_blocks[WG_BPF_STREAM_BLOCKS * CHACHA_BLOCK_SIZE];
	size_t size;
};

extern bool wg_bpf_aead_composed;
void wg_bpf_aead_stream(struct wg_bpf_stream *stream, size_t length, u64 nonce,
			const u8 key[CHACHA20POLY1305_KEY_SIZE]);
void wg_bpf_aead_encrypt(u8 *data, size_t length, size_t before, u64 nonce,
			 const u8 key[CHACHA20POLY1305_KEY_SIZE]);
bool __must_check wg_bpf_aead_decrypt(u8 *data, size_t length, const struct wg_bpf_stream *stream,
				      u64 nonce, const u8 key[CHACHA20POLY1305_KEY_SIZE]);

/* bpf_selftest.c */
bool wg_bpf_aead_agrees(u8 *ours, u8 *theirs, size_t length);
int wg_bpf_aead_selftest(void);

#endif /* _WG_BPF_AEAD_H */
