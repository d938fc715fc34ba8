/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_HARNESS_AEAD_H
#define TESTS_HARNESS_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AEAD_KEY 32
#define AEAD_TAG 16

/*
 * aead_seal() - ChaCha20-Poly1305 (RFC 8439) without additional data, with a counter for a nonce as
 * WireGuard uses it.
 * @to: takes @length bytes of ciphertext and the tag; may be @from
 */
void aead_seal(uint8_t *to, const uint8_t *from, size_t length, const uint8_t *key,
	       uint64_t counter);

/*
 * aead_open() - The reverse.
 * @length: of the plaintext
 *
 * Return: whether the tag is right; only then is @to written.
 */
bool aead_open(uint8_t *to, const uint8_t *from, size_t length, const uint8_t *key,
	       uint64_t counter);

#endif /* TESTS_HARNESS_AEAD_H */
