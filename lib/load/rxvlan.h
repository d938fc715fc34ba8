/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_LOAD_RXVLAN_H
#define LIB_LOAD_RXVLAN_H

#include <stdbool.h>

#include <xdp/libxdp.h>

#include "attach/attachment.h"
#include "state/state.h"

/*
 * Some interfaces take something off a packet before XDP sees it: the VLAN tag, and the work of
 * a checksum that is not computed yet. Before tc sees packets, several may have become one.
 */

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
 * Needs the lock.
 */
void rxvlan_restore(const struct state *state, const struct attachment_list *attached);

/*
 * offload_partial_checksums() - Whether packets may arrive whose checksum is yet to be computed.
 * @mode: that our program is attached in
 *
 * XDP cannot tell them from others.
 */
bool offload_partial_checksums(const char *ifname, enum xdp_attach_mode mode);

/* offload_merges() - Whether GRO merges the packets that arrive at an interface. */
bool offload_merges(const char *ifname);

#endif /* LIB_LOAD_RXVLAN_H */
