// SPDX-License-Identifier: GPL-2.0
/*
 * Routes to WireGuard devices, and to the endpoints of their peers.
 */
#include <netinet/in.h>
#include <linux/rtnetlink.h>

#include "netns/route.h"

static int read_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	bool *routed = data;

	if (header->rtm_type == RTN_UNICAST && header->rtm_table != RT_TABLE_LOCAL)
		*routed = true;
	return MNL_CB_OK;
}

static int collect_family(struct netlink *route, struct snapshot_device *device, enum family family)
{
	const struct rtmsg header = { .rtm_family = family_number(family) };
	union netlink_request request;

	netlink_start(&request, RTM_GETROUTE, &header, sizeof(header));
	mnl_attr_put_u32(&request.message, RTA_OIF, device->ifindex);
	return netlink_request(route, &request, NLM_F_DUMP, read_route, &device->routed[family]);
}

int route_collect(struct netlink *route, struct snapshot *snapshot)
{
	int err = 0;

	for (size_t i = 0; !err && i < snapshot->count; i++) {
		struct snapshot_device *device = &snapshot->devices[i];

		for (int family = 0; !err && device->wireguard && family < FAMILY_COUNT; family++)
			err = collect_family(route, device, family);
	}
	return err;
}

static int read_egress(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[RTA_MAX + 1];
	struct snapshot_device *device;

	netlink_attributes(message, sizeof(struct rtmsg), table, RTA_MAX);
	if (!table[RTA_OIF])
		return MNL_CB_OK;
	device = snapshot_device(data, mnl_attr_get_u32(table[RTA_OIF]));
	if (device)
		device->underlay = true;
	return MNL_CB_OK;
}

void route_collect_egress(struct netlink *route, struct snapshot *snapshot, const void *endpoint,
			  size_t len, __u32 fwmark)
{
	const struct sockaddr_in6 *ipv6 = endpoint;
	const struct sockaddr_in *ipv4 = endpoint;
	union netlink_request request;

	if (len == sizeof(*ipv4)) {
		const struct rtmsg header = { .rtm_family = AF_INET, .rtm_dst_len = 32 };

		netlink_start(&request, RTM_GETROUTE, &header, sizeof(header));
		mnl_attr_put(&request.message, RTA_DST, sizeof(ipv4->sin_addr), &ipv4->sin_addr);
	} else if (len == sizeof(*ipv6)) {
		const struct rtmsg header = { .rtm_family = AF_INET6, .rtm_dst_len = 128 };

		netlink_start(&request, RTM_GETROUTE, &header, sizeof(header));
		mnl_attr_put(&request.message, RTA_DST, sizeof(ipv6->sin6_addr), &ipv6->sin6_addr);
		if (ipv6->sin6_scope_id)
			mnl_attr_put_u32(&request.message, RTA_OIF, ipv6->sin6_scope_id);
	} else {
		return;
	}
	if (fwmark)
		mnl_attr_put_u32(&request.message, RTA_MARK, fwmark);
	netlink_request(route, &request, 0, read_egress, snapshot);
}
