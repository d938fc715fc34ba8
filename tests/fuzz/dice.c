// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers that the seed repeats (xorshift64*).
 */
#include "tests.h"

void dice_begin(struct dice *dice, uint32_t part)
{
	dice->state = (seed * 64 + part + 1) * 0x9e3779b97f4a7c15ULL | 1;
	dice_roll(dice);
}

uint32_t dice_roll(struct dice *dice)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (dice->state * 0x2545f4914f6cdd1dULL) >> 32;
}
