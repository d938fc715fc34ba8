// SPDX-License-Identifier: GPL-2.0
/*
 * Interfaces, and whether they forward.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <net/if_arp.h>
#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>

#include "netns/link.h"

static bool kind_is(const struct nlattr *link_info, const char *kind)
{
	const struct nlattr *table[IFLA_INFO_MAX + 1];

	if (!link_info)
		return false;
	netlink_nested(link_info, table, IFLA_INFO_MAX);
	return table[IFLA_INFO_KIND] && !strcmp(mnl_attr_get_str(table[IFLA_INFO_KIND]), kind);
}

/* An attribute of the link's own kind, none of which has more than bridges have; or NULL. */
static const struct nlattr *of_kind(const struct nlattr *link_info, unsigned int number)
{
	const struct nlattr *info[IFLA_INFO_MAX + 1], *table[IFLA_BR_MAX + 1];

	netlink_nested(link_info, info, IFLA_INFO_MAX);
	if (!info[IFLA_INFO_DATA])
		return NULL;
	netlink_nested(info[IFLA_INFO_DATA], table, IFLA_BR_MAX);
	return table[number];
}

static bool filters_vlans(const struct nlattr *link_info)
{
	const struct nlattr *filtering = of_kind(link_info, IFLA_BR_VLAN_FILTERING);

	return filtering && mnl_attr_get_u8(filtering);
}

static int vlan_tag(const struct nlattr *link_info)
{
	const struct nlattr *id = of_kind(link_info, IFLA_VLAN_ID);

	return id ? mnl_attr_get_u16(id) : 0;
}

static int read_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFLA_MAX + 1];
	struct snapshot *snapshot = data;
	struct snapshot_device *device;

	device = realloc(snapshot->devices, (snapshot->count + 1) * sizeof(*device));
	if (!device)
		return MNL_CB_ERROR;
	snapshot->devices = device;
	device += snapshot->count++;

	netlink_attributes(message, sizeof(*header), table, IFLA_MAX);
	memset(device, 0, sizeof(*device));
	device->ifindex = header->ifi_index;
	if (table[IFLA_IFNAME])
		strncpy(device->name, mnl_attr_get_str(table[IFLA_IFNAME]),
			sizeof(device->name) - 1);
	device->up = header->ifi_flags & IFF_UP;
	device->ethernet =
		header->ifi_type == ARPHRD_ETHER && !kind_is(table[IFLA_LINKINFO], "ifb");
	device->wireguard = kind_is(table[IFLA_LINKINFO], "wireguard");
	device->veth = kind_is(table[IFLA_LINKINFO], "veth");
	device->bridge = kind_is(table[IFLA_LINKINFO], "bridge");
	device->filters_vlans = device->bridge && filters_vlans(table[IFLA_LINKINFO]);
	device->lag =
		kind_is(table[IFLA_LINKINFO], "bond") || kind_is(table[IFLA_LINKINFO], "team");
	/* What is below may be in another network namespace, and the fast path does not go there.
	 */
	if (kind_is(table[IFLA_LINKINFO], "vlan") && table[IFLA_LINK] &&
	    !table[IFLA_LINK_NETNSID]) {
		device->lower = mnl_attr_get_u32(table[IFLA_LINK]);
		device->tag = vlan_tag(table[IFLA_LINKINFO]);
	}
	if (table[IFLA_MASTER])
		device->master = mnl_attr_get_u32(table[IFLA_MASTER]);
	return MNL_CB_OK;
}

int link_collect(struct netlink *route, struct snapshot *snapshot)
{
	const struct ifinfomsg header = {};
	union netlink_request request;

	netlink_start(&request, RTM_GETLINK, &header, sizeof(header));
	return netlink_request(route, &request, NLM_F_DUMP, read_link, snapshot);
}

struct forwarding {
	struct snapshot *snapshot;
	enum family family;
};

static int read_forwarding(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[NETCONFA_MAX + 1];
	const struct forwarding *forwarding = data;
	struct snapshot_device *device;

	netlink_attributes(message, sizeof(struct netconfmsg), table, NETCONFA_MAX);
	if (!table[NETCONFA_IFINDEX] || !table[NETCONFA_FORWARDING])
		return MNL_CB_OK;
	device = snapshot_device(forwarding->snapshot, mnl_attr_get_u32(table[NETCONFA_IFINDEX]));
	if (device)
		device->forwards[forwarding->family] = mnl_attr_get_u32(table[NETCONFA_FORWARDING]);
	return MNL_CB_OK;
}

int link_collect_forwarding(struct netlink *route, struct snapshot *snapshot)
{
	int err = 0;

	for (int family = 0; !err && family < FAMILY_COUNT; family++) {
		const struct netconfmsg header = { .ncm_family = family_number(family) };
		struct forwarding forwarding = { .snapshot = snapshot, .family = family };
		union netlink_request request;

		netlink_start(&request, RTM_GETNETCONF, &header, sizeof(header));
		err = netlink_request(route, &request, NLM_F_DUMP, read_forwarding, &forwarding);
		/* A kernel without this family forwards nothing of it. */
		if (err == -EOPNOTSUPP)
			err = 0;
	}
	return err;
}
