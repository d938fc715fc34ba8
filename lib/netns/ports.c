// SPDX-License-Identifier: GPL-2.0
/*
 * What interfaces are made of that are no ports.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns/link.h"
#include "netns/ports.h"
#include "netns/snapshot.h"

static int add(struct port_list *list, const struct port *port)
{
	struct port *entries = realloc(list->entries, (list->count + 1) * sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	list->entries = entries;
	entries[list->count++] = *port;
	return 0;
}

/* Another VLAN below those that there are is outside of them. Return: whether there is room. */
static bool add_tag(struct port *port, int tag)
{
	if (port->tags[PORT_TAGS - 1])
		return false;
	memmove(port->tags + 1, port->tags, (PORT_TAGS - 1) * sizeof(*port->tags));
	port->tags[0] = tag;
	return true;
}

/* Add what is below a device, to which @port has come from above. */
static int collect_below(const struct snapshot *snapshot, const struct snapshot_device *device,
			 struct port port, int depth, struct port_list *list)
{
	const struct snapshot_device *lower;
	int err = 0;

	if (!depth)
		return 0;
	if (device->lower) {
		lower = snapshot_device(snapshot, device->lower);
		if (!lower || !add_tag(&port, device->tag))
			return 0;
		return collect_below(snapshot, lower, port, depth - 1, list);
	}
	if (!device->bridge) {
		memcpy(port.name, device->name, sizeof(port.name));
		return add(list, &port);
	}
	for (size_t i = 0; !err && i < snapshot->count; i++)
		if (snapshot->devices[i].master == device->ifindex)
			err = collect_below(snapshot, &snapshot->devices[i], port, depth - 1, list);
	return err;
}

static int collect_of(const struct snapshot *snapshot, const struct snapshot_device *device,
		      struct port_list *list)
{
	struct port port = {};

	if (!device->lower && !device->bridge)
		return 0;
	memcpy(port.above, device->name, sizeof(port.above));
	return collect_below(snapshot, device, port, SNAPSHOT_DEPTH + 1, list);
}

int ports_collect(const struct snapshot *snapshot, struct port_list *list)
{
	int err = 0;

	*list = (struct port_list){};
	for (size_t i = 0; !err && i < snapshot->count; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];

		if (device->up && (device->underlay || device->forwards[FAMILY_IPV4] ||
				   device->forwards[FAMILY_IPV6]))
			err = collect_of(snapshot, device, list);
	}
	return err;
}

void ports_free(struct port_list *list)
{
	free(list->entries);
	*list = (struct port_list){};
}

static void join(const struct port_list *list, char *buf, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < list->count && len + IF_NAMESIZE + 1 <= size; i++)
		len += snprintf(buf + len, size - len, "%s%s", i ? " " : "", list->entries[i].name);
}

bool ports_below(const char *ifname, const char **kind, char *buf, size_t size)
{
	const struct snapshot_device *device = NULL;
	struct snapshot snapshot = {};
	struct port_list list = {};
	struct netlink route = {};
	bool any = false;

	if (netlink_open(&route, NETLINK_ROUTE))
		return false;
	if (!link_collect(&route, &snapshot))
		device = snapshot_by_name(&snapshot, ifname);
	if (device && !collect_of(&snapshot, device, &list) && list.count) {
		*kind = device->bridge ? "a bridge" : "a VLAN interface";
		join(&list, buf, size);
		any = true;
	}
	ports_free(&list);
	netlink_close(&route);
	snapshot_free(&snapshot);
	return any;
}
