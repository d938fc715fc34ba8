/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_NETNS_ROUTE_H
#define LIB_NETNS_ROUTE_H

#include <linux/types.h>

#include "netns/snapshot_types.h"
#include "util/netlink.h"

/*
 * route_collect() - Find out which families have routes to the WireGuard devices of a snapshot.
 * @route: a socket of NETLINK_ROUTE with NETLINK_GET_STRICT_CHK: without that option, the kernel
 * lists the routes to all devices
 *
 * Return: 0, or a negative errno.
 */
int route_collect(struct netlink *route, struct snapshot *snapshot);

/*
 * route_collect_egress() - Find the interface by which packets to a peer leave.
 * @endpoint: of the peer, a struct sockaddr_in or sockaddr_in6
 * @len: of @endpoint in bytes
 * @fwmark: of the WireGuard device, 0 for none
 *
 * An endpoint without a route tells nothing: its peer may be a roaming one.
 */
void route_collect_egress(struct netlink *route, struct snapshot *snapshot, const void *endpoint,
			  size_t len, __u32 fwmark);

#endif /* LIB_NETNS_ROUTE_H */
