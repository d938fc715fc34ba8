/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A frame to be injected, as the grammar made it. It is the same in both passes; only what depends
 * on the session (index, counter, ciphertext, checksum over these) is filled in when it is sent.
 */
#ifndef DIFF_INPUT_H
#define DIFF_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "addresses.h"

#define FRAME_MAX 1700

/* The UDP checksum of the datagram around a message. */
enum udp_check {
	UDP_CHECK_RIGHT,
	UDP_CHECK_ZERO,
	UDP_CHECK_WRONG,
	UDP_CHECK_LEFT, /* the sum of the pseudo header: the rest is left to the device */
};

/* Where the counter of a message comes from. */
enum counter_kind {
	COUNTER_NEXT, /* the slot of the batch that `counter` names */
	COUNTER_BEHIND, /* `counter` less than the greatest one that was accepted */
	COUNTER_AHEAD, /* as much more */
	COUNTER_REPLAY, /* that of the input which `counter` names */
	COUNTER_VALUE, /* exactly this */
};

/* What it is before something odd is done to it. */
enum direction {
	DIRECTION_IN, /* a packet into the tunnel */
	DIRECTION_OUT, /* a message out of the tunnel */
	DIRECTION_PLAIN, /* a packet that has nothing to do with the tunnel */
	DIRECTIONS,
};

/* What is special about an input, as far as the program must know. */
enum input_marks {
	MARK_EASY = 1 << 0, /* nothing stands against the fast path */
	MARK_ALONE = 1 << 1, /* nothing else may be on its way meanwhile */
	MARK_MOVES = 1 << 2, /* its peer stays where it comes from: markers come from there too */
	MARK_UDP_CHECK = 1 << 3, /* the outer UDP checksum is wrong */
	MARK_UDP_LENGTH = 1 << 4, /* likewise its length */
	MARK_RAW = 1 << 5, /* the message is not sealed */
	MARK_RETURNS = 1 << 6, /* its peer is back */
	MARK_FOLLOWS = 1 << 7, /* it belongs to the input before it */
};

struct message {
	uint16_t offset; /* in the frame; 0 if there is none to seal */
	uint16_t plain; /* length of its plaintext */
	uint8_t peer; /* enum peer: whose keys */
	uint8_t counter_kind;
	uint8_t tag_xor; /* is what makes the tag wrong */
	uint8_t udp_check; /* enum udp_check */
	uint32_t index_xor; /* likewise */
	uint64_t counter;
};

struct input {
	uint16_t tag;
	uint8_t point; /* enum point */
	uint8_t direction; /* enum direction */
	uint8_t inner, outer; /* families of the packet and of the tunnel: 4 or 6 */
	uint16_t marks; /* enum input_marks */
	uint16_t length;
	uint16_t
		fragment; /* split the IPv4 packet into two at this byte of its payload, if not 0 */
	uint16_t left_start, left_field; /* of a checksum that is left to the device, or 0 */
	struct message message;
	char words[120]; /* what it is, for the reader of a mismatch */
	uint8_t data[FRAME_MAX];
};

/* input_say() - Add to the words. */
void input_say(struct input *input, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* input_families() - Note the families: of the packet, AF_INET or AF_INET6, and of the tunnel. */
void input_families(struct input *input, int inner, enum peer peer);

/* input_print() - What an input is and its bytes, on standard output. */
void input_print(const struct input *input);

/* print_bytes() - Bytes in hexadecimal, and a new line. Payloads are shortened. */
void print_bytes(const uint8_t *data, unsigned int length);

#endif /* DIFF_INPUT_H */
