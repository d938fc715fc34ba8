/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The published vectors, one after the other, and what WireGuard's AEAD has in common with each:
 * its nonce has 64 bits, the counter, and it authenticates no additional data. For the kernel and
 * for user space.
 */
#ifndef TESTS_VECTORS_VECTOR_H
#define TESTS_VECTORS_VECTOR_H

#ifdef __KERNEL__
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __init
#define __initconst
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
typedef uint8_t u8;
#endif

#include "data.h"

#define VECTORS_ENCRYPT ARRAY_SIZE(chacha20poly1305_enc_vectors)
#define VECTORS_DECRYPT ARRAY_SIZE(chacha20poly1305_dec_vectors)
#define VECTORS (VECTORS_ENCRYPT + VECTORS_DECRYPT)

/* What was known when this was written; a source with less would be a test of less. */
_Static_assert(VECTORS_ENCRYPT >= 118 && VECTORS_DECRYPT >= 13, "there are vectors missing");

#define VECTOR_MOST 2048
#define VECTOR_TAG 16

enum form {
	FORM_WHOLE, /* everything */
	FORM_NONCE, /* no additional data, but the nonce has 96 bits */
	FORM_TEXT, /* the nonce, and so the text; the tag is over additional data */
	FORM_NONE, /* neither, or the tag is wrong: all that can be done is to refuse it */
	FORMS,
};

/**
 * struct vector - one of them
 * @table: what it was published for: to "encrypt" or to "decrypt"
 * @number: in that table, from 1
 * @form: what WireGuard has in common with it
 * @plain: the plaintext
 * @sealed: the ciphertext, with the tag behind it
 * @nonce: of @nonce_size bytes, 8 or 12
 * @key: 32 bytes
 * @length: of the plaintext, in bytes, up to VECTOR_MOST
 */
struct vector {
	const char *table;
	size_t number;
	enum form form;
	const u8 *plain;
	const u8 *sealed;
	const u8 *nonce;
	const u8 *key;
	size_t nonce_size;
	size_t length;
};

static inline enum form __init vector_form(const struct chacha20poly1305_testvec *row)
{
	if (row->failure || (row->nlen != 8 && row->alen))
		return FORM_NONE;
	if (row->alen)
		return FORM_TEXT;
	return row->nlen == 8 ? FORM_WHOLE : FORM_NONCE;
}

/* vector_get() - The one with an index below VECTORS. */
static inline struct vector __init vector_get(size_t index)
{
	const bool encrypt = index < VECTORS_ENCRYPT;
	const size_t in_table = encrypt ? index : index - VECTORS_ENCRYPT;
	const struct chacha20poly1305_testvec *row =
		encrypt ? &chacha20poly1305_enc_vectors[in_table]
			: &chacha20poly1305_dec_vectors[in_table];
	struct vector vector = {
		.table = encrypt ? "encrypt" : "decrypt",
		.number = in_table + 1,
		.form = vector_form(row),
		.plain = encrypt ? row->input : row->output,
		.sealed = encrypt ? row->output : row->input,
		.nonce = row->nonce,
		.key = row->key,
		.nonce_size = row->nlen,
		.length = row->ilen - (encrypt ? 0 : VECTOR_TAG),
	};

	return vector;
}

#endif /* TESTS_VECTORS_VECTOR_H */
