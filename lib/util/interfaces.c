// SPDX-License-Identifier: GPL-2.0
/*
 * The interfaces given on the command line.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "util/interfaces.h"
#include "util/log.h"
#include "util/netlink.h"

#define ALTNAME_SIZE 128

static bool has(const struct interface_list *list, int ifindex)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].ifindex == ifindex)
			return true;
	return false;
}

static int read_link(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[IFLA_MAX + 1];
	struct interface *interface = data;

	netlink_attributes(message, sizeof(*header), table, IFLA_MAX);
	interface->ifindex = header->ifi_index;
	if (table[IFLA_IFNAME])
		strncpy(interface->name, mnl_attr_get_str(table[IFLA_IFNAME]),
			sizeof(interface->name) - 1);
	return MNL_CB_OK;
}

/*
 * An alternative name has room for more than if_nametoindex() takes, and no ioctl may be given one:
 * from here on an interface has the name that it has itself.
 */
static int look_up(struct netlink *route, const char *name, struct interface *interface)
{
	const struct ifinfomsg header = {};
	union netlink_request request;
	size_t len = strlen(name);

	if (!len || len >= ALTNAME_SIZE)
		return -ENODEV;
	netlink_start(&request, RTM_GETLINK, &header, sizeof(header));
	mnl_attr_put_strz(&request.message, len < IF_NAMESIZE ? IFLA_IFNAME : IFLA_ALT_IFNAME,
			  name);
	return netlink_request(route, &request, NLM_F_ACK, read_link, interface);
}

int interfaces_resolve(char **names, size_t count, struct interface_list *list)
{
	struct netlink route;
	int err = 0;

	list->count = 0;
	list->entries = calloc(count ? count : 1, sizeof(*list->entries));
	if (!list->entries) {
		log_error("out of memory");
		return -ENOMEM;
	}

	if (!count)
		return 0;
	err = netlink_open(&route, NETLINK_ROUTE);
	if (err) {
		log_error("cannot look interfaces up: %s", strerror(-err));
		return err;
	}
	for (size_t i = 0; i < count; i++) {
		struct interface interface = {};
		int failed = look_up(&route, names[i], &interface);

		if (failed == -ENODEV)
			log_error("there is no interface %s", names[i]);
		else if (failed)
			log_error("cannot look %s up: %s", names[i], strerror(-failed));
		else if (!has(list, interface.ifindex))
			list->entries[list->count++] = interface;
		err = failed ? failed : err;
	}
	netlink_close(&route);
	return err;
}

void interfaces_free(struct interface_list *list)
{
	free(list->entries);
	list->entries = NULL;
	list->count = 0;
}
