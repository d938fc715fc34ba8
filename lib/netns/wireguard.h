/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_NETNS_WIREGUARD_H
#define LIB_NETNS_WIREGUARD_H

#include "netns/snapshot_types.h"
#include "util/netlink.h"

/*
 * wireguard_collect() - Count the peers of the WireGuard devices of a snapshot and their sessions,
 * and find the interfaces by which packets to the peers leave.
 * @route: a socket of NETLINK_ROUTE
 *
 * Return: 0, or a negative errno.
 */
int wireguard_collect(struct netlink *route, struct snapshot *snapshot);

#endif /* LIB_NETNS_WIREGUARD_H */
