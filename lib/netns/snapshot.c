// SPDX-License-Identifier: GPL-2.0
/*
 * A snapshot of the network namespace: interfaces, forwarding, routes to WireGuard devices, and the
 * sessions of their peers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <linux/genetlink.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <linux/time_types.h>
#include <linux/wireguard.h>
#include <linux/xfrm.h>

#include "util/netdev.h"
#include "netns/snapshot.h"
#include "util/netlink.h"

/* A session older than this encrypts nothing any more (REJECT_AFTER_TIME). */
#define SESSION_SECONDS 180

struct collection {
	struct snapshot *snapshot;
	struct netlink route;
	struct netlink generic;
	enum family family; /* of the request at hand */
	struct snapshot_device *device; /* likewise */
	__u32 fwmark; /* likewise */
	int err;
};

static const unsigned char address_families[FAMILY_COUNT] = {
	[FAMILY_IPV4] = AF_INET,
	[FAMILY_IPV6] = AF_INET6,
};

static bool kind_is(const struct nlattr *link_info, const char *kind)
{
	const struct nlattr *table[IFLA_INFO_MAX + 1];

	if (!link_info)
		return false;
	netlink_nested(link_info, table, IFLA_INFO_MAX);
	return table[IFLA_INFO_KIND] && !strcmp(mnl_attr_get_str(table[IFLA_INFO_KIND]), kind);
}

static int read_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFLA_MAX + 1];
	struct collection *collection = data;
	struct snapshot *snapshot = collection->snapshot;
	struct snapshot_device *devices;

	devices = realloc(snapshot->devices, (snapshot->count + 1) * sizeof(*devices));
	if (!devices) {
		collection->err = -ENOMEM;
		return MNL_CB_STOP;
	}
	snapshot->devices = devices;
	devices += snapshot->count++;

	netlink_attributes(message, sizeof(*header), table, IFLA_MAX);
	memset(devices, 0, sizeof(*devices));
	devices->ifindex = header->ifi_index;
	if (table[IFLA_IFNAME])
		strncpy(devices->name, mnl_attr_get_str(table[IFLA_IFNAME]),
			sizeof(devices->name) - 1);
	devices->up = header->ifi_flags & IFF_UP;
	devices->ethernet = header->ifi_type == ARPHRD_ETHER &&
			    !kind_is(table[IFLA_LINKINFO], "ifb");
	devices->wireguard = kind_is(table[IFLA_LINKINFO], "wireguard");
	devices->veth = kind_is(table[IFLA_LINKINFO], "veth");
	return MNL_CB_OK;
}

static int collect_links(struct collection *collection)
{
	const struct ifinfomsg header = {};
	union netlink_request request;
	int err;

	netlink_start(&request, RTM_GETLINK, &header, sizeof(header));
	err = netlink_request(&collection->route, &request, NLM_F_DUMP, read_link, collection);
	return err ? err : collection->err;
}

static int read_forwarding(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[NETCONFA_MAX + 1];
	struct collection *collection = data;
	struct snapshot_device *device;

	netlink_attributes(message, sizeof(struct netconfmsg), table, NETCONFA_MAX);
	if (!table[NETCONFA_IFINDEX] || !table[NETCONFA_FORWARDING])
		return MNL_CB_OK;
	device = snapshot_device(collection->snapshot, mnl_attr_get_u32(table[NETCONFA_IFINDEX]));
	if (device)
		device->forwards[collection->family] =
			mnl_attr_get_u32(table[NETCONFA_FORWARDING]);
	return MNL_CB_OK;
}

static int collect_forwarding(struct collection *collection)
{
	const struct netconfmsg header = { .ncm_family = address_families[collection->family] };
	union netlink_request request;

	netlink_start(&request, RTM_GETNETCONF, &header, sizeof(header));
	return netlink_request(&collection->route, &request, NLM_F_DUMP, read_forwarding,
			       collection);
}

static int read_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct collection *collection = data;

	if (header->rtm_type == RTN_UNICAST && header->rtm_table != RT_TABLE_LOCAL)
		collection->device->routed[collection->family] = true;
	return MNL_CB_OK;
}

/* The kernel lists only the routes that lead to the device. */
static int collect_routes(struct collection *collection)
{
	const struct rtmsg header = { .rtm_family = address_families[collection->family] };
	union netlink_request request;

	netlink_start(&request, RTM_GETROUTE, &header, sizeof(header));
	mnl_attr_put_u32(&request.message, RTA_OIF, collection->device->ifindex);
	return netlink_request(&collection->route, &request, NLM_F_DUMP, read_route, collection);
}

static int read_egress(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[RTA_MAX + 1];
	struct collection *collection = data;
	struct snapshot_device *device;

	netlink_attributes(message, sizeof(struct rtmsg), table, RTA_MAX);
	if (!table[RTA_OIF])
		return MNL_CB_OK;
	device = snapshot_device(collection->snapshot, mnl_attr_get_u32(table[RTA_OIF]));
	if (device)
		device->carries = true;
	return MNL_CB_OK;
}

/* An endpoint without a route tells nothing: its peer may be a roaming one. */
static void collect_egress(struct collection *collection, const struct nlattr *endpoint)
{
	const struct sockaddr_in6 *ipv6 = mnl_attr_get_payload(endpoint);
	const struct sockaddr_in *ipv4 = mnl_attr_get_payload(endpoint);
	union netlink_request request;

	if (mnl_attr_get_payload_len(endpoint) == sizeof(*ipv4)) {
		const struct rtmsg header = { .rtm_family = AF_INET, .rtm_dst_len = 32 };

		netlink_start(&request, RTM_GETROUTE, &header, sizeof(header));
		mnl_attr_put(&request.message, RTA_DST, sizeof(ipv4->sin_addr), &ipv4->sin_addr);
	} else if (mnl_attr_get_payload_len(endpoint) == sizeof(*ipv6)) {
		const struct rtmsg header = { .rtm_family = AF_INET6, .rtm_dst_len = 128 };

		netlink_start(&request, RTM_GETROUTE, &header, sizeof(header));
		mnl_attr_put(&request.message, RTA_DST, sizeof(ipv6->sin6_addr), &ipv6->sin6_addr);
		if (ipv6->sin6_scope_id)
			mnl_attr_put_u32(&request.message, RTA_OIF, ipv6->sin6_scope_id);
	} else {
		return;
	}
	if (collection->fwmark)
		mnl_attr_put_u32(&request.message, RTA_MARK, collection->fwmark);
	netlink_request(&collection->route, &request, 0, read_egress, collection);
}

static void read_peer(struct collection *collection, const struct nlattr *peer)
{
	const struct nlattr *table[WGPEER_A_MAX + 1];
	const struct __kernel_timespec *handshake;

	netlink_nested(peer, table, WGPEER_A_MAX);
	/* Where a peer's allowed IPs continue in another message, the rest is not said again. */
	if (!table[WGPEER_A_LAST_HANDSHAKE_TIME])
		return;

	collection->device->peers++;
	handshake = mnl_attr_get_payload(table[WGPEER_A_LAST_HANDSHAKE_TIME]);
	if (handshake->tv_sec && time(NULL) - handshake->tv_sec < SESSION_SECONDS)
		collection->device->sessions++;
	if (table[WGPEER_A_ENDPOINT])
		collect_egress(collection, table[WGPEER_A_ENDPOINT]);
}

static int read_wireguard(const struct nlmsghdr *message, void *data)
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

static int collect_peers(struct collection *collection, __u16 family)
{
	const struct genlmsghdr header = { .cmd = WG_CMD_GET_DEVICE, .version = WG_GENL_VERSION };
	union netlink_request request;

	collection->fwmark = 0;
	netlink_start(&request, family, &header, sizeof(header));
	mnl_attr_put_u32(&request.message, WGDEVICE_A_IFINDEX, collection->device->ifindex);
	return netlink_request(&collection->generic, &request, NLM_F_DUMP, read_wireguard,
			       collection);
}

static int collect_wireguard(struct collection *collection)
{
	struct snapshot *snapshot = collection->snapshot;
	__u16 generic_family = 0;
	int err = 0;

	for (size_t i = 0; !err && i < snapshot->count; i++) {
		if (!snapshot->devices[i].wireguard)
			continue;
		collection->device = &snapshot->devices[i];
		for (int family = 0; !err && family < FAMILY_COUNT; family++) {
			collection->family = family;
			err = collect_routes(collection);
		}
		if (!err && !generic_family)
			err = netlink_family(&collection->generic, WG_GENL_NAME, &generic_family);
		if (!err)
			err = collect_peers(collection, generic_family);
	}
	return err;
}

static int read_policies(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[XFRMA_SPD_MAX + 1];
	struct snapshot *snapshot = data;
	const struct xfrmu_spdinfo *info;

	netlink_attributes(message, sizeof(__u32), table, XFRMA_SPD_MAX);
	if (!table[XFRMA_SPD_INFO])
		return MNL_CB_OK;
	info = mnl_attr_get_payload(table[XFRMA_SPD_INFO]);
	snapshot->policies_in += info->incnt;
	snapshot->policies_out += info->outcnt;
	snapshot->policies_forward += info->fwdcnt;
	return MNL_CB_OK;
}

static int read_default_policies(const struct nlmsghdr *message, void *data)
{
	const struct xfrm_userpolicy_default *policies = mnl_nlmsg_get_payload(message);
	struct snapshot *snapshot = data;

	snapshot->policies_in += policies->in == XFRM_USERPOLICY_BLOCK;
	snapshot->policies_out += policies->out == XFRM_USERPOLICY_BLOCK;
	snapshot->policies_forward += policies->fwd == XFRM_USERPOLICY_BLOCK;
	return MNL_CB_OK;
}

/* A kernel that cannot tell has none. */
static void collect_policies(struct snapshot *snapshot)
{
	const struct xfrm_userpolicy_default defaults = {};
	union netlink_request request;
	struct netlink netlink = {};
	const __u32 flags = 0;

	if (netlink_open(&netlink, NETLINK_XFRM))
		return;
	netlink_start(&request, XFRM_MSG_GETSPDINFO, &flags, sizeof(flags));
	netlink_request(&netlink, &request, 0, read_policies, snapshot);
	netlink_start(&request, XFRM_MSG_GETDEFAULT, &defaults, sizeof(defaults));
	netlink_request(&netlink, &request, 0, read_default_policies, snapshot);
	netlink_close(&netlink);
}

static void collect_xdp(struct snapshot *snapshot, const struct attachment_list *attached)
{
	for (size_t i = 0; i < attached->count; i++) {
		struct snapshot_device *device =
			snapshot_device(snapshot, attached->entries[i].ifindex);

		if (!device)
			continue;
		device->loaded = true;
		device->tc = attached->entries[i].hook == HOOK_TC;
		device->native = !device->tc && attached->entries[i].mode == XDP_MODE_NATIVE;
	}

	for (size_t i = 0; i < snapshot->count; i++) {
		struct snapshot_device *device = &snapshot->devices[i];
		struct netdev_xdp xdp;

		if (device->loaded || device->carries)
			device->transmits = netdev_xdp(device->ifindex, &xdp) || xdp.transmit;
	}
}

int snapshot_take(const struct attachment_list *attached, struct snapshot *snapshot)
{
	struct collection collection = { .snapshot = snapshot };
	int err, strict = 1;

	memset(snapshot, 0, sizeof(*snapshot));
	err = netlink_open(&collection.route, NETLINK_ROUTE);
	if (!err)
		err = netlink_open(&collection.generic, NETLINK_GENERIC);
	if (err)
		goto out;
	/* Without it, a list of routes is not filtered. */
	if (mnl_socket_setsockopt(collection.route.socket, NETLINK_GET_STRICT_CHK, &strict,
				  sizeof(strict)) < 0) {
		err = -errno;
		goto out;
	}

	err = collect_links(&collection);
	for (int family = 0; !err && family < FAMILY_COUNT; family++) {
		collection.family = family;
		err = collect_forwarding(&collection);
		/* A kernel without this family forwards nothing of it. */
		if (err == -EOPNOTSUPP)
			err = 0;
	}
	if (!err)
		err = collect_wireguard(&collection);
	if (!err)
		collect_xdp(snapshot, attached);
	if (!err)
		collect_policies(snapshot);

out:
	netlink_close(&collection.generic);
	netlink_close(&collection.route);
	if (err)
		snapshot_free(snapshot);
	return err;
}

void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->devices);
	snapshot->devices = NULL;
	snapshot->count = 0;
}
