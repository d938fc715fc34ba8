/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_DIAGNOSE_H
#define LIB_DIAGNOSE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "netns/snapshot_types.h"

/* Why packets do not take the fast path: conclusions from a snapshot of the network namespace. */

struct diagnosis_finding {
	char text[256]; /* one sentence without a full stop */
	bool blocking; /* because of this alone, no packet at all can take the fast path */
};

#define DIAGNOSIS_MAX_FINDINGS 16

struct diagnosis {
	struct diagnosis_finding findings[DIAGNOSIS_MAX_FINDINGS];
	size_t count;
};

/*
 * diagnose() - Find what keeps packets from the fast path.
 * @diagnosis: written, as many findings as it has room for
 *
 * Without a WireGuard device that is up there is no other finding than that.
 */
void diagnose(const struct snapshot *snapshot, struct diagnosis *diagnosis);

/*
 * diagnose_reason() - The best explanation for no packet taking the fast path: the first finding
 * that is blocking, or else the first. Return: NULL if nothing was found.
 */
const struct diagnosis_finding *diagnose_reason(const struct diagnosis *diagnosis);

#endif /* LIB_DIAGNOSE_DIAGNOSE_H */
