/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that only look random: the same seed gives the same frames on every machine.
 */
#ifndef DIFF_RANDOM_H
#define DIFF_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
	bool flows; /* more frames are of flows that rules let through */
};

/* SplitMix64, by Steele, Lea and Flood. */
static inline uint64_t dice_next(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A number below n. */
static inline uint32_t dice_below(struct dice *dice, uint32_t n)
{
	return (dice_next(dice) >> 32) * n >> 32;
}

/* A number from first to last. */
static inline uint32_t dice_range(struct dice *dice, uint32_t first, uint32_t last)
{
	return first + dice_below(dice, last - first + 1);
}

/* True once in n times. */
static inline bool dice_once_in(struct dice *dice, uint32_t n)
{
	return !dice_below(dice, n);
}

/* One of the elements of an array. */
#define dice_pick(dice, array) ((array)[dice_below(dice, sizeof(array) / sizeof(*(array)))])

#endif /* DIFF_RANDOM_H */
