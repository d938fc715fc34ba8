// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that comes when a program first asks for it. Kfuncs cannot sleep and cannot wait, so a
 * work item allocates it, and until it is there they do without.
 */

#include "bpf_memory.h"

#include <linux/container_of.h>
#include <linux/jiffies.h>

/* While there is no memory, the next attempt is made after that many seconds. */
#define AGAIN 10

/**
 * wg_bpf_memory_make - the work item of a struct wg_bpf_memory
 * @work: it
 */
void wg_bpf_memory_make(struct work_struct *work)
{
	struct wg_bpf_memory *memory = container_of(work, struct wg_bpf_memory, work.work);

	if (!memory->make())
		queue_delayed_work(system_unbound_wq, &memory->work, AGAIN * HZ);
}

/**
 * wg_bpf_memory_ask - have memory allocated, unless it is already being done
 * @memory: which
 *
 * Context: any but NMI.
 */
void wg_bpf_memory_ask(struct wg_bpf_memory *memory)
{
	if (!atomic_read(&memory->asked) && !atomic_xchg(&memory->asked, 1))
		queue_delayed_work(system_unbound_wq, &memory->work, 0);
}

/**
 * wg_bpf_memory_stop - allocate it no more
 * @memory: which
 *
 * Nobody may ask any more. What is there is the caller's to free.
 *
 * Context: may sleep.
 */
void wg_bpf_memory_stop(struct wg_bpf_memory *memory)
{
	cancel_delayed_work_sync(&memory->work);
}
