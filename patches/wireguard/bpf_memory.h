/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that comes when a program first asks for it, so that a WireGuard whose packets no program
 * looks at does not pay for it.
 */
#ifndef _WG_BPF_MEMORY_H
#define _WG_BPF_MEMORY_H

#include <linux/atomic.h>
#include <linux/workqueue.h>

/**
 * struct wg_bpf_memory - what is allocated once, by a work item
 * @make: allocates it, and makes it known with smp_store_release(); false if it could not be had.
 *        May sleep.
 * @asked: whether somebody has asked for it
 * @work: calls @make, until it succeeds
 */
struct wg_bpf_memory {
	bool (*make)(void);
	atomic_t asked;
	struct delayed_work work;
};

#define WG_BPF_MEMORY(name, function)                                                              \
	struct wg_bpf_memory name = {                                                              \
		.make = function,                                                                  \
		.work = __DELAYED_WORK_INITIALIZER(name.work, wg_bpf_memory_make, 0),              \
	}

void wg_bpf_memory_make(struct work_struct *work);
void wg_bpf_memory_ask(struct wg_bpf_memory *memory);
void wg_bpf_memory_stop(struct wg_bpf_memory *memory);

#endif /* _WG_BPF_MEMORY_H */
