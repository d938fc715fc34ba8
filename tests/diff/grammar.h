/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of frames.
 */
#ifndef DIFF_GRAMMAR_H
#define DIFF_GRAMMAR_H

#include "input.h"
#include "random.h"

/*
 * grammar_roll() - Make the next frames.
 * @inputs: the frames of this chunk until now; the new ones go to @inputs[@index] and behind it
 * @room: how many there can be
 *
 * Return: how many were made.
 */
unsigned int grammar_roll(struct dice *dice, struct input *inputs, unsigned int index,
			  unsigned int room);

/* grammar_roll_message() - Likewise, a WireGuard message for R1. */
void grammar_roll_message(struct dice *dice, struct input *inputs, unsigned int index);

/* grammar_roll_roaming() - Likewise, ROAMING_INPUTS frames about a peer that moves and comes back.
 */
#define ROAMING_INPUTS 5
void grammar_roll_roaming(struct dice *dice, struct input *inputs, unsigned int index);

/*
 * grammar_link() - Write the Ethernet header of a frame from the host at its point, and what may be
 * odd about that. Bytes behind the packet are among it, so the frame must be complete.
 * @family: of the packet
 */
void grammar_link(struct dice *dice, struct input *input, int family, bool odd);

#endif /* DIFF_GRAMMAR_H */
