/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The order of a flow whose packets do not all take the same way: what passes waits in WireGuard's
 * queues, and those behind would go fast and overtake, which TCP takes for a loss. So they pass as
 * well until what passed is through.
 */
#ifndef BPF_ORDER_H
#define BPF_ORDER_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "kfuncs.h"
#include "relief.h"

/*
 * A packet that passes is in no queue of WireGuard's yet: the stack takes packets in batches. For
 * so long it may be anywhere, in nanoseconds; and after so long it is through, whatever else waits.
 */
#define ORDER_SETTLES 20000000
#define ORDER_PATIENCE 250000000
/* The same for what was left to the stack since others have more time: it is well there. */
#define ORDER_RELIEVED_PATIENCE 2000000000
/* A flow that has passed nothing for so long is another one. */
#define ORDER_LASTS 1000000000
/* No poll lasts as long. What passes in one may be left in it while what goes fast leaves. */
#define ORDER_POLL 1000000

struct order_slot {
	__u64 passed; /* when the last packet passed, in nanoseconds since boot; 0: that is over */
	__u64 waited; /* when the last one did that would have overtaken it */
	__u32 relieved; /* since when the flow is left to the stack, in ticks, or 0 */
	__u32 patient; /* whether the last one that passed was left to it */
};

/* For how long that is past. Another CPU may have written it after this one looked at the time. */
static __always_inline __s64 order_since(__u64 when)
{
	__s64 since = bpf_ktime_get_ns() - when;

	return since > 0 ? since : 0;
}

/* A packet passes, and others of its flow may go fast; patient: when others have no time. */
static __always_inline void order_passed(struct order_slot *slot, __u32 patient)
{
	slot->passed = bpf_ktime_get_ns();
	slot->patient = patient;
}

/* Whether a flow that was left to the stack still is, as its CPU is used so much. */
static __always_inline int order_stays(struct order_slot *slot, __u32 percent)
{
	if (order_since(slot->passed) > ORDER_LASTS || relief_is_over(slot->relieved, percent))
		slot->relieved = 0;
	return slot->relieved != 0;
}

/* Whether a packet would overtake what has passed; those received are from the peer. */
static __always_inline int order_waits(struct order_slot *slot, struct wg_peer *peer,
				       __u32 received)
{
	__s64 patience = slot->patient ? ORDER_RELIEVED_PATIENCE : ORDER_PATIENCE;
	__s64 passed;

	if (!slot->passed)
		return 0;
	passed = order_since(slot->passed);
	if (passed < ORDER_SETTLES ||
	    (passed < patience &&
	     (bpf_wg_peer_queued(peer, received) || order_since(slot->waited) < ORDER_POLL))) {
		slot->waited = bpf_ktime_get_ns();
		return 1;
	}
	slot->passed = 0;
	return 0;
}

#endif /* BPF_ORDER_H */
