/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_LOAD_DISPATCHER_PINS_H
#define LIB_LOAD_DISPATCHER_PINS_H

#include <stddef.h>
#include <linux/types.h>

/*
 * dispatcher_pins_remove() - Remove the pins of dispatchers that hold our programs in memory
 * although they are attached nowhere.
 * @counters_ids: map ids of this network namespace's maps of counters
 *
 * libxdp leaves such pins when it is killed, and when an interface is removed. Needs the lock. What
 * cannot be told from one that is attached stays. Return: 0, or a negative errno, with a warning
 * printed.
 */
int dispatcher_pins_remove(const __u32 *counters_ids, size_t count);

/*
 * dispatcher_pins_remove_dead() - Remove the pins of our programs that count in a map of counters,
 * of a network namespace whose interfaces are gone. As dispatcher_pins_remove().
 */
int dispatcher_pins_remove_dead(__u32 counters_id);

#endif /* LIB_LOAD_DISPATCHER_PINS_H */
