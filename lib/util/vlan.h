/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_VLAN_H
#define LIB_UTIL_VLAN_H

#include <stdbool.h>
#include <net/if.h>

/*
 * vlan_port() - The interface that a VLAN interface is on, at the end if it is on others.
 * @port: takes its name
 *
 * Return: whether it is a VLAN interface.
 */
bool vlan_port(const char *ifname, char port[IF_NAMESIZE]);

#endif /* LIB_UTIL_VLAN_H */
