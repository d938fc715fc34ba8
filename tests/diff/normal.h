/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking out of a frame what differs from pass to pass, and which input it is from.
 */
#ifndef DIFF_NORMAL_H
#define DIFF_NORMAL_H

#include <stddef.h>
#include <stdint.h>

#include "addresses.h"

enum normal_kind {
	NORMAL_OUTPUT,
	NORMAL_MARKER,
	NORMAL_NOISE, /* what the router sends by its own clock */
	NORMAL_TIMER, /* WireGuard's own messages: handshakes and keepalives */
};

struct normal {
	enum normal_kind kind;
	int tag; /* -1 if it cannot be told */
	uint32_t marker; /* its number */
};

/* The payload of a marker: these bytes and a number. */
#define MARKER_WORD "MARKER"
#define MARKER_LENGTH 10

/*
 * normal_blank_left() - Forget checksums that were left to a device, where R1 quotes a packet with
 * one.
 * @fields: where it was in the frame, by the tag of the input; 0 for none
 * @count: of tags
 *
 * A packet that an RSS program has queued is quoted with its checksum finished.
 */
void normal_blank_left(const uint16_t *fields, unsigned int count);

/* normal_frame() - Normalise a frame that R1 sent, in place. */
struct normal normal_frame(uint8_t *frame, size_t length);

#endif /* DIFF_NORMAL_H */
