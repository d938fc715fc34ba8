/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_NETDEV_H
#define LIB_UTIL_NETDEV_H

#include <stdbool.h>

#include <xdp/libxdp.h>

/* What the driver of an interface can do, and what it does. */
struct netdev_xdp {
	bool native; /* runs XDP programs */
	bool transmit; /* transmits the frames that XDP redirects to it */
	enum xdp_attach_mode attached; /* XDP_MODE_UNSPEC: nothing is */
};

/* netdev_xdp() - Ask the kernel. Return: 0, or a negative errno. */
int netdev_xdp(int ifindex, struct netdev_xdp *xdp);

/* mode_name() - "native", "skb", "hw" or "unspecified". The string is static. */
const char *mode_name(enum xdp_attach_mode mode);

/* mode_parse() - The opposite of mode_name(). Return: whether there is such a mode. */
bool mode_parse(const char *name, enum xdp_attach_mode *mode);

#endif /* LIB_UTIL_NETDEV_H */
