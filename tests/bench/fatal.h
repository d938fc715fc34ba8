/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_FATAL_H
#define BENCH_FATAL_H

#include <err.h>
#include <stdlib.h>

/* A measurement that something goes wrong in has no result. */
#define fatal(...) err(EXIT_FAILURE, __VA_ARGS__)

#endif /* BENCH_FATAL_H */
