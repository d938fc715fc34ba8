/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_LOAD_RXVLAN_H
#define LIB_LOAD_RXVLAN_H

#include "attach/attachment.h"
#include "state/state.h"

/*
 * rxvlan_disable() - Make an interface leave VLAN tags in the packets, where XDP can see them.
 *
 * What is changed is recorded in the state's directory first, which must exist. Needs the lock.
 * It is no error if the interface cannot do it, but a warning is printed.
 */
void rxvlan_disable(const struct state *state, int ifindex, const char *ifname);

/*
 * rxvlan_restore() - Undo rxvlan_disable() on all interfaces that have none of our XDP programs.
 * @attached: all of our programs in the network namespace
 *
 * Needs the lock. Return: 0, or a negative errno, with a warning printed and what could not be done
 * for want of memory left to be done.
 */
int rxvlan_restore(const struct state *state, const struct attachment_list *attached);

#endif /* LIB_LOAD_RXVLAN_H */
