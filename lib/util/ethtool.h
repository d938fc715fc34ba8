/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_ETHTOOL_H
#define LIB_UTIL_ETHTOOL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * ethtool() - Have the kernel carry out one of the commands of linux/ethtool.h.
 * @command: the structure that belongs to it
 *
 * Return: 0, or a negative errno.
 */
int ethtool(const char *ifname, void *command);

/* ethtool_driver() - Write the name of an interface's driver, "" if it is not known. */
void ethtool_driver(const char *ifname, char *buf, size_t size);

/*
 * ethtool_feature() - Whether a feature such as "rx-gro-hw" is turned on. One that the kernel or
 * the driver does not know is not.
 */
bool ethtool_feature(const char *ifname, const char *feature);

#endif /* LIB_UTIL_ETHTOOL_H */
