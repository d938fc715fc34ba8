// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "pass.h"

/* How many inputs there are under one setting. */
#define SETTING_INPUTS 150

static void roll_setting(struct dice *dice, struct batch *batch)
{
	/* More than that of every route: a change to less would change the routes as well. */
	static const uint16_t mtus[] = { 1420, 1420, 1420, 1320, 1400, 1412, 1440, 1500 };
	int i;

	for (i = 0; i < 3; i++)
		batch->rp_filter[i] = dice_below(dice, 3);
	batch->mtu = dice_pick(dice, mtus);
}

/* Messages of a batch overtake each other, in a third of the batches. */
static void roll_slots(struct dice *dice, struct input *inputs, unsigned int count)
{
	bool shuffled = dice_once_in(dice, 3);
	unsigned int i, j;

	for (i = 0; i < count; i++) {
		if (inputs[i].message.counter_kind != COUNTER_NEXT)
			continue;
		inputs[i].message.counter = i;
		j = dice_below(dice, i + 1);
		if (!shuffled || inputs[j].message.counter_kind != COUNTER_NEXT)
			continue;
		inputs[i].message.counter = inputs[j].message.counter;
		inputs[j].message.counter = i;
	}
}

/* Those that must be alone after the others: fewer batches, and each input still in its setting. */
static void put_alone_last(struct input *inputs, unsigned int count)
{
	struct input *alone = calloc(count, sizeof(*alone));
	unsigned int i, kept = 0, moved = 0;

	if (!alone)
		fatal("out of memory");
	for (i = 0; i < count; i++) {
		if (inputs[i].marks & MARK_ALONE)
			alone[moved++] = inputs[i];
		else
			inputs[kept++] = inputs[i];
	}
	memcpy(inputs + kept, alone, moved * sizeof(*alone));
	free(alone);
}

struct batch *pass_batches(struct dice *dice, struct input *inputs, unsigned int input_count,
			   unsigned int most, unsigned int *count)
{
	struct batch *batches = calloc(input_count, sizeof(*batches)), *batch = NULL;
	struct batch setting = {};
	unsigned int i, left = 0;
	bool alone = true;

	if (!batches)
		fatal("out of memory");
	*count = 0;
	for (i = 0; i < input_count; i++, left--) {
		if (!left) {
			roll_setting(dice, &setting);
			left = input_count - i < SETTING_INPUTS ? input_count - i : SETTING_INPUTS;
			while (i + left < input_count && inputs[i + left].marks & MARK_FOLLOWS)
				left++;
			put_alone_last(inputs + i, left);
			alone = true;
		}
		if (alone || inputs[i].marks & MARK_ALONE || batch->count == most) {
			batch = &batches[(*count)++];
			*batch = setting;
			batch->first = i;
		}
		batch->count++;
		alone = inputs[i].marks & MARK_ALONE;
	}
	for (i = 0; i < *count; i++)
		roll_slots(dice, inputs + batches[i].first, batches[i].count);
	return batches;
}
