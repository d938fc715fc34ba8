/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sessions of R1 with its peers, the part of which this program plays once R2 has shaken hands.
 */
#ifndef DIFF_SESSION_H
#define DIFF_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input.h"

/* session_load() - Load what reads keys. Runs in R1's namespace, once. */
void session_load(void);

/* session_renew() - Have all peers agree on new keys with R1 and confirm them. */
void session_renew(void);

/* session_age() - Seconds since then. */
unsigned int session_age(void);

/*
 * session_seal() - Encrypt the plaintext that is in its place in the message, and write header, tag
 * and the UDP checksum of the datagram around it.
 * @frame: an Ethernet frame of @length bytes
 */
void session_seal(const struct message *message, uint64_t counter, uint8_t *frame, size_t length);

/*
 * session_open() - Decrypt a message from R1 and forget what differs from session to session: its
 * index becomes the number of the peer, counter and tag become zero.
 *
 * Return: whether it is one, with a right tag and a counter that was not used before.
 */
bool session_open(uint8_t *message, size_t length);

/* session_was_sealed() - Whether these 8 bytes begin a message that session_seal() has made. */
bool session_was_sealed(const uint8_t *message);

#endif /* DIFF_SESSION_H */
