/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the fuzzing program use of each other, by the file that it is in.
 */
#ifndef TESTS_FUZZ_TESTS_H
#define TESTS_FUZZ_TESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "fuzz.h"
#include "fuzz.skel.h"

/* main.c */
extern uint64_t seed, count;

/* Programs that run beside each other, and what they are told and tell. */
struct fuzzer {
	const char *name;
	struct fuzz_programs *programs;
};

/* fuzzer_open() - Load programs. @which tells their calls from those of others. */
void fuzzer_open(struct fuzzer *fuzzer, const char *name, uint32_t which);

/* fuzzer_close() - Unload them, if they are loaded. */
void fuzzer_close(struct fuzzer *fuzzer);

/* fuzzer_check() - Fail the case if a call has broken a rule. */
void fuzzer_check(const struct fuzzer *fuzzer);

/* fuzzers_calls() - How many calls there were. */
uint64_t fuzzers_calls(const struct fuzzer *fuzzers, int n);

/* fuzzers_look() - Tell the programs which interfaces and sessions the current namespace has now.
 */
void fuzzers_look(struct fuzzer *fuzzers, int n);

/*
 * check_coverage() - Print how often each call was done and refused since the case began, and fail
 * it if one was never done.
 */
void check_coverage(const struct fuzzer *fuzzers, int n);

/* dice.c */
struct dice {
	uint64_t state;
};

/* dice_begin() - Begin a generator for a part of what is drawn. */
void dice_begin(struct dice *dice, uint32_t part);

uint32_t dice_roll(struct dice *dice);

/* frames.c */

#define FRAME_MOST 8000 /* bytes of a frame */
#define FRAME_LINEAR_MOST 3000 /* what a test run takes in one buffer */

/* keys_read() - Read the session of R1 for frames, if it has one. In R1's namespace. */
void keys_read(void);

/* keys_local(), keys_remote() - Receiver indices of that session. */
uint32_t keys_local(void);
uint32_t keys_remote(void);

/*
 * frame_draw() - Make a frame. Any thread may do that.
 * @data: takes at most FRAME_MOST bytes
 *
 * Return: its length, in bytes, @most at most.
 */
uint32_t frame_draw(struct dice *dice, uint8_t *data, uint32_t most);

/* changes.c */

/* changes_begin() - Have things taken away and brought back, beside what is done meanwhile. */
void changes_begin(uint32_t part);

/* changes_done() - How many were. Fails the case if they have come to an end. */
uint32_t changes_done(void);

/* changes_end() - Wait for the last one, and fail the case if one of them was not possible. */
void changes_end(void);

/* changes_abort() - The same for a case that has failed; brings back what there is. */
void changes_abort(void);

/* runs.c */
void test_runs(const void *arg);
void runs_abort(void);

/* traffic.c; traffic_calls() - How many of the calls it makes. */
uint64_t traffic_calls(void);
void test_traffic(const void *arg);
void traffic_abort(void);

#endif /* TESTS_FUZZ_TESTS_H */
