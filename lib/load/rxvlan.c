// SPDX-License-Identifier: GPL-2.0
/*
 * The offload that takes VLAN tags off packets before XDP sees them.
 *
 * A record is an empty directory rxvlan-IFINDEX beside the pins, since the BPF file system takes
 * no other files. It is made before the offload is turned off and removed after it is turned on,
 * so that it is there whenever there is something to restore.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/stat.h>
#include <linux/ethtool.h>

#include "load/rxvlan.h"
#include "state/devices.h"
#include "state/pins.h"
#include "util/ethtool.h"
#include "util/log.h"

#define RECORD "rxvlan-"

/* The flag of a fixed feature can be written, but does not change: so it is read again. */
static int set_rxvlan(const char *ifname, bool on)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };
	__u32 flags;
	int err;

	err = ethtool(ifname, &value);
	if (err)
		return err;
	flags = on ? value.data | ETH_FLAG_RXVLAN : value.data & ~(__u32)ETH_FLAG_RXVLAN;
	value.cmd = ETHTOOL_SFLAGS;
	value.data = flags;
	err = ethtool(ifname, &value);
	if (err)
		return err;
	value.cmd = ETHTOOL_GFLAGS;
	err = ethtool(ifname, &value);
	if (!err && (value.data ^ flags) & ETH_FLAG_RXVLAN)
		err = -EOPNOTSUPP;
	return err;
}

static bool has_rxvlan(const char *ifname)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };

	return !ethtool(ifname, &value) && value.data & ETH_FLAG_RXVLAN;
}

static int record_path(const struct state *state, int ifindex, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s/" RECORD "%d", state->dir, ifindex);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

void rxvlan_disable(const struct state *state, int ifindex, const char *ifname)
{
	char record[PATH_MAX];
	bool made = false;
	int err;

	if (!has_rxvlan(ifname))
		return;

	err = record_path(state, ifindex, record, sizeof(record));
	if (!err && mkdir(record, 0700) && errno != EEXIST)
		err = -errno;
	made = !err;
	if (!err)
		err = set_rxvlan(ifname, false);
	if (!err)
		return;

	/* It may be off nevertheless, if only the answer was lost. */
	if (made && has_rxvlan(ifname))
		rmdir(record);
	log_warning("%s takes VLAN tags off before XDP sees them, and this cannot be turned off "
		    "(%s): do not use it for VLANs",
		    ifname, strerror(-err));
}

/* Return: -ENOMEM, with a warning printed, if it is still to be done. */
static int restore(const struct state *state, int ifindex)
{
	char ifname[IF_NAMESIZE] = "";
	int err;

	if (!devices_has(state, ifindex))
		return 0;
	err = if_indextoname(ifindex, ifname) ? set_rxvlan(ifname, true) : -errno;
	if (!err || err == -ENXIO || err == -ENODEV)
		return 0;
	log_warning("cannot turn rx-vlan-offload of %s (%d) on again: %s", ifname, ifindex,
		    strerror(-err));
	return err == -ENOMEM ? err : 0;
}

int rxvlan_restore(const struct state *state, const struct attachment_list *attached)
{
	int err = 0, failed;
	struct pins pins;
	const char *name;
	__u32 ifindex;

	pins_open(&pins, state->dir);
	while (pins.dir && (name = pins_next_number(&pins, RECORD, &ifindex))) {
		if (attachment_at(attached, ifindex, HOOK_XDP))
			continue;
		failed = restore(state, ifindex);
		if (!failed)
			pins_remove(&pins, name);
		else
			err = failed;
	}
	failed = pins_close(&pins);
	return err ? err : failed;
}
