/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_LOAD_RECONCILE_H
#define LIB_LOAD_RECONCILE_H

#include "attach/attachment.h"
#include "state/state.h"

/*
 * reconcile_before() - Make the pin of the map of counters fit what is attached, so that the next
 * program shares its map with the others and no other.
 * @attached: all of our programs in the network namespace
 *
 * Needs the lock. Return: 0, or a negative errno, with a message printed.
 */
int reconcile_before(struct state *state, const struct attachment_list *attached);

/*
 * reconcile_after() - Remove whatever is left of programs that are not attached any more, restore
 * their interfaces' offloads, and remove all traces if none is attached.
 *
 * Needs the lock. Call it after every attempt to change something, also a failed one. Return: 0, or
 * a negative errno, with a message printed: something is left then, for the next call.
 */
int reconcile_after(struct state *state);

#endif /* LIB_LOAD_RECONCILE_H */
