// SPDX-License-Identifier: GPL-2.0
/*
 * Counters by reason, summed over the CPUs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "program/reasons.h"
#include "util/bpf_info.h"
#include "util/log.h"

#define REASON(symbol, verdict_, name_, words_)                                                    \
	[XDP_WG_##symbol] = { .verdict = VERDICT_##verdict_, .name = name_, .words = words_ },
const struct reason reasons[XDP_WG_REASON_MAX] = { XDP_WG_REASONS(REASON)
};
#undef REASON

void reasons_sum_cpus(const struct xdp_wg_counter *values, size_t cpus, struct xdp_wg_counter *sum)
{
	for (size_t cpu = 0; cpu < cpus; cpu++) {
		sum->packets += values[cpu].packets;
		sum->bytes += values[cpu].bytes;
	}
}

bool reasons_map_fits(int map_fd)
{
	struct bpf_map_info info;

	return !bpf_info_map(map_fd, &info) && info.type == BPF_MAP_TYPE_PERCPU_ARRAY &&
	       info.key_size == sizeof(__u32) && info.value_size == sizeof(struct xdp_wg_counter) &&
	       info.max_entries == XDP_WG_REASON_MAX;
}

int reasons_add_map(int map_fd, struct xdp_wg_counter *totals)
{
	struct xdp_wg_counter *values;
	int cpus, err = 0;

	cpus = libbpf_num_possible_cpus();
	if (cpus < 0) {
		log_error("cannot find out how many CPUs there are: %s", strerror(-cpus));
		return cpus;
	}
	values = calloc(cpus, sizeof(*values));
	if (!values) {
		log_error("out of memory");
		return -ENOMEM;
	}

	for (__u32 reason = 0; reason < XDP_WG_REASON_MAX; reason++) {
		err = bpf_map_lookup_elem(map_fd, &reason, values);
		if (err) {
			log_error("cannot read the counters: %s", strerror(-err));
			break;
		}
		reasons_sum_cpus(values, cpus, &totals[reason]);
	}

	free(values);
	return err;
}

__u64 reasons_verdict(const struct xdp_wg_counter *totals, enum verdict verdict)
{
	__u64 packets = 0;

	for (size_t i = 0; i < XDP_WG_REASON_MAX; i++)
		if (reasons[i].verdict == verdict)
			packets += totals[i].packets;
	return packets;
}
