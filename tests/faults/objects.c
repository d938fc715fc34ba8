// SPDX-License-Identifier: GPL-2.0
/*
 * objects [IFNAME...]: what BPF objects the kernel has, what is pinned, and of these interfaces the
 * XDP program and whether VLAN tags are taken off before it. A line each, in an order that repeats:
 * two runs between which nothing was left behind print the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define PINS "/sys/fs/bpf"
#define DIRECTORIES 16

static void die(const char *what)
{
	fprintf(stderr, "objects: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void print_ids(const char *kind, int (*next)(__u32 id, __u32 *next_id))
{
	__u32 id = 0;

	while (!next(id, &id))
		printf("%s %u\n", kind, id);
	if (errno != ENOENT)
		die(kind);
}

static int print_pin(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	printf("pin %s\n", path);
	return 0;
}

static void print_interface(int fd, const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq request = { .ifr_data = (char *)&value };
	__u32 id = 0;

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if (ioctl(fd, SIOCETHTOOL, &request) || bpf_xdp_query_id(if_nametoindex(name), 0, &id))
		die(name);
	printf("%s: XDP program %u, rxvlan %s\n", name, id,
	       value.data & ETH_FLAG_RXVLAN ? "on" : "off");
}

int main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	print_ids("program", bpf_prog_get_next_id);
	print_ids("map", bpf_map_get_next_id);
	print_ids("link", bpf_link_get_next_id);
	if (nftw(PINS, print_pin, DIRECTORIES, FTW_PHYS))
		die(PINS);
	for (int i = 1; i < argc; i++)
		print_interface(fd, argv[i]);
	close(fd);
	return 0;
}
