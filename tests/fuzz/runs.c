// SPDX-License-Identifier: GPL-2.0
/*
 * Test runs of the kernel: a thread with an XDP program and one with a tc program, at the same
 * time.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <net/if.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests.h"
#include "tests/harness/harness.h"
#include "tests/kfunc/session.h"

#define RUN_STEPS 24
#define OUT_MOST (FRAME_MOST + 4096) /* what a program adds to a frame comes back, too */
#define CHANGES 11 /* each of the script's once, at least */

struct runner {
	pthread_t thread;
	bool started;
	enum kind kind;
	struct fuzz_programs *programs;
	struct dice dice;
	uint32_t ifindexes[2];
	int err; /* of a run that the kernel refused */
	uint32_t size; /* of its packet */
};

static struct fuzzer fuzzers[2];
static struct runner runners[2];
static bool stopping;

/* Threads cannot fail the case: what they have to say is left in the runner. */
static int run_xdp_once(struct runner *runner, uint8_t *data)
{
	struct xdp_md ctx = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_out = data,
		    .data_size_out = OUT_MOST, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));

	ctx.data_end = opts.data_size_in = frame_draw(&runner->dice, data, FRAME_MOST);
	ctx.ingress_ifindex = runner->ifindexes[dice_roll(&runner->dice) % 2];
	runner->size = opts.data_size_in;
	return bpf_prog_test_run_opts(bpf_program__fd(runner->programs->progs.fuzzes_xdp), &opts);
}

static int run_skb_once(struct runner *runner, uint8_t *data)
{
	struct __sk_buff ctx = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_out = data,
		    .data_size_out = OUT_MOST, .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	uint32_t kind = dice_roll(&runner->dice) % 8;

	opts.data_size_in = frame_draw(&runner->dice, data, FRAME_LINEAR_MOST);
	ctx.ifindex = runner->ifindexes[dice_roll(&runner->dice) % 2];
	if (kind == 0) {
		ctx.gso_size = 64;
		ctx.gso_segs = 1 + opts.data_size_in / 64;
	}
	runner->size = opts.data_size_in;
	return bpf_prog_test_run_opts(bpf_program__fd(runner->programs->progs.fuzzes_skb), &opts);
}

static void *run(void *arg)
{
	static uint8_t data[2][OUT_MOST];
	struct runner *runner = arg;
	const struct fuzz *fuzz = &runner->programs->bss->fuzz;
	uint8_t *own = data[runner->kind];

	/* Otherwise changes would take seconds. */
	setpriority(PRIO_PROCESS, gettid(), 19);
	while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED) && !runner->err && !fuzz->broken) {
		runner->err =
			runner->kind == XDP ? run_xdp_once(runner, own) : run_skb_once(runner, own);
		/* The others are for the changes that have not been yet. */
		if (fuzz->calls > count / 4)
			usleep(5000);
	}
	return NULL;
}

static void start(enum kind kind)
{
	struct runner *runner = &runners[kind];
	int err;

	*runner = (struct runner){ .kind = kind };
	fuzzer_open(&fuzzers[kind], kind_names[kind], kind);
	runner->programs = fuzzers[kind].programs;
	runner->programs->bss->fuzz.steps = RUN_STEPS;
	runner->ifindexes[0] = if_nametoindex(r1.lan);
	runner->ifindexes[1] = if_nametoindex(r1.wan);
	dice_begin(&runner->dice, kind);
	err = pthread_create(&runner->thread, NULL, run, runner);
	CHECK(!err, "no thread");
	runner->started = true;
}

static void stop(void)
{
	int i;

	__atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++) {
		if (runners[i].started)
			pthread_join(runners[i].thread, NULL);
		runners[i].started = false;
	}
}

static void check_runners(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		CHECK(!runners[i].err, "the kernel did not run %s with %u bytes: error %d",
		      kind_names[i], runners[i].size, runners[i].err);
		fuzzer_check(&fuzzers[i]);
	}
}

/* All calls but those of test_traffic(). */
void test_runs(const void *arg)
{
	uint32_t changes = 0;
	int i;

	(void)arg;
	session_enter(&r1);
	stopping = false;
	for (i = 0; i < 2; i++)
		start(i);
	changes_begin(0);
	while (fuzzers_calls(fuzzers, 2) < count - traffic_calls() || changes < CHANGES) {
		keys_read();
		fuzzers_look(fuzzers, 2);
		check_runners();
		usleep(5000);
		changes = changes_done();
	}
	changes_end();
	stop();
	check_runners();
	check_coverage(fuzzers, 2);
	for (i = 0; i < 2; i++)
		fuzzer_close(&fuzzers[i]);
}

void runs_abort(void)
{
	int i;

	stop();
	for (i = 0; i < 2; i++)
		fuzzer_close(&fuzzers[i]);
}
