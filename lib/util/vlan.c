// SPDX-License-Identifier: GPL-2.0
/*
 * VLAN interfaces, as the kernel's module for them tells.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_vlan.h>
#include <linux/sockios.h>

#include "util/vlan.h"

/* They can be on each other up to the kernel's own limit, which is less. */
#define DEPTH_MAX 16

/* Replace a name by that of the interface below. Return: whether there is one. */
static bool step_down(int fd, char name[IF_NAMESIZE])
{
	struct vlan_ioctl_args request = { .cmd = GET_VLAN_REALDEV_NAME_CMD };

	snprintf(request.device1, sizeof(request.device1), "%s", name);
	if (ioctl(fd, SIOCGIFVLAN, &request))
		return false;
	snprintf(name, IF_NAMESIZE, "%.*s", IF_NAMESIZE - 1, request.u.device2);
	return true;
}

bool vlan_port(const char *ifname, char port[IF_NAMESIZE])
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), depth = 0;

	if (fd < 0)
		return false;
	snprintf(port, IF_NAMESIZE, "%s", ifname);
	while (depth < DEPTH_MAX && step_down(fd, port))
		depth++;
	close(fd);
	return depth > 0;
}
