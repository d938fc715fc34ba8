// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers with little room, and metadata. The buffer of a test run is a page: what is left of it
 * behind a frame is made short by a long frame, for which the network gets an MTU of its own.
 */
#include <string.h>

#include "packet.h"
#include "tests/lib/run.h"

#define LARGE_TUNNEL_MTU 3500

/* Bytes of a frame that leave no room behind it. */
#define LARGEST_FRAME (4096 - 256 - 320)

static bool large;

void undo_room(void)
{
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

void add_room_tests(void)
{
	add_case(XDP, test_short_tail4, NULL, "room/short-tail/4-in-4");
	add_case(XDP, test_short_tail6, NULL, "room/short-tail/6-in-6");
}
