/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the frames were that have been compared, and how many took the fast path.
 */
#ifndef DIFF_TALLY_H
#define DIFF_TALLY_H

#include "input.h"

struct tally {
	unsigned int frames[DIRECTIONS][2][2]; /* by the families of the tunnel and of the packet */
	unsigned int easy[DIRECTIONS]; /* what should go fast */
	unsigned int known[DIRECTIONS]; /* likewise, by stateful rules, if they are asked */
	unsigned int before[DIRECTIONS]; /* what xdp-wg had counted when frames began to count */
	unsigned int fast[DIRECTIONS]; /* what did go fast, by the counters of xdp-wg */
};

/* tally_inputs() - Add the frames of a chunk. */
void tally_inputs(struct tally *tally, const struct input *inputs, unsigned int count);

/* tally_known() - Add those of them that stateful rules let through: see flow_is_known(). */
void tally_known(struct tally *tally, const struct input *inputs, unsigned int count);

/* tally_begin() - What goes fast counts from now on. xdp-wg is loaded. */
void tally_begin(struct tally *tally);

/* tally_fast() - Add what `xdp-wg status` has counted since tally_begin(). */
void tally_fast(struct tally *tally);

/* tally_print() - Print it as a table. */
void tally_print(const struct tally *tally);

#endif /* DIFF_TALLY_H */
