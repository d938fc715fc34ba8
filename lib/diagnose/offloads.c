// SPDX-License-Identifier: GPL-2.0
/*
 * Offloads that change what a program sees of a packet: a checksum left to others, and GRO.
 */
#include <string.h>
#include <linux/ethtool.h>

#include "diagnose/offloads.h"
#include "util/ethtool.h"

bool offload_partial_checksums(const char *ifname, enum xdp_attach_mode mode)
{
	struct ethtool_value checksum = { .cmd = ETHTOOL_GRXCSUM };
	char driver[32];

	ethtool_driver(ifname, driver, sizeof(driver));
	if (!strcmp(driver, "veth"))
		return true;
	/* In native mode this driver turns it off itself. */
	return !strcmp(driver, "virtio_net") && mode == XDP_MODE_SKB &&
	       !ethtool(ifname, &checksum) && checksum.data;
}

bool offload_merges(const char *ifname)
{
	struct ethtool_value merges = { .cmd = ETHTOOL_GGRO };

	return !ethtool(ifname, &merges) && merges.data;
}
