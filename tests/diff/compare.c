// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "wanted.h"

#define PRINT_MAX 20

static int order(const void *a, const void *b)
{
	const struct output *x = a, *y = b;

	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	if (x->stray != y->stray)
		return x->stray ? 1 : -1;
	if (x->point != y->point)
		return x->point < y->point ? -1 : 1;
	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return memcmp(x->data, y->data, x->length);
}

static bool same(const struct output *a, unsigned int a_count, const struct output *b,
		 unsigned int b_count)
{
	unsigned int i;

	if (a_count != b_count)
		return false;
	for (i = 0; i < a_count; i++)
		if (order(&a[i], &b[i]))
			return false;
	return true;
}

static void print_outputs(const char *pass, const struct output *outputs, unsigned int count)
{
	unsigned int i;

	if (!count)
		printf("  %s: nothing\n", pass);
	for (i = 0; i < count; i++) {
		printf("  %s: %s%u bytes at %s", pass, outputs[i].stray ? "perhaps of it, " : "",
		       outputs[i].length, outputs[i].point == POINT_A ? "A" : "W");
		print_bytes(outputs[i].data, outputs[i].length);
	}
}

/* The frame that an input has the counter of: its words tell why that was new or not. */
static void print_replayed(const struct pass *pass, const struct input *input)
{
	const struct batch *last = &pass->batches[pass->batch_count - 1];
	unsigned int i;

	if (input->message.counter_kind != COUNTER_REPLAY)
		return;
	for (i = 0; i < last->first + last->count; i++)
		if (pass->inputs[i].tag == input->message.counter + 1)
			printf("  replayed: %s\n", pass->inputs[i].words);
}

static void print_setting(const struct batch *batch)
{
	printf("  setting: rp_filter r1-a %u, r1-w %u, wg0 %u; MTU of wg0 %u; %u frames at once\n",
	       batch->rp_filter[0], batch->rp_filter[1], batch->rp_filter[2], batch->mtu,
	       batch->count);
}

/* Of the first mismatches all is printed, and of the others what the frame was. */
static bool may_print(struct verdict *verdict, const struct input *input, const char *what,
		      const char *repeat)
{
	if (verdict->bypassed && verdict->printed)
		return false;
	if (verdict->printed++ >= PRINT_MAX) {
		printf("\nMISMATCH, %s of frame %u: %s\n", what, input->tag, input->words);
		return false;
	}
	printf("\nMISMATCH, %s of frame %u; repeat with: %s\n", what, input->tag, repeat);
	return true;
}

/* Whether the batch raised the counters alike. A timer that fired raised some as well. */
static bool compare_stats(const struct pass *without, const struct pass *with, unsigned int batch,
			  struct verdict *verdict, const char *repeat)
{
	const uint64_t *a = without->stats[batch].value, *b = with->stats[batch].value;
	const struct batch *of = &without->batches[batch];
	unsigned int i;

	if (without->disturbed[batch] || with->disturbed[batch] ||
	    !memcmp(a, b, sizeof(without->stats[batch])))
		return true;
	if (!may_print(verdict, &without->inputs[of->first], "counters", repeat))
		return false;
	for (i = 0; i < STAT_MAX; i++)
		if (a[i] != b[i])
			printf("    %s: without %lld, with %lld\n", stat_names[i], (long long)a[i],
			       (long long)b[i]);
	print_setting(of);
	for (i = of->first; i < of->first + of->count && of->count <= 4; i++)
		input_print(&without->inputs[i]);
	return false;
}

/* The outputs of one input: they are sorted. */
static unsigned int count_of(const struct pass *pass, unsigned int first, unsigned int input)
{
	unsigned int n = 0;

	while (first + n < pass->output_count && pass->outputs[first + n].input == input)
		n++;
	return n;
}

void compare(struct pass *without, struct pass *with, struct verdict *verdict, const char *repeat)
{
	unsigned int batch, input, a = 0, b = 0, a_count, b_count;

	qsort(without->outputs, without->output_count, sizeof(struct output), order);
	qsort(with->outputs, with->output_count, sizeof(struct output), order);
	for (batch = 0; batch < without->batch_count; batch++) {
		const struct batch *of = &without->batches[batch];
		bool batch_same = true, excused = false;

		for (input = of->first; input < of->first + of->count; input++) {
			const struct input *what = &without->inputs[input];
			bool good = true;

			a_count = count_of(without, a, input);
			b_count = count_of(with, b, input);
			if (!same(without->outputs + a, a_count, with->outputs + b, b_count)) {
				struct wanted *wanted = wanted_find(what);

				good = wanted;
				excused = excused || wanted;
				if (wanted)
					wanted->seen++;
				else if (may_print(verdict, what, "output", repeat)) {
					print_setting(of);
					input_print(what);
					print_replayed(without, what);
					print_outputs("without xdp-wg", without->outputs + a,
						      a_count);
					print_outputs("with xdp-wg", with->outputs + b, b_count);
				}
			}
			batch_same = batch_same && good;
			/* The last one answers for the counters, if nothing else explains them. */
			if (input + 1 == of->first + of->count && batch_same && !excused)
				good = compare_stats(without, with, batch, verdict, repeat);
			if (good)
				verdict->passed++;
			else
				verdict->failed++;
			a += a_count;
			b += b_count;
		}
	}
}
