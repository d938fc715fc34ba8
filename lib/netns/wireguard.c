// SPDX-License-Identifier: GPL-2.0
/*
 * The peers of WireGuard devices, and their sessions.
 */
#include <time.h>
#include <linux/genetlink.h>
#include <linux/time_types.h>
#include <linux/wireguard.h>

#include "netns/wireguard.h"
#include "netns/route.h"

/* A session older than this encrypts nothing any more (REJECT_AFTER_TIME). */
#define SESSION_SECONDS 180

struct collection {
	struct netlink *route;
	struct snapshot *snapshot;
	struct snapshot_device *device;
	__u32 fwmark; /* of the device: the kernel tells it before the peers */
};

static void read_peer(const struct collection *collection, const struct nlattr *peer)
{
	const struct nlattr *table[WGPEER_A_MAX + 1], *endpoint;
	const struct __kernel_timespec *handshake;

	netlink_nested(peer, table, WGPEER_A_MAX);
	/* A message that only continues the allowed IPs of a peer does not repeat the rest. */
	if (!table[WGPEER_A_LAST_HANDSHAKE_TIME])
		return;

	collection->device->peers++;
	handshake = mnl_attr_get_payload(table[WGPEER_A_LAST_HANDSHAKE_TIME]);
	if (handshake->tv_sec && time(NULL) - handshake->tv_sec < SESSION_SECONDS)
		collection->device->sessions++;
	endpoint = table[WGPEER_A_ENDPOINT];
	if (endpoint)
		route_collect_egress(collection->route, collection->snapshot,
				     mnl_attr_get_payload(endpoint),
				     mnl_attr_get_payload_len(endpoint), collection->fwmark);
}

static int read_device(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[WGDEVICE_A_MAX + 1], *peer;
	struct collection *collection = data;

	netlink_attributes(message, sizeof(struct genlmsghdr), table, WGDEVICE_A_MAX);
	if (table[WGDEVICE_A_FWMARK])
		collection->fwmark = mnl_attr_get_u32(table[WGDEVICE_A_FWMARK]);
	if (table[WGDEVICE_A_PEERS])
		mnl_attr_for_each_nested(peer, table[WGDEVICE_A_PEERS])
			read_peer(collection, peer);
	return MNL_CB_OK;
}

static int collect_peers(struct netlink *generic, __u16 family, struct collection *collection)
{
	const struct genlmsghdr header = { .cmd = WG_CMD_GET_DEVICE, .version = WG_GENL_VERSION };
	union netlink_request request;

	netlink_start(&request, family, &header, sizeof(header));
	mnl_attr_put_u32(&request.message, WGDEVICE_A_IFINDEX, collection->device->ifindex);
	return netlink_request(generic, &request, NLM_F_DUMP, read_device, collection);
}

int wireguard_collect(struct netlink *route, struct snapshot *snapshot)
{
	struct netlink generic = {};
	__u16 family = 0;
	int err;

	err = netlink_open(&generic, NETLINK_GENERIC);
	for (size_t i = 0; !err && i < snapshot->count; i++) {
		struct collection collection = {
			.route = route,
			.snapshot = snapshot,
			.device = &snapshot->devices[i],
		};

		if (!collection.device->wireguard)
			continue;
		/* Where there is no device, the module may not be there. */
		if (!family)
			err = netlink_family(&generic, WG_GENL_NAME, &family);
		if (!err)
			err = collect_peers(&generic, family, &collection);
	}
	netlink_close(&generic);
	return err;
}
