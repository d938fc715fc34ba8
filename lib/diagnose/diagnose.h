/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_DIAGNOSE_H
#define LIB_DIAGNOSE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/snapshot_types.h"

/* Why packets do not go fast: conclusions from a snapshot of the network namespace alone. */

struct diagnosis_finding {
	char text[256]; /* one sentence without a full stop */
	bool blocking; /* because of this alone, no packet at all can go fast */
};

#define DIAGNOSIS_MAX_FINDINGS 16

struct diagnosis {
	struct diagnosis_finding findings[DIAGNOSIS_MAX_FINDINGS];
	size_t count;
};

/* diagnose() - Draw conclusions. What hides others comes first. */
void diagnose(const struct snapshot *snapshot, struct diagnosis *diagnosis);

/*
 * diagnosis_reason() - The best explanation for nothing going fast: the first finding that is
 * blocking, or else the first. Return: NULL if nothing was found.
 */
const struct diagnosis_finding *diagnosis_reason(const struct diagnosis *diagnosis);

#endif /* LIB_DIAGNOSE_DIAGNOSE_H */
