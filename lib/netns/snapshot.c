// SPDX-License-Identifier: GPL-2.0
/*
 * A snapshot of the network namespace: what rtnetlink, WireGuard and xfrm tell about it, and what
 * is attached there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#include "netns/snapshot.h"
#include "netns/link.h"
#include "netns/route.h"
#include "netns/wireguard.h"
#include "netns/xfrm.h"
#include "program/config.h"
#include "util/netdev.h"
#include "util/netlink.h"

/* With strict checks, the kernel minds what a request for a list is restricted to. */
static int open_route(struct netlink *route)
{
	int err, strict = 1;

	err = netlink_open(route, NETLINK_ROUTE);
	if (!err && mnl_socket_setsockopt(route->socket, NETLINK_GET_STRICT_CHK, &strict,
					  sizeof(strict)) < 0)
		err = -errno;
	return err;
}

static void join_attached(struct snapshot *snapshot, const struct attachment_list *attached)
{
	for (size_t i = 0; i < attached->count; i++) {
		const struct attachment *attachment = &attached->entries[i];
		struct snapshot_device *device;

		device = snapshot_device(snapshot, attachment->ifindex);
		if (!device)
			continue;
		device->loaded = true;
		device->tc = attachment->hook == HOOK_TC;
		device->native = !device->tc && attachment->mode == XDP_MODE_NATIVE;
		device->bypasses_netfilter =
			config_bypasses(&attachment->config, XDP_WG_BYPASS_NETFILTER);
		device->bypasses_tc = config_bypasses(&attachment->config, XDP_WG_BYPASS_TC);
		device->conntrack = attachment->config.flags & XDP_WG_CONNTRACK;
	}
}

static bool carries(const struct snapshot *snapshot, const struct snapshot_device *port,
		    const struct snapshot_device *device, int depth)
{
	const struct snapshot_device *lower;

	if (device == port)
		return true;
	if (!depth)
		return false;
	if (!device->bridge) {
		lower = device->lower ? snapshot_device(snapshot, device->lower) : NULL;
		return lower && carries(snapshot, port, lower, depth - 1);
	}
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->devices[i].master == device->ifindex &&
		    carries(snapshot, port, &snapshot->devices[i], depth - 1))
			return true;
	return false;
}

bool snapshot_carries(const struct snapshot *snapshot, const struct snapshot_device *port,
		      const struct snapshot_device *device)
{
	return carries(snapshot, port, device, SNAPSHOT_DEPTH);
}

/* A driver that cannot be asked counts as one that does it. */
static bool transmits(const struct snapshot_device *port)
{
	struct netdev_xdp xdp;

	return !port->lag && !port->bridge && (netdev_xdp(port->ifindex, &xdp) || xdp.transmit);
}

/*
 * Whether any port of a device does: of a bridge that filters VLANs none, since it decides itself.
 */
static bool transmits_below(const struct snapshot *snapshot, const struct snapshot_device *device)
{
	const struct snapshot_device *port = snapshot_port(snapshot, device);

	if (!port->bridge)
		return transmits(port);
	for (size_t i = 0; i < snapshot->count && !port->filters_vlans; i++) {
		const struct snapshot_device *member = &snapshot->devices[i];

		if (member->master == port->ifindex && transmits(snapshot_port(snapshot, member)))
			return true;
	}
	return false;
}

/* Asked of where packets may leave. */
static void collect_transmit(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		struct snapshot_device *device = &snapshot->devices[i];

		if (device->loaded || device->underlay)
			device->transmits = transmits_below(snapshot, device);
	}
}

int snapshot_take(const struct attachment_list *attached, struct snapshot *snapshot)
{
	struct netlink route = {};
	int err;

	memset(snapshot, 0, sizeof(*snapshot));
	err = open_route(&route);
	if (!err)
		err = link_collect(&route, snapshot);
	if (!err)
		err = link_collect_forwarding(&route, snapshot);
	if (!err)
		err = route_collect(&route, snapshot);
	if (!err)
		err = wireguard_collect(&route, snapshot);
	netlink_close(&route);
	if (err) {
		snapshot_free(snapshot);
		return err;
	}

	xfrm_collect(snapshot);
	join_attached(snapshot, attached);
	collect_transmit(snapshot);
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->devices);
	snapshot->devices = NULL;
	snapshot->count = 0;
}
