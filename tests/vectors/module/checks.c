// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold for a vector. A message lies between bytes that tell a change, and all of that is
 * compared with what it must be afterwards.
 */

#include "checks.h"

#include "bpf_aead.h"
#include "vector.h"

#include <linux/init.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#define TAG VECTOR_TAG
#define ALIGNMENTS 16
#define FRONT (2 * CHACHA_BLOCK_SIZE)
#define SIZE (FRONT + ALIGNMENTS + VECTOR_MOST + 2 * TAG)

/* The message and what is around it, and what this must be. */
static u8 *memory, *wanted;

/* How much memory may be lent: none, too little, enough, all. */
static const size_t lent[] __initconst = { 0, CHACHA_BLOCK_SIZE - 1, CHACHA_BLOCK_SIZE, FRONT };

int __init checks_prepare(void)
{
	memory = kmalloc(SIZE, GFP_KERNEL);
	wanted = kmalloc(SIZE, GFP_KERNEL);
	return memory && wanted ? 0 : -ENOMEM;
}

void __init checks_finish(void)
{
	kfree(memory);
	kfree(wanted);
}

/*
 * Put @before where a message is, and @after where it is wanted to be; the @size bytes of the
 * latter may be fewer. Return: the message.
 */
static u8 *__init place(size_t alignment, const u8 *before, const u8 *after, size_t length,
			size_t size)
{
	const size_t offset = FRONT + alignment;
	size_t i;

	for (i = 0; i < SIZE; i++)
		memory[i] = i * 7 + alignment;
	memcpy(memory + offset, before, length);
	memcpy(wanted, memory, SIZE);
	memcpy(wanted + offset, after, size);
	return memory + offset;
}

static bool __init as_wanted(void)
{
	return !memcmp(memory, wanted, SIZE);
}

static u64 __init nonce_of(const struct vector *vector)
{
	return get_unaligned_le64(vector->nonce);
}

/* Decrypt as the datapath does. */
static bool __init decrypt(u8 *data, size_t length, u64 nonce, const u8 *key)
{
	struct wg_bpf_stream stream;

	wg_bpf_aead_stream(&stream, length, nonce, key);
	return wg_bpf_aead_decrypt(data, length, &stream, nonce, key);
}

bool __init seals(const struct vector *vector)
{
	size_t alignment, i;
	u8 *data;

	for (alignment = 0; alignment < ALIGNMENTS; alignment++) {
		for (i = 0; i < ARRAY_SIZE(lent); i++) {
			data = place(alignment, vector->plain, vector->sealed, vector->length,
				     vector->length + TAG);
			wg_bpf_aead_encrypt(data, vector->length, lent[i], nonce_of(vector),
					    vector->key);
			if (!as_wanted())
				return false;
		}
	}
	return true;
}

bool __init opens(const struct vector *vector)
{
	size_t alignment;
	u8 *data;

	for (alignment = 0; alignment < ALIGNMENTS; alignment++) {
		data = place(alignment, vector->sealed, vector->plain, vector->length + TAG,
			     vector->length);
		if (!decrypt(data, vector->length, nonce_of(vector), vector->key) || !as_wanted())
			return false;
	}
	return true;
}

/* Each bit of the text and of the tag. */
bool __init refuses_changed_bits(const struct vector *vector)
{
	const size_t sealed = vector->length + TAG;
	u8 *data = place(0, vector->sealed, vector->sealed, sealed, sealed);
	size_t bit;

	for (bit = 0; bit < 8 * sealed; bit++) {
		data[bit / 8] ^= 1 << bit % 8;
		wanted[FRONT + bit / 8] ^= 1 << bit % 8;
		if (decrypt(data, vector->length, nonce_of(vector), vector->key) || !as_wanted())
			return false;
		data[bit / 8] ^= 1 << bit % 8;
		wanted[FRONT + bit / 8] ^= 1 << bit % 8;
	}
	return true;
}

/* Where the end is taken for another: all that are shorter, and some that are longer. */
bool __init refuses_other_lengths(const struct vector *vector)
{
	const size_t sealed = vector->length + TAG;
	u8 *data = place(0, vector->sealed, vector->sealed, sealed, sealed);
	size_t length;

	for (length = 0; length <= sealed; length++) {
		if (length == vector->length)
			continue;
		if (decrypt(data, length, nonce_of(vector), vector->key) || !as_wanted())
			return false;
	}
	return true;
}

bool __init refuses_other_nonces(const struct vector *vector)
{
	const size_t sealed = vector->length + TAG;
	u8 *data = place(0, vector->sealed, vector->sealed, sealed, sealed);
	int bit;

	for (bit = 0; bit < 64; bit++) {
		if (decrypt(data, vector->length, nonce_of(vector) ^ 1ULL << bit, vector->key) ||
		    !as_wanted())
			return false;
	}
	return true;
}

/* RFC 8439 section 2.8: block 0 is the Poly1305 key, and the text begins with block 1. */
static void __init make_stream(struct wg_bpf_stream *stream, const struct vector *vector,
			       size_t size)
{
	u32 words[CHACHA_KEY_SIZE / sizeof(u32)], state[CHACHA_STATE_WORDS];
	u8 iv[CHACHA_IV_SIZE] = {};
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = get_unaligned_le32(vector->key + i * sizeof(u32));
	memcpy(iv + sizeof(iv) - vector->nonce_size, vector->nonce, vector->nonce_size);
	chacha_init_generic(state, words, iv);
	memset(stream, 0, sizeof(*stream));
	stream->size = size;
	chacha20_crypt(state, (u8 *)stream, (u8 *)stream, CHACHA_BLOCK_SIZE + size);
}

/*
 * A nonce of 96 bits cannot be said to the functions under test. But they take the beginning of the
 * key stream, in each size that they make, and a text that is not longer needs no more.
 */
bool __init opens_with_stream(const struct vector *vector)
{
	static const size_t blocks[] __initconst = { 1, WG_BPF_STREAM_BLOCKS };
	struct wg_bpf_stream stream;
	size_t alignment, i, opened = 0;
	u8 *data;

	for (alignment = 0; alignment < ALIGNMENTS; alignment++) {
		for (i = 0; i < ARRAY_SIZE(blocks); i++) {
			if (vector->length > blocks[i] * CHACHA_BLOCK_SIZE)
				continue;
			make_stream(&stream, vector, blocks[i] * CHACHA_BLOCK_SIZE);
			data = place(alignment, vector->sealed, vector->plain, vector->length + TAG,
				     vector->length);
			data[vector->length] ^= 1;
			if (wg_bpf_aead_decrypt(data, vector->length, &stream, 0, vector->key))
				return false;
			data[vector->length] ^= 1;
			if (!wg_bpf_aead_decrypt(data, vector->length, &stream, 0, vector->key) ||
			    !as_wanted())
				return false;
			opened++;
		}
	}
	return opened;
}

bool __init enciphers(const struct vector *vector)
{
	size_t alignment, i;
	u8 *data;

	for (alignment = 0; alignment < ALIGNMENTS; alignment++) {
		for (i = 0; i < ARRAY_SIZE(lent); i++) {
			data = place(alignment, vector->plain, vector->sealed, vector->length,
				     vector->length);
			wg_bpf_aead_encrypt(data, vector->length, lent[i], nonce_of(vector),
					    vector->key);
			if (!memcmp(data + vector->length, vector->sealed + vector->length, TAG))
				return false;
			memcpy(wanted + (data - memory) + vector->length, data + vector->length,
			       TAG);
			if (!as_wanted())
				return false;
		}
	}
	return true;
}

/* The vector's ciphertext, to which the tag comes from our own encryption. */
bool __init deciphers(const struct vector *vector)
{
	size_t alignment;
	u8 tag[TAG];
	u8 *data;

	data = place(0, vector->plain, vector->plain, vector->length, vector->length);
	wg_bpf_aead_encrypt(data, vector->length, 0, nonce_of(vector), vector->key);
	memcpy(tag, data + vector->length, sizeof(tag));
	for (alignment = 0; alignment < ALIGNMENTS; alignment++) {
		data = place(alignment, vector->sealed, vector->plain, vector->length,
			     vector->length);
		memcpy(data + vector->length, tag, sizeof(tag));
		memcpy(wanted + (data - memory) + vector->length, tag, sizeof(tag));
		if (!decrypt(data, vector->length, nonce_of(vector), vector->key) || !as_wanted())
			return false;
	}
	return true;
}

bool __init refuses(const struct vector *vector)
{
	const size_t sealed = vector->length + TAG;
	struct wg_bpf_stream stream;
	size_t alignment;
	u8 *data;

	make_stream(&stream, vector, sizeof(stream.data_blocks));
	for (alignment = 0; alignment < ALIGNMENTS; alignment++) {
		data = place(alignment, vector->sealed, vector->sealed, sealed, sealed);
		if (wg_bpf_aead_decrypt(data, vector->length, &stream, 0, vector->key) ||
		    !as_wanted())
			return false;
	}
	return true;
}
