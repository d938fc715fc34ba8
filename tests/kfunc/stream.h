/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the cases about key streams have in common.
 */
#ifndef TESTS_STREAM_H
#define TESTS_STREAM_H

#include "stream.skel.h"
#include "tests.h"

/* stream_programs() - The program that relays messages, and the counter of key streams made. */
struct stream *stream_programs(void);

/* stream_load() - Load both, unless that is done. */
void stream_load(void);

/* stream_lookups() - How many lookups in tables of allowed IPs there were since the last time. */
uint64_t stream_lookups(void);

/*
 * stream_begin() - Begin a case. Nothing is left of what one before has taken over or peeked at.
 * The session is a new one, since so many messages would soon be so far ahead of R2's own that R1
 * took these for too old.
 */
void stream_begin(enum kind kind);

/* check_made() - So many key streams have been made since the last such check. */
void check_made(uint64_t expected);

#endif /* TESTS_STREAM_H */
