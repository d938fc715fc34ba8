/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DIFF_SECONDS_H
#define DIFF_SECONDS_H

#include <time.h>

/* seconds() - What the clock says that is never set. */
static inline double seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

#endif /* DIFF_SECONDS_H */
