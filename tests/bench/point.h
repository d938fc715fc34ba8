/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_POINT_H
#define BENCH_POINT_H

#include <stdint.h>

struct point;

/*
 * point_open() - Make a measuring point where packets arrive: they are counted and dropped there.
 * @ifname: interface of the current network namespace
 * @length: frames that are shorter are none of ours
 */
struct point *point_open(const char *ifname, int length);

/* point_count() - How many have arrived until now. Costs no system call. */
uint64_t point_count(const struct point *point);

/*
 * point_wait() - Sleep until so many have arrived since the point was opened. Only for a guest with
 * one CPU.
 * @timeout: in milliseconds
 *
 * Return: 0, -ETIMEDOUT, or another negative errno.
 */
int point_wait(struct point *point, uint64_t count, int timeout);

void point_close(struct point *point);

#endif /* BENCH_POINT_H */
