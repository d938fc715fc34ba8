/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_LOAD_DISPATCHER_PINS_H
#define LIB_LOAD_DISPATCHER_PINS_H

#include <stddef.h>
#include <linux/types.h>

/*
 * leftovers_remove() - Remove the pins of dispatchers that hold our programs in memory although
 * they are attached nowhere.
 * @counters_ids: map ids of this network namespace's maps of counters
 *
 * libxdp leaves such pins when it is killed, and when an interface is removed. Needs the lock.
 * Failing is harmless.
 */
void leftovers_remove(const __u32 *counters_ids, size_t count);

/*
 * leftovers_remove_dead() - Remove the pins of our programs that count in a map of counters, of a
 * network namespace whose interfaces are gone. As leftovers_remove().
 */
void leftovers_remove_dead(__u32 counters_id);

#endif /* LIB_LOAD_DISPATCHER_PINS_H */
