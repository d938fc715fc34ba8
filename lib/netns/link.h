/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_NETNS_LINK_H
#define LIB_NETNS_LINK_H

#include "netns/snapshot_types.h"
#include "util/netlink.h"

/*
 * link_collect() - Find all interfaces.
 * @route: a socket of NETLINK_ROUTE
 * @snapshot: they are added to it; what else there is to know about them is left at 0
 *
 * Return: 0, or a negative errno.
 */
int link_collect(struct netlink *route, struct snapshot *snapshot);

/*
 * link_collect_forwarding() - Find out which packets the interfaces of a snapshot forward.
 * Return: 0, or a negative errno.
 */
int link_collect_forwarding(struct netlink *route, struct snapshot *snapshot);

#endif /* LIB_NETNS_LINK_H */
