// SPDX-License-Identifier: GPL-2.0
/*
 * What became of the packets that RSS programs queued: the kernel tells by a tracepoint, once for
 * each batch of packets for a CPU.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "xdp_wg.h"

/* Id of the cpumap: others have theirs. */
const volatile __u32 cpumap_id;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_WG_MAX_CPUS);
	__type(key, __u32);
	__type(value, struct xdp_wg_queue);
} xdp_wg_queues SEC(".maps");

SEC("tp_btf/xdp_cpumap_enqueue")
int BPF_PROG(xdp_wg_enqueue, int map_id, unsigned int processed, unsigned int drops, int to_cpu)
{
	__u32 key = to_cpu;
	struct xdp_wg_queue *queue;

	if ((__u32)map_id != cpumap_id)
		return 0;
	queue = bpf_map_lookup_elem(&xdp_wg_queues, &key);
	if (queue) {
		queue->queued += processed;
		queue->lost += drops;
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
