/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters: every packet has one reason, and every reason a verdict.
 */
#ifndef BPF_COUNTERS_H
#define BPF_COUNTERS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xdp_wg.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_WG_REASON_MAX);
	__type(key, __u32);
	__type(value, struct xdp_wg_counter);
} xdp_wg_counters SEC(".maps");

static __always_inline enum verdict reason_verdict(int reason)
{
	switch (reason) {
#define REASON_VERDICT(symbol, verdict, name, words)                                               \
	case XDP_WG_##symbol:                                                                      \
		return VERDICT_##verdict;
		XDP_WG_REASONS(REASON_VERDICT)
#undef REASON_VERDICT
	}
	return VERDICT_PASS;
}

static __always_inline void count(int reason, __u32 bytes)
{
	__u32 key = reason;
	struct xdp_wg_counter *counter = bpf_map_lookup_elem(&xdp_wg_counters, &key);

	if (!counter)
		return;
	counter->packets++;
	counter->bytes += bytes;
}

#endif /* BPF_COUNTERS_H */
