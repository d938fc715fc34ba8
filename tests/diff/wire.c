// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fatal.h"
#include "input.h"
#include "wire.h"

#define QUEUE 128

static int wires[WIRES], tunnels[PEERS];

/* Frames to be sent by one socket after the other. */
static struct {
	uint8_t data[FRAME_MAX];
	struct iovec iov;
	unsigned int wire;
} queue[QUEUE];
static struct mmsghdr messages[QUEUE];
static unsigned int queued;

static void enter(const char *ns)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fatal("cannot enter the network namespace %s: %s", ns, strerror(errno));
	close(fd);
}

static int open_interface(const char *ns, const char *ifname)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int size = 16 << 20, one = 1, fd;

	enter(ns);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fatal("no packet socket: %s", strerror(errno));
	address.sll_ifindex = if_nametoindex(ifname);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		fatal("cannot capture on %s: %s", ifname, strerror(errno));
	return fd;
}

void wire_open(void)
{
	wires[POINT_A] = open_interface("diff-a", "a-r1");
	wires[POINT_W] = open_interface("diff-w", "w-r1");
	wires[WIRE_R2] = open_interface("diff-w", "w-r2");
	tunnels[PEER_4] = open_interface("diff-r2", "wg4");
	tunnels[PEER_6] = open_interface("diff-r2", "wg6");
	enter("diff-r1");
}

void wire_flush(void)
{
	unsigned int i, n;
	int sent;

	for (i = 0; i < queued; i += sent) {
		for (n = 1; i + n < queued && queue[i + n].wire == queue[i].wire; n++)
			;
		sent = sendmmsg(wires[queue[i].wire], messages + i, n, 0);
		/* R1's interface refused it, as it may. */
		if (sent < 0 && errno == ENOBUFS)
			sent = 1;
		if (sent < 0)
			fatal("cannot send a frame of %zu bytes: %s", queue[i].iov.iov_len,
			      strerror(errno));
	}
	queued = 0;
}

void wire_send(unsigned int wire, const uint8_t *frame, size_t length)
{
	if (queued == QUEUE)
		wire_flush();
	memcpy(queue[queued].data, frame, length);
	queue[queued].wire = wire;
	queue[queued].iov = (struct iovec){ queue[queued].data, length };
	messages[queued].msg_hdr =
		(struct msghdr){ .msg_iov = &queue[queued].iov, .msg_iovlen = 1 };
	queued++;
}

void wire_take(unsigned int wire,
	       void (*take)(unsigned int wire, const uint8_t *frame, size_t length, void *arg),
	       void *arg)
{
	static uint8_t data[64][2 * FRAME_MAX];
	struct iovec iov[64];
	struct mmsghdr in[64];
	int i, n;

	do {
		for (i = 0; i < 64; i++) {
			iov[i] = (struct iovec){ data[i], sizeof(data[i]) };
			in[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
		}
		n = recvmmsg(wires[wire], in, 64, 0, NULL);
		if (n < 0 && errno != EAGAIN)
			fatal("cannot take frames: %s", strerror(errno));
		for (i = 0; i < n; i++)
			take(wire, data[i], in[i].msg_len, arg);
	} while (n == 64);
}

bool wire_wait(int timeout)
{
	struct pollfd fds[WIRES];
	unsigned int i;
	int n;

	for (i = 0; i < WIRES; i++)
		fds[i] = (struct pollfd){ .fd = wires[i], .events = POLLIN };
	do
		n = poll(fds, WIRES, timeout);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static void forget(unsigned int wire, const uint8_t *frame, size_t length, void *arg)
{
	(void)wire;
	(void)frame;
	(void)length;
	(void)arg;
}

void wire_drain(unsigned int wire)
{
	wire_take(wire, forget, NULL);
}

void wire_provoke(enum peer peer)
{
	uint8_t packet[20] = {
		0x45, [3] = 20, [8] = 64, [9] = 253, [12] = 10, 2, 0, 1, 10, 1, 0, 2
	};

	if (peer == PEER_6)
		packet[14] = 128;
	if (send(tunnels[peer], packet, sizeof(packet), 0) < 0)
		fatal("R2 cannot send through its tunnel: %s", strerror(errno));
}
