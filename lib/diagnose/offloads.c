// SPDX-License-Identifier: GPL-2.0
/*
 * Offloads that decide whether a packet can go fast: what its sender leaves to a device, and GRO.
 */
#include <string.h>
#include <linux/ethtool.h>

#include "diagnose/offloads.h"
#include "util/ethtool.h"

bool offload_unseen(const char *ifname, enum xdp_attach_mode mode)
{
	char driver[32];

	if (mode != XDP_MODE_SKB)
		return false;
	ethtool_driver(ifname, driver, sizeof(driver));
	return !strcmp(driver, "veth") || !strcmp(driver, "netkit");
}

bool offload_merges(const char *ifname)
{
	struct ethtool_value merges = { .cmd = ETHTOOL_GGRO };

	return !ethtool(ifname, &merges) && merges.data;
}
