/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_NETNS_PORTS_H
#define LIB_NETNS_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <net/if.h>

#include "netns/snapshot_types.h"

/*
 * What interfaces are made of that are no ports: VLAN interfaces and bridges. The fast path takes
 * packets at the ports below, and sends there.
 */

/* VLAN interfaces that may be on each other, for the fast path. */
#define PORT_TAGS 2

struct port {
	char above[IF_NAMESIZE]; /* the interface that it is a port of */
	char name[IF_NAMESIZE];
	int tags[PORT_TAGS]; /* the VLANs that frames have there, outermost first; 0 for none */
};

struct port_list {
	struct port *entries;
	size_t count;
};

/*
 * ports_collect() - List the ports of all interfaces that forward, if they have any.
 * @list: for ports_free(), also after an error
 *
 * Return: 0, or -ENOMEM.
 */
int ports_collect(const struct snapshot *snapshot, struct port_list *list);

void ports_free(struct port_list *list);

/*
 * ports_below() - The ports of one interface, by its name.
 * @kind: set to what it is, in words; the string is static
 * @buf: takes their names, separated by spaces; cut short if there are very many
 *
 * Return: whether there are any.
 */
bool ports_below(const char *ifname, const char **kind, char *buf, size_t size);

#endif /* LIB_NETNS_PORTS_H */
