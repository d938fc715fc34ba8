// SPDX-License-Identifier: GPL-2.0
/*
 * The AEAD of RFC 8439 section 2.8, without additional data and with WireGuard's 64-bit nonce. The
 * library's functions make block 0 of the key stream, which is the Poly1305 key, in a call of its
 * own, for which vector code is not used; and they feed Poly1305 in three pieces. Here block 0 is
 * made together with others, in the memory in front of the message if there is enough that can be
 * lent, and the lengths that end the authenticated text stand for a moment where the tag belongs.
 *
 * No cipher is implemented here, and bpf_selftest.c compares with the library.
 */

#include "bpf_aead.h"

#include <crypto/poly1305.h>
#include <crypto/utils.h>
#include <linux/cache.h>
#include <linux/string.h>
#include <linux/unaligned.h>

/* Whether the comparison with the library has succeeded; without it, the library does the work. */
bool wg_bpf_aead_composed __ro_after_init;

static void init_state(u32 state[CHACHA_STATE_WORDS], u64 nonce, u32 block,
		       const u8 key[CHACHA20POLY1305_KEY_SIZE])
{
	u32 words[CHACHA_KEY_SIZE / sizeof(u32)];
	u8 iv[CHACHA_IV_SIZE];
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = get_unaligned_le32(key + i * sizeof(u32));
	put_unaligned_le64(block, iv);
	put_unaligned_le64(nonce, iv + sizeof(u64));
	chacha_init_generic(state, words, iv);
	memzero_explicit(words, sizeof(words));
}

/*
 * The tag of @length bytes of ciphertext. The 16 bytes behind them are used and not restored. What
 * is authenticated is the ciphertext, zeroes up to a whole block, and two lengths.
 */
static void authenticate(u8 *data, size_t length, const u8 *poly_key, u8 tag[POLY1305_DIGEST_SIZE])
{
	size_t partial = length % POLY1305_BLOCK_SIZE, whole = length - partial;
	u8 end[2 * POLY1305_BLOCK_SIZE] = {};
	struct poly1305_desc_ctx poly;

	poly1305_init(&poly, poly_key);
	if (likely(!partial)) {
		put_unaligned_le64(0, data + length);
		put_unaligned_le64(length, data + length + sizeof(u64));
		poly1305_update(&poly, data, length + POLY1305_BLOCK_SIZE);
	} else {
		memcpy(end, data + whole, partial);
		put_unaligned_le64(length, end + POLY1305_BLOCK_SIZE + sizeof(u64));
		poly1305_update(&poly, data, whole);
		poly1305_update(&poly, end, sizeof(end));
	}
	poly1305_final(&poly, tag);
}

/**
 * wg_bpf_aead_stream - make the beginning of a message's key stream
 * @stream: takes it
 * @length: of the message's ciphertext without the tag, in bytes
 * @nonce: counter of the message, host byte order
 * @key: of the direction
 *
 * Vector code makes two, four or eight blocks in a call, and a single one that remains costs more
 * than any of these. So as many are made here, two or four, as leave a number that goes into such
 * calls.
 */
void wg_bpf_aead_stream(struct wg_bpf_stream *stream, size_t length, u64 nonce,
			const u8 key[CHACHA20POLY1305_KEY_SIZE])
{
	size_t blocks = DIV_ROUND_UP(length, CHACHA_BLOCK_SIZE);
	u32 state[CHACHA_STATE_WORDS];
	size_t all;

	stream->size = (blocks & 2 ? WG_BPF_STREAM_BLOCKS : 1) * CHACHA_BLOCK_SIZE;
	all = CHACHA_BLOCK_SIZE + stream->size;
	init_state(state, nonce, 0, key);
	memset(stream, 0, all);
	chacha20_crypt(state, (u8 *)stream, (u8 *)stream, all);
	memzero_explicit(state, sizeof(state));
}

/* Encipher or decipher @length bytes, of whose key stream the beginning is made. */
static void apply_stream(u8 *data, size_t length, const struct wg_bpf_stream *stream, u64 nonce,
			 const u8 key[CHACHA20POLY1305_KEY_SIZE])
{
	size_t made = min(length, stream->size);
	u32 state[CHACHA_STATE_WORDS];

	crypto_xor(data, stream->data_blocks, made);
	if (length == made)
		return;
	init_state(state, nonce, 1 + made / CHACHA_BLOCK_SIZE, key);
	chacha20_crypt(state, data + made, data + made, length - made);
	memzero_explicit(state, sizeof(state));
}

/* Where there is not enough memory to lend in front of the message. */
static void encrypt_apart(u8 *data, size_t length, u64 nonce,
			  const u8 key[CHACHA20POLY1305_KEY_SIZE])
{
	struct wg_bpf_stream stream;

	wg_bpf_aead_stream(&stream, length, nonce, key);
	apply_stream(data, length, &stream, nonce, key);
	authenticate(data, length, stream.key_block, data + length);
	memzero_explicit(&stream, sizeof(stream));
}

/**
 * wg_bpf_aead_encrypt - encrypt in place
 * @data: the plaintext, with room for 16 bytes of tag behind it
 * @length: of the plaintext, in bytes
 * @before: how many bytes of memory in front of @data may be lent; they are restored
 * @nonce: counter of the message, host byte order, never used before with @key
 * @key: of the direction
 */
void wg_bpf_aead_encrypt(u8 *data, size_t length, size_t before, u64 nonce,
			 const u8 key[CHACHA20POLY1305_KEY_SIZE])
{
	u8 saved[CHACHA_BLOCK_SIZE], poly_key[POLY1305_KEY_SIZE];
	u32 state[CHACHA_STATE_WORDS];
	u8 *block0 = data - CHACHA_BLOCK_SIZE;

	if (unlikely(!wg_bpf_aead_composed)) {
		chacha20poly1305_encrypt(data, data, length, NULL, 0, nonce, key);
		return;
	}
	if (unlikely(before < CHACHA_BLOCK_SIZE)) {
		encrypt_apart(data, length, nonce, key);
		return;
	}
	init_state(state, nonce, 0, key);
	memcpy(saved, block0, sizeof(saved));
	memset(block0, 0, CHACHA_BLOCK_SIZE);
	chacha20_crypt(state, block0, block0, CHACHA_BLOCK_SIZE + length);
	memcpy(poly_key, block0, sizeof(poly_key));
	memcpy(block0, saved, sizeof(saved));
	authenticate(data, length, poly_key, data + length);
	memzero_explicit(state, sizeof(state));
	memzero_explicit(poly_key, sizeof(poly_key));
}

/**
 * wg_bpf_aead_decrypt - verify and decrypt in place
 * @data: the ciphertext, followed by 16 bytes of tag
 * @length: of the ciphertext without the tag, in bytes
 * @stream: what wg_bpf_aead_stream() made for @length, @nonce and @key
 * @nonce: counter of the message, host byte order
 * @key: of the direction
 *
 * Return: true if the tag is right; otherwise all bytes are as they were.
 */
bool wg_bpf_aead_decrypt(u8 *data, size_t length, const struct wg_bpf_stream *stream, u64 nonce,
			 const u8 key[CHACHA20POLY1305_KEY_SIZE])
{
	u8 received[POLY1305_DIGEST_SIZE], computed[POLY1305_DIGEST_SIZE];
	bool right;

	if (unlikely(!wg_bpf_aead_composed))
		return chacha20poly1305_decrypt(data, data, length + POLY1305_DIGEST_SIZE, NULL, 0,
						nonce, key);
	memcpy(received, data + length, sizeof(received));
	authenticate(data, length, stream->key_block, computed);
	memcpy(data + length, received, sizeof(received));
	right = !crypto_memneq(received, computed, sizeof(received));
	if (likely(right))
		apply_stream(data, length, stream, nonce, key);
	memzero_explicit(computed, sizeof(computed));
	return right;
}
