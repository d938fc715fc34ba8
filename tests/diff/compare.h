/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DIFF_COMPARE_H
#define DIFF_COMPARE_H

#include "pass.h"

struct verdict {
	unsigned int passed, failed;
	unsigned int printed; /* mismatches; no more than a number of them is */
	bool bypassed; /* rules that matter are bypassed: one mismatch is shown, and there must be
			*/
};

/* compare() - Compare what the two passes of a chunk have made, and print what differs. */
void compare(struct pass *without, struct pass *with, struct verdict *verdict, const char *repeat);

#endif /* DIFF_COMPARE_H */
