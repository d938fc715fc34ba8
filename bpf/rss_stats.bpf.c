// SPDX-License-Identifier: GPL-2.0
/*
 * What became of the packets that an RSS program chose a CPU for. Neither it nor the program on the
 * CPU can know: the kernel tells by tracepoints.
 */

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "rss_lanes.h"
#include "xdp_wg.h"

const volatile struct xdp_wg_queues queues SEC(XDP_WG_QUEUES_SECTION) = {};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XDP_WG_MAX_CPUS);
	__type(key, __u32);
	__type(value, struct xdp_wg_queue);
} xdp_wg_queues SEC(".maps");

struct bpf_prog_aux {
	__u32 id;
} __attribute__((preserve_access_index));

struct bpf_prog {
	struct bpf_prog_aux *aux;
} __attribute__((preserve_access_index));

static __always_inline struct xdp_wg_queue *queue_of(__u32 cpu)
{
	return bpf_map_lookup_elem(&xdp_wg_queues, &cpu);
}

/* Told once for each batch. Those that did not fit are among those processed. */
SEC("tp_btf/xdp_cpumap_enqueue")
int BPF_PROG(wg_enqueue, int map_id, unsigned int processed, unsigned int drops, int to_cpu)
{
	struct xdp_wg_queue *queue;
	struct rss_lane *lane;
	__u32 to = to_cpu;

	if ((__u32)map_id != queues.cpumap)
		return 0;
	lane = bpf_map_lookup_elem(&rss_lanes, &to);
	if (lane && drops)
		lane->lost = bpf_jiffies64();
	queue = queue_of(to_cpu);
	if (queue) {
		queue->queued += processed - drops;
		queue->lost += drops;
	}
	return 0;
}

SEC("tp_btf/xdp_redirect_err")
int BPF_PROG(wg_redirect_err, const void *dev, const struct bpf_prog *xdp, const void *target,
	     int err, __u32 map_type, __u32 map_id, __u32 index)
{
	struct xdp_wg_queue *queue;

	if (map_type == BPF_MAP_TYPE_CPUMAP && map_id == queues.cpumap) {
		queue = queue_of(index);
		if (queue)
			queue->lost++;
	} else if (xdp->aux->id == queues.prog) {
		queue = queue_of(bpf_get_smp_processor_id());
		if (queue)
			queue->failed++;
	}
	return 0;
}

/* Told when a batch is over, and what came out of it has been sent. */
SEC("tp_btf/xdp_cpumap_kthread")
int BPF_PROG(wg_batch, int map_id)
{
	__u32 key = 0, *batches;

	if ((__u32)map_id != queues.cpumap)
		return 0;
	batches = bpf_map_lookup_elem(&rss_batches, &key);
	if (batches)
		(*batches)++;
	return 0;
}

char _license[] SEC("license") = "GPL";
