// SPDX-License-Identifier: GPL-2.0
/*
 * The differential test: the same frames go through R1 twice, once with kernel WireGuard alone and
 * once with xdp-wg loaded, and what R1 makes of them is compared. network.sh draws the network.
 *
 * Usage: diff SEED COUNT [CHUNK [BATCH]]
 *
 * COUNT frames in total, half of them messages of the tunnel and half not, in chunks, one after the
 * other under each of network.sh's variants. CHUNK runs only this one of them, counted from 1; 0 is
 * all. At most BATCH frames are on the way at once. A frame is a test.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compare.h"
#include "fatal.h"
#include "grammar.h"
#include "session.h"
#include "wire.h"

void fatal(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("diff: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static void network(const char *what, unsigned int number)
{
	char command[80];

	snprintf(command, sizeof(command), "tests/diff/network.sh %s %u", what, number);
	if (system(command))
		fatal("failed: %s", command);
}

/* How many frames the counter of that name has. */
static unsigned int counter(const char *status, const char *name)
{
	char key[64];
	const char *found;
	unsigned int value = 0;

	snprintf(key, sizeof(key), "\"%s\"", name);
	found = strstr(status, key);
	found = found ? strstr(found, "\"packets\":") : NULL;
	if (!found || sscanf(found, "\"packets\": %u", &value) != 1)
		fatal("xdp-wg status does not tell %s", name);
	return value;
}

static unsigned int fast_frames(void)
{
	static char status[65536];
	FILE *pipe = popen("tests/diff/network.sh status", "r");
	size_t n = pipe ? fread(status, 1, sizeof(status) - 1, pipe) : 0;

	status[n] = 0;
	if (!pipe || pclose(pipe))
		fatal("xdp-wg status fails");
	return counter(status, "encapsulated") + counter(status, "decapsulated");
}

static double seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* At most so many frames go through R1 in one pass, on the keys of one session. */
#define CHUNK_MAX 2000
/* The number of network.sh's variants. Chunks take turns. */
#define VARIANTS 6
/* Batches are no larger than this, or R1's queues lose frames. */
#define BATCH_MAX 100

struct options {
	unsigned int seed, count;
	unsigned int only; /* number of a chunk, from 1, or 0 */
	unsigned int batch;
};

struct chunk {
	struct input *inputs;
	struct batch *batches;
	unsigned int input_count, batch_count;
	unsigned int number; /* from 1 */
};

struct totals {
	struct verdict verdict;
	unsigned int easy, fast;
};

static void roll_chunk(struct dice *dice, const struct options *options, struct chunk *chunk)
{
	unsigned int i;

	chunk->inputs = calloc(chunk->input_count, sizeof(*chunk->inputs));
	if (!chunk->inputs)
		fatal("out of memory");
	for (i = 0; i < chunk->input_count;)
		i += grammar_roll(dice, chunk->inputs, i, chunk->input_count - i);
	chunk->batches = pass_batches(dice, chunk->inputs, chunk->input_count, options->batch,
				      &chunk->batch_count);
}

static double run_pass(const struct chunk *chunk, struct pass *pass)
{
	double start = seconds();

	pass->inputs = chunk->inputs;
	pass->batches = chunk->batches;
	pass->batch_count = chunk->batch_count;
	pass_run(pass);
	return seconds() - start;
}

static void run_chunk(const struct options *options, const struct chunk *chunk,
		      struct totals *totals)
{
	unsigned int variant = (chunk->number - 1) % VARIANTS, i;
	struct pass without = {}, with = {};
	double slow, fast;
	char repeat[120];

	network("variant", variant);
	slow = run_pass(chunk, &without);
	network("load", 0);
	fast = run_pass(chunk, &with);
	totals->fast += fast_frames();
	network("unload", 0);
	for (i = 0; i < chunk->input_count; i++)
		totals->easy += chunk->inputs[i].marks & MARK_EASY;

	snprintf(repeat, sizeof(repeat), "sudo make diff SEED=%u COUNT=%u CHUNK=%u", options->seed,
		 options->count, chunk->number);
	compare(&without, &with, &totals->verdict, repeat);
	printf("chunk %u, variant %u: %u frames in %u batches, %.1f s without and %.1f s with xdp-wg\n",
	       chunk->number, variant, chunk->input_count, chunk->batch_count, slow, fast);
	fflush(stdout);
	pass_free(&without);
	pass_free(&with);
}

static void run(const struct options *options, struct totals *totals)
{
	unsigned int most = (options->count + VARIANTS - 1) / VARIANTS, left;
	struct dice dice = { .state = options->seed };
	struct chunk chunk = {};

	if (most > CHUNK_MAX)
		most = CHUNK_MAX;
	for (left = options->count; left; left -= chunk.input_count) {
		chunk.number++;
		chunk.input_count = left < most ? left : most;
		roll_chunk(&dice, options, &chunk);
		if (!options->only || options->only == chunk.number)
			run_chunk(options, &chunk, totals);
		free(chunk.batches);
		free(chunk.inputs);
	}
}

int main(int argc, char **argv)
{
	struct options options = { .batch = 60 };
	struct totals totals = {};

	if (argc < 3 || argc > 5) {
		fprintf(stderr, "Usage: diff SEED COUNT [CHUNK [BATCH]]\n");
		return 2;
	}
	options.seed = strtoul(argv[1], NULL, 0);
	options.count = strtoul(argv[2], NULL, 0);
	if (argc > 3)
		options.only = strtoul(argv[3], NULL, 0);
	if (argc > 4)
		options.batch = strtoul(argv[4], NULL, 0);
	if (!options.count || !options.batch || options.batch > BATCH_MAX)
		fatal("COUNT is at least 1, BATCH from 1 to %u", BATCH_MAX);

	wire_open();
	session_load();
	stats_open();
	run(&options, &totals);
	compare_summary();
	printf("%u frames had nothing against the fast path; %u took it\n", totals.easy,
	       totals.fast);
	if (totals.fast < totals.easy * 9 / 10)
		fatal("too few frames took the fast path to say anything about it");
	printf("%u passed, %u failed\n", totals.verdict.passed, totals.verdict.failed);
	return totals.verdict.failed ? 1 : 0;
}
