/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_DIAGNOSE_H
#define LIB_DIAGNOSE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/xdp_wg.h"
#include "netns/snapshot_types.h"

/* Why packets do not take the fast path: conclusions from a snapshot of the network namespace. */

struct diagnosis_finding {
	char text[256]; /* one sentence without a full stop */
	bool blocking; /* because of this alone, no packet at all can take the fast path */
	bool idle; /* it comes of there being no traffic, too */
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
void diagnose(struct snapshot *snapshot, struct diagnosis *diagnosis);

/*
 * diagnose_passed() - Add what the counters tell: packets that passed, in numbers that matter, and
 * that something can be done about.
 * @counters: XDP_WG_REASON_MAX entries
 * @diagnosis: has what diagnose() found. If packets went fast, only what keeps all of them from
 * doing so now is left of that: the rest may not concern any.
 */
void diagnose_passed(const struct xdp_wg_counter *counters, struct diagnosis *diagnosis);

/*
 * diagnose_reason() - The best explanation for no packet taking the fast path: the first finding
 * that is blocking, or else the first. Return: NULL if nothing was found.
 */
const struct diagnosis_finding *diagnose_reason(const struct diagnosis *diagnosis);

#endif /* LIB_DIAGNOSE_DIAGNOSE_H */
