// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces, and frames on real interfaces.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "netns.h"

#define RECEIVE_SECONDS 3

void netns_enter(const char *name)
{
	char path[PATH_MAX];
	int fd, err;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, "no namespace %s: the topology is not up", name);
	err = setns(fd, CLONE_NEWNET);
	close(fd);
	CHECK(!err, "cannot enter the namespace %s", name);
}

uint32_t netns_ifindex(const char *ifname)
{
	uint32_t ifindex = if_nametoindex(ifname);

	CHECK(ifindex, "no interface %s", ifname);
	return ifindex;
}

const uint8_t *netns_mac(const char *ifname)
{
	static uint8_t mac[ETH_ALEN];
	struct ifreq request = {};
	int fd, err;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", ifname);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0, "no socket");
	err = ioctl(fd, SIOCGIFHWADDR, &request);
	close(fd);
	CHECK(!err, "no MAC address of %s", ifname);
	memcpy(mac, request.ifr_hwaddr.sa_data, sizeof(mac));
	return mac;
}

int netns_capture(const char *ifname)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = netns_ifindex(ifname),
	};
	int fd;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0, "no packet socket");
	CHECK(!bind(fd, (struct sockaddr *)&address, sizeof(address)), "cannot bind to %s", ifname);
	return fd;
}

void netns_send(int fd, const struct frame *frame)
{
	ssize_t sent = send(fd, frame->data, frame->length, 0);

	CHECK(sent == (ssize_t)frame->length, "sending a frame failed: error %d", errno);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int slow(void)
{
	const char *factor = getenv("SLOW");

	return factor ? atoi(factor) : 1;
}

void netns_receive(int fd, bool (*match)(const struct frame *frame, const void *arg),
		   const void *arg, struct frame *frame)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int seconds = RECEIVE_SECONDS * slow();
	int64_t left, end = now_ms() + 1000 * seconds;
	ssize_t length;

	while ((left = end - now_ms()) > 0) {
		if (poll(&poll_fd, 1, left) != 1)
			continue;
		length = recv(fd, frame->data, sizeof(frame->data), 0);
		if (length < 0)
			continue;
		frame->length = length;
		if (match(frame, arg))
			return;
	}
	FAIL("the expected frame did not come within %d s", seconds);
}
