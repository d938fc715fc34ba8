// SPDX-License-Identifier: GPL-2.0
/*
 * Real frames, which a packet socket sends to an interface of R1: programs run in softirq, for
 * frames and skbs as drivers and the stack make them, that are in several buffers, not linear, wait
 * for segmentation, have a checksum that is not finished, or are seen by others as well. What comes
 * in by tcx sends clones by another interface in the middle of a run, where the next program runs,
 * and that one does the same: three runs are nested.
 *
 *      FZ              R1, or a namespace FW with a WireGuard that has no session
 *     fz1 ------------ fz0    XDP; tcx ingress ---.     .--> tcx egress
 *     fy1 ------------ fy0                        `-----+--> tcx egress
 *
 * In the end fz0 is removed, or the namespace that it is in, while frames are sent.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests.h"
#include "tests/harness/harness.h"
#include "tests/harness/netns.h"
#include "tests/kfunc/session.h"

#define ROUNDS 8
#define TRAFFIC_MOST 125000
#define RUN_STEPS 8

enum place {
	AT_XDP,
	AT_INGRESS,
	AT_OTHER_EGRESS, /* of fy0 */
	AT_EGRESS,
	PLACES,
};

static struct fuzzer fuzzers[PLACES];
static int links[PLACES] = { -1, -1, -1, -1 };
static int sender = -1, tap = -1;
static pid_t remover;

/* A way for one round. */
struct round {
	const char *ns;
	bool xdp; /* at the driver's hook, or the generic one */
	bool generic;
	bool ingress;
	bool seen; /* packets are captured, too */
	bool unfinished; /* checksums are not finished, and packets wait for segmentation */
};

static void draw_round(struct dice *dice, uint32_t number, struct round *round)
{
	uint32_t r = dice_roll(dice);

	*round = (struct round){
		.ns = number % 4 == 3 ? "FW" : "R1",
		.xdp = number % 3 != 1,
		.generic = number % 8 == 2,
		.ingress = number % 3 != 0,
		.seen = r & 1,
		.unfinished = r & 2,
	};
}

static void make_network(const char *ns)
{
	session_enter(&r1);
	test_shell("ip netns add FZ && if [ %s = FW ]; then "
		   "ip netns add FW && nsenter --net=/run/netns/FW sh -c '"
		   "ip link set lo up && ip link add wg0 type wireguard && "
		   "wg set wg0 listen-port 51820 private-key /run/topology/R2.key "
		   "peer $(wg pubkey < /run/topology/R1.key) endpoint 192.0.2.1:51820 "
		   "allowed-ips 10.2.0.0/24,fd00:2::/64 && ip addr add 192.0.2.2/24 dev wg0 && "
		   "ip link set wg0 up'; fi",
		   ns);
	test_shell("for i in z y; do "
		   "ip link add f${i}0 netns %s mtu 9000 type veth peer name f${i}1 mtu 9000 "
		   "netns FZ && "
		   "nsenter --net=/run/netns/%s sh -c \"ethtool -K f${i}0 gro on && "
		   "sysctl -q -w net.ipv6.conf.f${i}0.disable_ipv6=1 && ip link set f${i}0 up\" && "
		   "nsenter --net=/run/netns/FZ sh -c \"sysctl -q -w "
		   "net.ipv6.conf.f${i}1.disable_ipv6=1 && ip link set f${i}1 up\" || exit; done",
		   ns, ns);
}

static void remove_network(void)
{
	test_shell("for ns in FW FZ; do [ ! -e /run/netns/$ns ] || ip netns del $ns; done; "
		   "nsenter --net=/run/netns/R1 sh -c 'ip link del fz0; ip link del fy0' "
		   "2> /dev/null || true");
}

static void attach(enum place place, const char *ifname, enum bpf_attach_type type, uint32_t flags)
{
	const struct fuzz_programs *programs = fuzzers[place].programs;
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
	int prog_fd = bpf_program__fd(type == BPF_XDP ? programs->progs.fuzzes_xdp
						      : programs->progs.fuzzes_skb);

	links[place] = bpf_link_create(prog_fd, netns_ifindex(ifname), type, &opts);
	CHECK(links[place] >= 0, "the program cannot be attached to %s: error %d", ifname, errno);
}

static void attach_all(const struct round *round)
{
	int i;

	netns_enter(round->ns);
	if (round->xdp)
		attach(AT_XDP, "fz0", BPF_XDP,
		       round->generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	if (round->ingress)
		attach(AT_INGRESS, "fz0", BPF_TCX_INGRESS, 0);
	attach(AT_OTHER_EGRESS, "fy0", BPF_TCX_EGRESS, 0);
	attach(AT_EGRESS, "fz0", BPF_TCX_EGRESS, 0);
	fuzzers[AT_INGRESS].programs->bss->fuzz.nested = netns_ifindex("fy0");
	fuzzers[AT_OTHER_EGRESS].programs->bss->fuzz.nested = netns_ifindex("fz0");
	for (i = 0; i < PLACES; i++) {
		fuzzers[i].programs->bss->fuzz.generic = round->generic;
		fuzzers[i].programs->bss->fuzz.unfinished = round->unfinished;
	}
	if (round->seen)
		tap = netns_capture("fz0");
}

static void open_sender(void)
{
	int on = 1;

	netns_enter("FZ");
	sender = netns_capture("fz1");
	CHECK(!setsockopt(sender, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)),
	      "the socket takes no word on checksums");
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void detach_all(void)
{
	int i;

	for (i = 0; i < PLACES; i++)
		close_fd(&links[i]);
	close_fd(&tap);
	close_fd(&sender);
}

/* How the frame is to be sent: what a device would have to do with it, and how it lies in memory.
 */
static void draw_header(struct dice *dice, const struct round *round, uint32_t size,
			struct virtio_net_hdr *header)
{
	uint32_t r = dice_roll(dice);

	*header = (struct virtio_net_hdr){};
	/* The socket makes a packet of more than a page nonlinear behind that. */
	if (r & 1)
		header->hdr_len = MESSAGE_OFFSET + (r >> 8) % 100;
	if (header->hdr_len > size)
		header->hdr_len = size;
	if (!round->unfinished || r & 2 || size < MESSAGE_OFFSET)
		return;
	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->csum_start = 34;
	header->csum_offset = 6;
	if (r & 4) {
		header->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
		header->gso_size = 64 + (r >> 16) % 1000;
	}
}

/* Return: 0, or a negative errno. */
static int send_one(struct dice *dice, const struct round *round)
{
	static uint8_t data[FRAME_MOST];
	struct virtio_net_hdr header;
	struct iovec parts[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = data },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	parts[1].iov_len = frame_draw(dice, data, FRAME_MOST);
	draw_header(dice, round, parts[1].iov_len, &header);
	return sendmsg(sender, &message, 0) < 0 ? -errno : 0;
}

/* Until there were so many calls. In the namespace of the session. */
static void send_frames(struct dice *dice, const struct round *round, uint64_t calls)
{
	uint64_t end = fuzzers_calls(fuzzers, PLACES) + calls;
	uint32_t i, sent = 0;
	int err, j;

	for (i = 0; fuzzers_calls(fuzzers, PLACES) < end; i++) {
		if (i % 16 == 0) {
			session_enter(&r1);
			keys_read();
			netns_enter(round->ns);
			fuzzers_look(fuzzers, PLACES);
			changes_done();
		}
		err = send_one(dice, round);
		/* Not all that is drawn can be segmented, for which the kernel says ENOMEM. */
		CHECK(!err || err == -EINVAL || err == -ENOBUFS || err == -ENOMEM,
		      "sending failed: error %d", err);
		sent += !err;
		CHECK(i < 1000 || sent > i / 4, "only %u of %u frames could be sent", sent, i);
		CHECK(i < calls + 1000, "%u frames led to only %llu calls", sent,
		      (unsigned long long)(calls + fuzzers_calls(fuzzers, PLACES) - end));
		for (j = 0; j < PLACES; j++)
			fuzzer_check(&fuzzers[j]);
	}
	session_enter(&r1);
}

static void remove_beside(const char *command)
{
	fflush(stdout);
	remover = fork();
	CHECK(remover >= 0, "no process");
	if (!remover) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
}

/* The interface goes, or its namespace, while frames are on their way. */
static void send_until_gone(struct dice *dice, const struct round *round)
{
	uint32_t i, late = 0;
	int status = 0;

	/* A socket would keep its namespace. */
	close_fd(&tap);
	remove_beside(strcmp(round->ns, "FW") ? "exec nsenter --net=/run/netns/R1 ip link del fz0"
					      : "exec ip netns del FW");
	/* A namespace goes after the command has ended. */
	for (i = 0; late < 20; i++) {
		late += send_one(dice, round) == -ENXIO;
		if (i % 1000 == 999)
			usleep(1000);
		CHECK(i < 1000000, "fz0 does not go");
	}
	waitpid(remover, &status, 0);
	remover = 0;
	CHECK(!status, "fz0 could not be removed");
}

static void one_round(struct dice *dice, uint32_t number, uint64_t calls)
{
	struct round round;
	int i;

	draw_round(dice, number, &round);
	make_network(round.ns);
	attach_all(&round);
	open_sender();
	send_frames(dice, &round, calls);
	send_until_gone(dice, &round);
	detach_all();
	for (i = 0; i < PLACES; i++)
		fuzzer_check(&fuzzers[i]);
	remove_network();
}

static void close_fuzzers(void)
{
	int i;

	for (i = 0; i < PLACES; i++)
		fuzzer_close(&fuzzers[i]);
}

/* Half of the calls, but not so many that a kernel that checks itself has nothing else to do. */
uint64_t traffic_calls(void)
{
	return count / 2 < TRAFFIC_MOST ? count / 2 : TRAFFIC_MOST;
}

void test_traffic(const void *arg)
{
	static const char *const names[PLACES] = { "XDP", "ingress", "nested egress",
						   "twice nested egress" };
	struct dice dice;
	uint32_t i;

	(void)arg;
	dice_begin(&dice, 2);
	for (i = 0; i < PLACES; i++) {
		fuzzer_open(&fuzzers[i], names[i], 2 + i);
		fuzzers[i].programs->bss->fuzz.steps = RUN_STEPS;
	}
	changes_begin(1);
	for (i = 0; i < ROUNDS; i++)
		one_round(&dice, i, traffic_calls() / ROUNDS + 1);
	changes_end();
	check_coverage(fuzzers, PLACES);
	for (i = 0; i < PLACES; i++)
		CHECK(count < 2000 || fuzzers[i].programs->bss->fuzz.runs, "there was no run of %s",
		      names[i]);
	close_fuzzers();
}

void traffic_abort(void)
{
	if (remover)
		waitpid(remover, NULL, 0);
	remover = 0;
	detach_all();
	remove_network();
	close_fuzzers();
}
