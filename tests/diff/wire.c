// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
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
#include "packet.h"
#include "wire.h"

#define QUEUE 128
#define TAG_LENGTH 4 /* IEEE 802.1Q */
#define TAG_OFFSET 12 /* behind two addresses */
#define CHOICE_END 34 /* where an IPv4 header ends */

static int wires[WIRES], tunnels[PEERS];

/* Those that send, which may be others: what they read would begin with a header as well. */
static int senders[WIRES];
static bool headers;

/* Frames to be sent by one socket after the other. */
static struct {
	struct virtio_net_hdr header;
	uint8_t data[FRAME_MAX + 2 * TAG_LENGTH];
	struct iovec iov[2];
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
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		fatal("cannot capture on %s: %s", ifname, strerror(errno));
	return fd;
}

/* A socket whose frames begin with what is left to the device. */
static int open_sender(const char *ns, const char *ifname)
{
	int fd = open_interface(ns, ifname), one = 1;

	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)))
		fatal("nothing can be left to %s: %s", ifname, strerror(errno));
	return fd;
}

void wire_open(bool leave)
{
	wires[POINT_A] = open_interface("diff-a", "a-r1");
	wires[POINT_W] = open_interface("diff-w", "w-r1");
	wires[WIRE_R2] = open_interface("diff-w", "w-r2");
	tunnels[PEER_4] = open_interface("diff-r2", "wg4");
	tunnels[PEER_6] = open_interface("diff-r2", "wg6");
	memcpy(senders, wires, sizeof(senders));
	headers = leave;
	if (leave) {
		senders[POINT_A] = open_sender("diff-a", "a-r1");
		senders[POINT_W] = open_sender("diff-w", "w-r1");
		senders[WIRE_R2] = open_sender("diff-w", "w-r2");
	}
	enter("diff-r1");
}

void wire_flush(void)
{
	unsigned int i, n;
	int sent;

	for (i = 0; i < queued; i += sent) {
		for (n = 1; i + n < queued && queue[i + n].wire == queue[i].wire; n++)
			;
		sent = sendmmsg(senders[queue[i].wire], messages + i, n, 0);
		/* R1's interface refused it, as it may. */
		if (sent < 0 && errno == ENOBUFS)
			sent = 1;
		if (sent < 0)
			fatal("cannot send a frame of %zu bytes: %s", queue[i].iov[1].iov_len,
			      strerror(errno));
	}
	queued = 0;
}

/* VLANs of R1's devices at the points, as network.sh has them. */
static const uint16_t vlans[POINTS] = { [POINT_A] = 7, [POINT_W] = 9 };
static bool tagged;

void wire_tag(bool tag)
{
	tagged = tag;
}

static void put_tag(uint8_t *frame, size_t length, uint16_t tci)
{
	memmove(frame + TAG_OFFSET + TAG_LENGTH, frame + TAG_OFFSET, length - TAG_OFFSET);
	put16(frame + TAG_OFFSET, ETH_P_8021Q);
	put16(frame + TAG_OFFSET + 2, tci);
}

/*
 * A frame's IP header chooses its tags, so that both passes have the same: what is encrypted
 * differs. Returns their length.
 */
static size_t put_tags(unsigned int wire, uint8_t *frame, size_t length)
{
	unsigned int choice = 0;
	size_t i;

	if (!tagged || wire == WIRE_R2 || length < TAG_OFFSET)
		return 0;
	for (i = TAG_OFFSET; i < length && i < CHOICE_END; i++)
		choice = choice * 31 + frame[i];
	put_tag(frame, length, (choice >> 16 & 7) << 13 | vlans[wire]);
	if (choice >> 20 & 7)
		return TAG_LENGTH;
	put_tag(frame, length + TAG_LENGTH, 5 << 13);
	return 2 * TAG_LENGTH;
}

static void enqueue(unsigned int wire, const uint8_t *frame, size_t length,
		    const struct virtio_net_hdr *header)
{
	struct iovec *iov;
	size_t tags;

	if (queued == QUEUE)
		wire_flush();
	iov = queue[queued].iov;
	memcpy(queue[queued].data, frame, length);
	tags = put_tags(wire, queue[queued].data, length);
	length += tags;
	queue[queued].header = *header;
	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		queue[queued].header.csum_start += tags;
	queue[queued].wire = wire;
	iov[0] = (struct iovec){ &queue[queued].header, sizeof(*header) };
	iov[1] = (struct iovec){ queue[queued].data, length };
	messages[queued].msg_hdr = (struct msghdr){
		.msg_iov = headers ? iov : iov + 1,
		.msg_iovlen = headers ? 2 : 1,
	};
	queued++;
}

void wire_send(unsigned int wire, const uint8_t *frame, size_t length)
{
	enqueue(wire, frame, length, &(struct virtio_net_hdr){});
}

void wire_leave(unsigned int wire, const uint8_t *frame, size_t length, uint16_t start,
		uint16_t field)
{
	enqueue(wire, frame, length,
		&(struct virtio_net_hdr){
			.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.csum_start = start,
			.csum_offset = field - start,
		});
}

/*
 * The kernel has taken a tag off the frame, and tells it beside. It becomes a difference in the
 * source address, which is R1's own and else the same in all frames.
 */
static void note_tag(struct msghdr *message, uint8_t *frame)
{
	const struct tpacket_auxdata *beside;
	struct cmsghdr *header;

	for (header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_PACKET || header->cmsg_type != PACKET_AUXDATA)
			continue;
		beside = (const struct tpacket_auxdata *)CMSG_DATA(header);
		if (!(beside->tp_status & TP_STATUS_VLAN_VALID))
			continue;
		put16(frame + 6, get16(frame + 6) ^ beside->tp_vlan_tci);
		put16(frame + 8, get16(frame + 8) ^ beside->tp_vlan_tpid);
	}
}

void wire_take(unsigned int wire,
	       void (*take)(unsigned int wire, const uint8_t *frame, size_t length, void *arg),
	       void *arg)
{
	static union {
		struct cmsghdr header;
		uint8_t space[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} beside[64];
	static uint8_t data[64][2 * FRAME_MAX];
	struct iovec iov[64];
	struct mmsghdr in[64];
	int i, n;

	do {
		for (i = 0; i < 64; i++) {
			iov[i] = (struct iovec){ data[i], sizeof(data[i]) };
			in[i].msg_hdr = (struct msghdr){
				.msg_iov = &iov[i],
				.msg_iovlen = 1,
				.msg_control = &beside[i],
				.msg_controllen = sizeof(beside[i]),
			};
		}
		n = recvmmsg(wires[wire], in, 64, 0, NULL);
		if (n < 0 && errno != EAGAIN)
			fatal("cannot take frames: %s", strerror(errno));
		for (i = 0; i < n; i++) {
			note_tag(&in[i].msg_hdr, data[i]);
			take(wire, data[i], in[i].msg_len, arg);
		}
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
