/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_LOAD_DEAD_NETNS_H
#define LIB_LOAD_DEAD_NETNS_H

#include "state/state.h"

/*
 * dead_netns_remove() - Remove the pins of other network namespaces in which none of the interfaces
 * are left, which may be because they are gone themselves.
 *
 * Needs the lock, which is one for all namespaces. Failing is harmless.
 */
void dead_netns_remove(const struct state *state);

#endif /* LIB_LOAD_DEAD_NETNS_H */
