// SPDX-License-Identifier: GPL-2.0
/*
 * The AEAD that the tests compare with, which is WireGuard's as well: no other nonce, and no
 * additional data.
 */
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "tests.h"
#include "tests/harness/aead.h"
#include "tests/harness/harness.h"
#include "vector.h"

static void check_open(const struct vector *vector, uint64_t nonce)
{
	uint8_t sealed[VECTOR_MOST + AEAD_TAG], plain[VECTOR_MOST];
	size_t bit;

	memcpy(sealed, vector->sealed, vector->length + AEAD_TAG);
	CHECK(aead_open(plain, sealed, vector->length, vector->key, nonce),
	      "vector %zu to %s: refused", vector->number, vector->table);
	CHECK_BYTES("plaintext", plain, vector->plain, vector->length);
	for (bit = 0; bit < 8 * (vector->length + AEAD_TAG); bit++) {
		sealed[bit / 8] ^= 1 << bit % 8;
		CHECK(!aead_open(plain, sealed, vector->length, vector->key, nonce),
		      "vector %zu to %s: taken with bit %zu changed", vector->number, vector->table,
		      bit);
		sealed[bit / 8] ^= 1 << bit % 8;
	}
}

/* The text of all whose nonce has 64 bits, and the tag as well where there is no additional data.
 */
static void check_vector(const struct vector *vector)
{
	uint8_t sealed[VECTOR_MOST + AEAD_TAG];
	uint64_t nonce;
	bool same;

	CHECK(vector->length <= VECTOR_MOST, "a vector has %zu bytes", vector->length);
	memcpy(&nonce, vector->nonce, sizeof(nonce));
	nonce = le64toh(nonce);
	aead_seal(sealed, vector->plain, vector->length, vector->key, nonce);
	CHECK_BYTES("ciphertext", sealed, vector->sealed, vector->length);
	same = !memcmp(sealed + vector->length, vector->sealed + vector->length, AEAD_TAG);
	CHECK(same == (vector->form == FORM_WHOLE), "vector %zu to %s: the tag is %s",
	      vector->number, vector->table, same ? "that over additional data" : "wrong");
	if (vector->form == FORM_WHOLE)
		check_open(vector, nonce);
}

static void test_harness(const void *arg)
{
	int done[FORMS] = {};
	struct vector vector;
	size_t i;

	(void)arg;
	for (i = 0; i < VECTORS; i++) {
		vector = vector_get(i);
		if (vector.form == FORM_WHOLE || vector.form == FORM_TEXT)
			check_vector(&vector);
		done[vector.form]++;
	}
	CHECK(done[FORM_WHOLE] && done[FORM_TEXT], "there was nothing to check");
	printf("# %zu vectors: %d of WireGuard's form. Not of its form: %d with additional data, of "
	       "which the text was compared; %d that were not used\n",
	       VECTORS, done[FORM_WHOLE], done[FORM_TEXT], done[FORM_NONCE] + done[FORM_NONE]);
}

void add_harness_tests(void)
{
	test_add(test_harness, NULL, "vectors/harness");
}
