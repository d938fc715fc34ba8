/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU has redirected and not yet given to the drivers: it does that when it has enough for
 * one, and when a poll is over.
 */
#ifndef BPF_PENDING_H
#define BPF_PENDING_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* The kernel's own, of which only the names count; and a flag, which has none in BTF. */
#define BPF_RI_F_DEV_MAP_INIT (1U << 3)

struct list_head {
	struct list_head *next;
} __attribute__((preserve_access_index));

struct bpf_redirect_info {
	__u32 kern_flags;
} __attribute__((preserve_access_index));

struct bpf_net_context {
	struct bpf_redirect_info ri;
	struct list_head dev_map_flush_list;
} __attribute__((preserve_access_index));

struct task_struct {
	struct bpf_net_context *bpf_net_context;
} __attribute__((preserve_access_index));

/* Whether frames that were redirected to a device wait on this CPU. */
static __always_inline int is_sending(void)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	struct bpf_net_context *context = task->bpf_net_context;

	if (!context || !(context->ri.kern_flags & BPF_RI_F_DEV_MAP_INIT))
		return 0;
	return context->dev_map_flush_list.next != &context->dev_map_flush_list;
}

#endif /* BPF_PENDING_H */
