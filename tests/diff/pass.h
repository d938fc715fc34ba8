/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One pass: the inputs of a chunk go through R1, and what comes out is kept.
 */
#ifndef DIFF_PASS_H
#define DIFF_PASS_H

#include "input.h"
#include "random.h"
#include "stats.h"

/* Inputs that are on the way at once, under one setting of R1. */
struct batch {
	unsigned int first, count; /* inputs */
	uint8_t rp_filter[3]; /* of r1-a, r1-w, wg0 */
	uint16_t mtu; /* of wg0 */
};

/* What R1 sent. */
struct output {
	unsigned int input; /* whose it is, or the first of the batch */
	bool stray; /* the input cannot be told */
	enum point point;
	uint16_t length;
	uint8_t *data;
};

struct pass {
	const struct input *inputs;
	const struct batch *batches;
	unsigned int batch_count;
	bool opens; /* before each batch, A opens the flows that flow.h says */
	bool queued; /* an RSS program may have finished what senders have left */
	struct output *outputs;
	unsigned int output_count, output_room;
	struct stats *stats; /* of each batch: what it added */
	bool *disturbed; /* of each batch: a timer of R1 fired in it */
};

/*
 * pass_batches() - Divide inputs into batches.
 * @most: inputs in a batch
 * @count: takes their number
 *
 * Return: the batches, for the caller to free.
 */
struct batch *pass_batches(struct dice *dice, struct input *inputs, unsigned int input_count,
			   unsigned int most, unsigned int *count);

/* pass_run() - Send all of them. @pass has inputs and batches; pass_free() frees the rest. */
void pass_run(struct pass *pass);
void pass_free(struct pass *pass);

#endif /* DIFF_PASS_H */
