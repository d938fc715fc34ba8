/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_VECTORS_CHECKS_H
#define TESTS_VECTORS_CHECKS_H

#include <linux/types.h>

struct vector;

/* checks_prepare() - Get memory, for all checks. Return: 0 or -ENOMEM. */
int checks_prepare(void);
void checks_finish(void);

/*
 * Each of these is for vectors of certain forms, and says whether something is as it must be. In
 * all of them the message is in one piece and in place, at all alignments, and what is around it
 * must stay as it was.
 */

/* Without additional data, and with a nonce of 8 bytes. */
bool seals(const struct vector *vector);
bool opens(const struct vector *vector);
bool refuses_changed_bits(const struct vector *vector);
bool refuses_other_lengths(const struct vector *vector);
bool refuses_other_nonces(const struct vector *vector);

/* Without additional data, and with a nonce of 12 bytes, whose key stream is made here. */
bool opens_with_stream(const struct vector *vector);

/* With additional data: the text, to which WireGuard's tag is another one. */
bool enciphers(const struct vector *vector);
bool deciphers(const struct vector *vector);

/* With additional data or a wrong tag, and with a nonce of either size. */
bool refuses(const struct vector *vector);

#endif /* TESTS_VECTORS_CHECKS_H */
