// SPDX-License-Identifier: GPL-2.0
/*
 * What the ethtool interface of the kernel tells about a driver and its features.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "util/ethtool.h"

int ethtool(const char *ifname, void *command)
{
	struct ifreq request = { .ifr_data = command };
	int fd, err = 0;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	strncpy(request.ifr_name, ifname, sizeof(request.ifr_name) - 1);
	if (ioctl(fd, SIOCETHTOOL, &request))
		err = -errno;
	close(fd);
	return err;
}

void ethtool_driver(const char *ifname, char *buf, size_t size)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };

	if (ethtool(ifname, &driver))
		driver.driver[0] = '\0';
	snprintf(buf, size, "%.*s", (int)sizeof(driver.driver), driver.driver);
}

/* How many features the kernel knows, 0 if it does not tell. */
static __u32 feature_count(const char *ifname)
{
	struct {
		struct ethtool_sset_info info;
		__u32 size;
	} request = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1 << ETH_SS_FEATURES } };

	if (ethtool(ifname, &request) || !request.info.sset_mask)
		return 0;
	return request.size;
}

/* The number of a feature among @count, or a negative errno: -ENOENT if it is not among them. */
static int feature_index(const char *ifname, const char *feature, __u32 count)
{
	struct ethtool_gstrings *names;
	int index = -ENOENT, err;

	names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	if (!names)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = count;
	err = ethtool(ifname, names);
	for (__u32 i = 0; !err && i < count && i < names->len; i++)
		if (!strncmp((char *)names->data + i * ETH_GSTRING_LEN, feature, ETH_GSTRING_LEN))
			index = i;
	free(names);
	return err ? err : index;
}

bool ethtool_feature(const char *ifname, const char *feature)
{
	__u32 count = feature_count(ifname), blocks = (count + 31) / 32;
	int index = feature_index(ifname, feature, count);
	struct ethtool_gfeatures *features;
	bool on = false;

	if (index < 0)
		return false;
	features = calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	if (!features)
		return false;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = blocks;
	if (!ethtool(ifname, features) && (__u32)index / 32 < features->size)
		on = features->features[index / 32].active & 1U << index % 32;
	free(features);
	return on;
}
