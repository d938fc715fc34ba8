/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Building WireGuard messages, for the parts of the grammar that use them.
 */
#ifndef DIFF_MESSAGE_H
#define DIFF_MESSAGE_H

#include "ip.h"

/* What is around a message. */
struct outer {
	struct ip_recipe recipe;
	struct endpoint from, to;
	enum peer peer;
	bool link; /* something is odd about the frame */
	bool roams; /* or about the addresses */
	bool fragmented; /* it comes in two packets */
};

/* message_roll() - Roll a sound datagram from a peer to R1. @outer: has the peer */
void message_roll(struct dice *dice, struct input *input, struct outer *outer);

/* message_write() - Write the message with a packet of @length bytes, and all that is around it. */
void message_write(struct dice *dice, struct input *input, struct outer *outer,
		   const struct ip_recipe *inner, size_t length);

#endif /* DIFF_MESSAGE_H */
