// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers with little room. The buffer of a test run of XDP is a page: what is left of it behind a
 * frame is made short by a long frame, for which the network gets an MTU of its own. In front of an
 * skb there is more than any header needs, which another program takes away before.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <string.h>

#include "bpf/xdp_wg.h"
#include "narrow.skel.h"
#include "packet.h"
#include "tests/harness/run.h"

#define LARGE_TUNNEL_MTU 3500

/* Bytes of a frame that leave no room behind it. */
#define LARGEST_FRAME (4096 - 256 - 320)

static bool large;

/* The program in front of the tc program, if that is to have less headroom. */
static struct narrow *narrow;
static int headroom_now = -1;

void use_headroom(int headroom)
{
	headroom_now = headroom;
	if (headroom < 0)
		return;
	if (!narrow)
		narrow = narrow__open_and_load();
	CHECK(narrow, "the program that takes headroom away does not load");
	memset(narrow->bss, 0, sizeof(*narrow->bss));
	narrow->bss->headroom = headroom;
}

int room_prog_fd(int prog_fd)
{
	__u32 key = 0;

	if (headroom_now < 0)
		return prog_fd;
	CHECK(!bpf_map_update_elem(bpf_map__fd(narrow->maps.next_program), &key, &prog_fd, BPF_ANY),
	      "the program cannot be called by another one");
	return bpf_program__fd(narrow->progs.narrow);
}

void undo_room(void)
{
	headroom_now = -1;
	if (!large)
		return;
	large = false;
	set_tunnel_mtu(TUNNEL_MTU);
	session_enter(&r1);
	test_shell("ip link set wg0 mtu 1420 && ip link set r1-r2 mtu 1500 && "
		   "ip link set r1-a mtu 1500");
	session_enter(&r2);
	test_shell("ip link set r2-r1 mtu 1500");
}

static void make_large(void)
{
	large = true;
	set_tunnel_mtu(LARGE_TUNNEL_MTU);
	session_enter(&r2);
	test_shell("ip link set r2-r1 mtu 9000");
	session_enter(&r1);
	test_shell("ip link set r1-r2 mtu 9000 && ip link set r1-a mtu 9000 && "
		   "ip link set wg0 mtu %d",
		   LARGE_TUNNEL_MTU);
}

/* The frame is moved forward where the tail cannot grow. */
static void check_short_tail(int inner, int outer)
{
	uint32_t length;
	struct frame frame;

	use_outer(outer);
	make_large();
	for (length = LARGEST_FRAME - ETHER_HDR_LEN - 100; length <= LARGE_TUNNEL_MTU; length++) {
		host_frame(&r1, &frame, inner, length);
		check_encap(&r1, 0, &frame);
	}
	undo_room();
}

static void test_short_tail4(const void *arg)
{
	(void)arg;
	check_short_tail(0, 0);
}

static void test_short_tail6(const void *arg)
{
	(void)arg;
	check_short_tail(1, 1);
}

/* From nothing to as much as the longest headers need, with those that just do not fit. */
static const int headrooms[] = { 0, 1, 2, 16, 43, 44, 63, 64 };

#define HEADROOMS (sizeof(headrooms) / sizeof(*headrooms))

struct combination {
	const char *name;
	int inner, outer;
};

static const struct combination combinations[] = {
	{ "4-in-4", 0, 0 },
	{ "6-in-4", 1, 0 },
	{ "4-in-6", 0, 1 },
	{ "6-in-6", 1, 1 },
};

/* Whether a length is near an edge: of the padding, of a frame's least size, of the MTU. */
static bool near_edge(uint32_t length)
{
	uint32_t step = length < 80 || length > TUNNEL_MTU - 18 ? PADDING : 256;

	return (length + 1) % step < 3 || length == 46 || length == TUNNEL_MTU;
}

static uint32_t next_length(uint32_t length)
{
	do
		length++;
	while (length < TUNNEL_MTU && !near_edge(length));
	return length;
}

static uint32_t shortest(int inner)
{
	return inner ? sizeof(struct ip6_hdr) : sizeof(struct ip);
}

static void test_headroom(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame;
	uint32_t length;
	size_t i;

	use_outer(c->outer);
	for (i = 0; i < HEADROOMS; i++) {
		use_headroom(headrooms[i]);
		for (length = shortest(c->inner); length <= TUNNEL_MTU;
		     length = next_length(length)) {
			host_frame(&r1, &frame, c->inner, length);
			check_encap(&r1, 0, &frame);
		}
		host_frame(&r1, &frame, c->inner, TUNNEL_MTU + 1);
		check_pass("r1-a", &frame, XDP_WG_MTU);
	}
	use_headroom(-1);
}

/* Have the program in front try to encrypt a frame for a peer that has no key. */
static void refuse_first(const struct combination *c, const struct frame *frame, uint32_t length)
{
	uint32_t padded = (length + PADDING - 1) / PADDING * PADDING;
	uint32_t trailing = frame->length - ETHER_HDR_LEN - length;

	/* No more than the MTU, as the datapath pads. */
	if (padded > TUNNEL_MTU)
		padded = TUNNEL_MTU;
	session_enter(&r1);
	narrow->bss->device = netns_ifindex("wg0");
	inet_pton(AF_INET, "10.9.1.1", narrow->bss->address);
	narrow->bss->family = families[c->inner];
	narrow->bss->outer = sizeof(struct udphdr) + shortest(c->outer);
	narrow->bss->shift = narrow->bss->outer + MESSAGE_OVERHEAD - AEAD_TAG;
	narrow->bss->message = padded + MESSAGE_OVERHEAD;
	narrow->bss->tail = padded - length + AEAD_TAG - trailing;
	narrow->bss->refuse = 1;
	narrow->bss->reason = -1;
}

/* The frame as it comes from there, without the tc program behind. */
static void check_undone(const struct frame *frame)
{
	struct frame copy = *frame;
	__u32 key = 0;
	int verdict;

	bpf_map_delete_elem(bpf_map__fd(narrow->maps.next_program), &key);
	verdict = run_skb(bpf_program__fd(narrow->progs.narrow), netns_ifindex("r1-a"), &copy, 0);
	CHECK_EQ(verdict, TCX_NEXT);
	CHECK(narrow->bss->reason == XDP_WG_NO_KEY, "refused as %s",
	      reason_name(narrow->bss->reason));
	CHECK_EQ(copy.length, frame->length);
	CHECK_BYTES("the frame", copy.data, frame->data, frame->length);
}

/*
 * What the kernel refuses to encrypt when room has been made already is as it came: its bytes, its
 * place in the buffer, and its metadata, so that it can still be encrypted.
 */
static void test_refused(const void *arg)
{
	const struct combination *c = arg;
	struct frame frame;
	uint32_t length;
	size_t i;

	use_outer(c->outer);
	session_enter(&r1);
	test_shell("umask 077; wg set wg0 peer $(wg genkey | tee /run/topology/X.key | wg pubkey) "
		   "allowed-ips 10.9.0.0/16");
	for (i = 0; i < HEADROOMS; i++) {
		use_headroom(headrooms[i]);
		for (length = shortest(c->inner); length <= TUNNEL_MTU;
		     length = next_length(length)) {
			host_frame(&r1, &frame, c->inner, length);
			refuse_first(c, &frame, length);
			check_undone(&frame);
			check_encap(&r1, 0, &frame);
			CHECK_EQ(narrow->bss->reason, XDP_WG_NO_KEY);
		}
	}
	use_headroom(-1);
	session_enter(&r1);
	test_shell("wg set wg0 peer $(wg pubkey < /run/topology/X.key) remove");
}

void add_room_tests(void)
{
	const struct combination *c;

	add_case(XDP, test_short_tail4, NULL, "room/short-tail/4-in-4");
	add_case(XDP, test_short_tail6, NULL, "room/short-tail/6-in-6");
	for (c = combinations; c < combinations + 4; c++) {
		add_case(SKB, test_headroom, c, "room/headroom/%s", c->name);
		add_case(SKB, test_refused, c, "room/refused/%s", c->name);
	}
}
