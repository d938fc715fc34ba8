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
	unsigned int fast[DIRECTIONS]; /* what did, by the counters of xdp-wg */
};

/* tally_inputs() - Add the frames of a chunk. */
void tally_inputs(struct tally *tally, const struct input *inputs, unsigned int count);

/* tally_fast() - Add what `xdp-wg status` has counted since it was loaded. */
void tally_fast(struct tally *tally);

/* tally_print() - Print it as a table. */
void tally_print(const struct tally *tally);

#endif /* DIFF_TALLY_H */
