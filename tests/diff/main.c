// SPDX-License-Identifier: GPL-2.0
/*
 * The differential test: the same frames go through R1 twice, once with kernel WireGuard alone and
 * once with xdp-wg loaded, and what R1 makes of them is compared. network.sh draws the network.
 *
 * Usage: diff SEED COUNT [CHUNK [HOOK [BATCH]]]
 *
 * COUNT frames in total, in chunks, one after the other under each of network.sh's variants. CHUNK
 * runs only this one of them, counted from 1; 0 is all. HOOK is where xdp-wg is loaded: native, skb
 * or tc, or the name of an RSS program to load it with; or none, for a test of the test. At most
 * BATCH frames are on the way at once. A frame is a test. With rules in the environment, as
 * network.sh has them, no frame goes fast unless they are empty or bypassed, or xdp-wg asks for
 * netfilter's consent. Where they are bypassed, there is one test: that frames differ. Where it
 * asks, with DIFF_CONSENT there, more frames are of flows that rules let through; all of a chunk
 * come before those that count, and with stateful rules enough must go fast. With DIFF_OFFLOADS=on
 * there, A and W leave checksums to the devices that send their frames. With DIFF_TOPO=vlan or
 * bridge, all chunks are of the variant in which R1's interfaces are such devices.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "fatal.h"
#include "grammar.h"
#include "left.h"
#include "seconds.h"
#include "session.h"
#include "tally.h"
#include "wanted.h"
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

static void __attribute__((format(printf, 1, 2))) network(const char *format, ...)
{
	char what[40], command[80];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(command, sizeof(command), "tests/diff/network.sh %s", what);
	if (system(command))
		fatal("failed: %s", command);
}

/* At most so many frames go through R1 in one pass, on the keys of one session. */
#define CHUNK_MAX 2000
/*
 * With rehearsals, no more than this: consent is good for a minute, and must still be when it
 * counts, for what has passed in the first rehearsal only.
 */
#define REHEARSED_MAX 250
/* Of network.sh's variants these are the first; chunks take turns. */
#define VARIANTS 10
/* The one in which what comes to R1 has tags. */
#define VARIANT_TAGGED 9
/* The one in which it comes to ports of bridges; only DIFF_TOPO has it. */
#define VARIANT_BRIDGED 10
/* Batches are no larger than this, or R1's queues lose frames. */
#define BATCH_MAX 100

struct options {
	unsigned int seed, count;
	unsigned int only; /* number of a chunk, from 1, or 0 */
	const char *hook;
	unsigned int batch;
	const char *rules; /* network.sh's, or NULL */
	bool bypass; /* ... which xdp-wg is told to bypass */
	bool consent; /* ... or to ask for their consent */
	bool offloads; /* senders leave work to their devices */
	const char *topo; /* of what kind R1's interfaces are, or NULL */
	unsigned int variant; /* the only one then */
};

static bool rules_matter(const struct options *options)
{
	return options->rules && strcmp(options->rules, "empty");
}

static bool has_rules(const struct options *options, const char *name)
{
	return options->rules && !strcmp(options->rules, name);
}

struct chunk {
	struct input *inputs;
	struct batch *batches;
	unsigned int input_count, batch_count;
	unsigned int number; /* from 1 */
};

static void roll_chunk(struct dice *dice, const struct options *options, struct chunk *chunk)
{
	unsigned int i;

	chunk->inputs = calloc(chunk->input_count, sizeof(*chunk->inputs));
	if (!chunk->inputs)
		fatal("out of memory");
	for (i = 0; i < chunk->input_count;)
		i += grammar_roll(dice, chunk->inputs, i, chunk->input_count - i);
	for (i = 0; options->offloads && i < chunk->input_count; i++)
		left_roll(dice, &chunk->inputs[i]);
	chunk->batches = pass_batches(dice, chunk->inputs, chunk->input_count, options->batch,
				      &chunk->batch_count);
}

static double run_pass(const struct chunk *chunk, struct pass *pass, bool queued)
{
	double start = seconds();

	pass->inputs = chunk->inputs;
	pass->batches = chunk->batches;
	pass->batch_count = chunk->batch_count;
	pass->queued = queued;
	pass_run(pass);
	return seconds() - start;
}

/*
 * What goes by netfilter's consent is first let through by the stack: so in both runs, the same
 * frames come before, and connections are in the same state when it counts. Rules that let A begin
 * want the openers of flows, too. NAT does not: behind it, what comes out of the tunnel would be no
 * answer to them but a connection of its own, which needs the same ports as theirs.
 */
#define REHEARSALS 2
/* Then all that has passed is through, or is not waited for any more; in microseconds. */
#define QUIET 400000

static void rehearse(const struct options *options, const struct chunk *chunk, bool queued)
{
	unsigned int i;

	for (i = 0; i < REHEARSALS; i++) {
		struct pass rehearsal = { .opens = has_rules(options, "stateful") };

		run_pass(chunk, &rehearsal, queued);
		pass_free(&rehearsal);
	}
	usleep(QUIET);
}

static bool is_rss(const struct options *options)
{
	static const char *const others[] = { "native", "skb", "tc", "none" };
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strcmp(options->hook, others[i]))
			return false;
	return true;
}

static void run_chunk(const struct options *options, const struct chunk *chunk,
		      struct verdict *verdict, struct tally *tally)
{
	unsigned int variant = options->topo ? options->variant : (chunk->number - 1) % VARIANTS;
	bool loaded = strcmp(options->hook, "none"), queued = is_rss(options);
	struct pass without = {}, with = {};
	double slow, fast;
	char repeat[160];

	network("variant %u", variant);
	wire_tag(variant == VARIANT_TAGGED);
	if (options->consent)
		rehearse(options, chunk, queued);
	slow = run_pass(chunk, &without, queued);
	network("load %s", options->hook);
	if (options->consent)
		rehearse(options, chunk, queued);
	if (loaded)
		tally_begin(tally);
	fast = run_pass(chunk, &with, queued);
	tally_inputs(tally, chunk->inputs, chunk->input_count);
	if (options->consent && has_rules(options, "stateful"))
		tally_known(tally, chunk->inputs, chunk->input_count);
	if (loaded) {
		tally_fast(tally);
		network("unload");
	}

	snprintf(repeat, sizeof(repeat),
		 "make diff SEED=%u COUNT=%u CHUNK=%u HOOK=%s%s%s%s%s%s%s%s", options->seed,
		 options->count, chunk->number, options->hook, options->rules ? " RULES=" : "",
		 options->rules ?: "", options->bypass ? " BYPASS=1" : "",
		 options->offloads ? " OFFLOADS=on" : "", options->consent ? " CONSENT=1" : "",
		 options->topo ? " TOPO=" : "", options->topo ?: "");
	compare(&without, &with, verdict, repeat);
	printf("chunk %u, variant %u: %u frames in %u batches, %.1f s without and %.1f s with xdp-wg\n",
	       chunk->number, variant, chunk->input_count, chunk->batch_count, slow, fast);
	fflush(stdout);
	pass_free(&without);
	pass_free(&with);
}

static void run(const struct options *options, struct verdict *verdict, struct tally *tally)
{
	unsigned int most = (options->count + VARIANTS - 1) / VARIANTS, left;
	unsigned int limit = options->consent ? REHEARSED_MAX : CHUNK_MAX;
	struct dice dice = {
		.state = options->seed,
		.flows = options->consent && rules_matter(options),
	};
	struct chunk chunk = {};

	if (most > limit)
		most = limit;
	for (left = options->count; left; left -= chunk.input_count) {
		chunk.number++;
		chunk.input_count = left < most ? left : most;
		roll_chunk(&dice, options, &chunk);
		if (!options->only || options->only == chunk.number)
			run_chunk(options, &chunk, verdict, tally);
		free(chunk.batches);
		free(chunk.inputs);
	}
}

/* In skb mode a program cannot see what senders leave, so that all of their frames pass. */
static bool nothing_is_seen(const struct options *options)
{
	return options->offloads && !strcmp(options->hook, "skb");
}

/* Whether frames may go by netfilter's consent: these rules have it track connections. */
static bool may_consent(const struct options *options)
{
	return options->consent && (has_rules(options, "stateful") || has_rules(options, "nat"));
}

/*
 * Whether enough has gone by netfilter's consent, in both directions: half of what it knows, since
 * under some variants none does, and some checksums are wrong. The grammar has to make enough of
 * it, too.
 */
static void check_known(const struct tally *tally)
{
	static const enum direction directions[] = { DIRECTION_IN, DIRECTION_OUT };
	size_t i;

	for (i = 0; i < sizeof(directions) / sizeof(*directions); i++) {
		enum direction direction = directions[i];

		if (tally->known[direction] < tally->easy[direction] / 5)
			fatal("too few frames are of flows that rules let through");
		if (tally->fast[direction] < tally->known[direction] / 2)
			fatal("too few frames took the fast path");
	}
}

/*
 * Whether enough has gone fast, in both directions, to say anything about it: two thirds of the
 * easy ones, since under some variants they pass. One of these has a rule, and empty ones make no
 * other go to the stack. A single chunk may be of such a variant. How much of what NAT changes
 * goes fast is not known.
 */
static void check_fast(const struct options *options, const struct tally *tally)
{
	bool stack = rules_matter(options) && !options->bypass && !may_consent(options);

	if (stack || nothing_is_seen(options)) {
		if (tally->fast[DIRECTION_IN] || tally->fast[DIRECTION_OUT])
			fatal("frames took the fast path that must not");
		return;
	}
	if (options->only || (may_consent(options) && has_rules(options, "nat")))
		return;
	if (may_consent(options)) {
		check_known(tally);
		return;
	}
	if (tally->fast[DIRECTION_IN] < tally->easy[DIRECTION_IN] * 2 / 3 ||
	    tally->fast[DIRECTION_OUT] < tally->easy[DIRECTION_OUT] * 2 / 3)
		fatal("too few frames took the fast path");
}

/* Without a frame that differs, the test would not see that rules are bypassed. */
static int conclude_bypassed(const struct verdict *verdict)
{
	printf("%u of %u frames differ where rules are bypassed: %s\n", verdict->failed,
	       verdict->passed + verdict->failed,
	       verdict->failed ? "the test can fail" : "the test cannot fail");
	printf("%d passed, %d failed\n", verdict->failed > 0, !verdict->failed);
	return verdict->failed ? 0 : 1;
}

static void choose_variant(struct options *options, const char *topo)
{
	if (!topo || !*topo)
		return;
	if (!strcmp(topo, "vlan"))
		options->variant = VARIANT_TAGGED;
	else if (!strcmp(topo, "bridge"))
		options->variant = VARIANT_BRIDGED;
	else
		fatal("there is no topology %s: vlan and bridge are known", topo);
	options->topo = topo;
}

int main(int argc, char **argv)
{
	struct options options = { .hook = "native", .batch = 60 };
	struct verdict verdict = {};
	struct tally tally = {};
	const char *rules = getenv("DIFF_RULES"), *bypass = getenv("DIFF_BYPASS");
	const char *offloads = getenv("DIFF_OFFLOADS"), *consent = getenv("DIFF_CONSENT");

	if (argc < 3 || argc > 6) {
		fprintf(stderr, "Usage: diff SEED COUNT [CHUNK [HOOK [BATCH]]]\n");
		return 2;
	}
	options.rules = rules && *rules ? rules : NULL;
	options.bypass = bypass && *bypass;
	options.consent = consent && *consent;
	options.offloads = offloads && !strcmp(offloads, "on");
	choose_variant(&options, getenv("DIFF_TOPO"));
	options.seed = strtoul(argv[1], NULL, 0);
	options.count = strtoul(argv[2], NULL, 0);
	if (argc > 3)
		options.only = strtoul(argv[3], NULL, 0);
	if (argc > 4)
		options.hook = argv[4];
	if (argc > 5)
		options.batch = strtoul(argv[5], NULL, 0);
	if (!options.count || !options.batch || options.batch > BATCH_MAX)
		fatal("COUNT is at least 1, BATCH from 1 to %u", BATCH_MAX);

	verdict.bypassed = options.bypass && rules_matter(&options);

	wire_open(options.offloads);
	session_load();
	stats_open();
	run(&options, &verdict, &tally);
	tally_print(&tally);
	wanted_print();
	if (strcmp(options.hook, "none"))
		check_fast(&options, &tally);
	if (verdict.bypassed)
		return conclude_bypassed(&verdict);
	printf("%u passed, %u failed\n", verdict.passed, verdict.failed);
	return verdict.failed ? 1 : 0;
}
