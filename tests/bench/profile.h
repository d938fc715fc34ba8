/* SPDX-License-Identifier: GPL-2.0 */
/* Where the instructions of a run are spent: samples of the instruction pointer, by function. */
#ifndef BENCH_PROFILE_H
#define BENCH_PROFILE_H

#include <stdint.h>

struct profile;

/* Get ready to sample everything that the only CPU executes. */
struct profile *profile_open(void);

/* Sample, and pause: what was sampled until then is kept. Both return a negative errno. */
int profile_resume(struct profile *profile);
int profile_pause(struct profile *profile);

/*
 * Print a line for each function that was seen: its name, and its share of @cost, which is what all
 * of them cost together.
 */
int profile_print(struct profile *profile, double cost);

void profile_close(struct profile *profile);

#endif /* BENCH_PROFILE_H */
