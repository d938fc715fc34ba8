/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_STATE_DEVICES_H
#define LIB_STATE_DEVICES_H

#include <stdbool.h>

#include "state/state.h"

/*
 * Whether the interfaces that we were loaded on are still there. An interface index does not tell,
 * because it can be reused, and from another network namespace nobody can ask. But the kernel takes
 * a device that is unregistered, or moved to another namespace, out of every map of devices: so
 * each network namespace that we are loaded in has one pinned, which no packet ever goes by.
 */

/*
 * devices_add() - Remember an interface, before anything is attached to it. Needs the lock.
 * Return: 0, or a negative errno, with a message printed.
 */
int devices_add(const struct state *state, int ifindex, const char *ifname);

/*
 * devices_has() - Whether an interface with this index is the one that was remembered. Where
 * nothing can be remembered, it is taken to be.
 */
bool devices_has(const struct state *state, int ifindex);

/*
 * devices_keep() - Forget all but those that a function wants to keep. Needs the lock.
 * @data: for the function
 *
 * Return: 0, also if nothing was remembered, or a negative errno, with a warning printed.
 */
typedef bool (*devices_keep_fn)(int ifindex, const void *data);
int devices_keep(const struct state *state, devices_keep_fn keep, const void *data);

/*
 * devices_any() - Whether any of the interfaces that were remembered is still there.
 * Return: whether @any could be told: nothing was remembered otherwise.
 */
bool devices_any(const struct state *state, bool *any);

#endif /* LIB_STATE_DEVICES_H */
