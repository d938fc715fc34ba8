// SPDX-License-Identifier: GPL-2.0
/*
 * What the differential test has found, each in its shortest form: once, the fast path did
 * something else than the stack here. ICMP errors, which choose among next hops by what they quote,
 * are found in encap.c and decap.c, and checksums that come out as zero in encap.c and
 * unit/test_csum.c.
 */
#include "packet.h"

#define ROUTE_MTU 1300

/* What undo_found() runs. */
static const char *unmake;

void undo_found(void)
{
	const char *command = unmake;

	unmake = NULL;
	set_tunnel_mtu(TUNNEL_MTU);
	if (!command)
		return;
	session_enter(&r1);
	test_shell("%s", command);
}

static void make(const char *command, const char *undo)
{
	session_enter(&r1);
	unmake = undo;
	test_shell("%s", command);
}

/*
 * The MTU of a route into the tunnel, which bpf_fib_lookup() does not go by: nothing larger is
 * sent, and what is sent is not padded to more.
 */
static void check_route_mtu_encap(int inner, const char *make_route, const char *unmake_route)
{
	struct frame frame;
	uint32_t length;

	use_outer(0);
	make(make_route, unmake_route);
	set_tunnel_mtu(ROUTE_MTU);
	for (length = ROUTE_MTU - 17; length <= ROUTE_MTU; length++) {
		host_frame(&r1, &frame, inner, length);
		check_encap(&r1, 0, &frame);
	}
	host_frame(&r1, &frame, inner, ROUTE_MTU + 1);
	check_pass("r1-a", &frame, XDP_WG_MTU);
	undo_found();
	check_encap(&r1, 0, &frame);
}

static void test_route_mtu_encap4(const void *arg)
{
	(void)arg;
	check_route_mtu_encap(0, "ip route add 10.2.0.2/32 dev wg0 mtu 1300",
			      "ip route del 10.2.0.2/32 dev wg0");
}

static void test_route_mtu_encap6(const void *arg)
{
	(void)arg;
	check_route_mtu_encap(1, "ip -6 route add fd00:2::2/128 dev wg0 mtu 1300",
			      "ip -6 route del fd00:2::2/128 dev wg0");
}

/* The same for a packet out of the tunnel. */
static void check_route_mtu_decap(int inner, const char *make_route, const char *unmake_route)
{
	struct frame frame, packet;

	use_outer(0);
	make(make_route, unmake_route);
	inner_packet(&r2, &packet, inner, ROUTE_MTU);
	message_frame(&r1, &frame, &packet);
	check_decap(&r1, &frame, &packet, 0);
	inner_packet(&r2, &packet, inner, ROUTE_MTU + 1);
	message_frame(&r1, &frame, &packet);
	session_enter(&r1);
	check_pass("r1-r2", &frame, XDP_WG_MTU);
	undo_found();
	check_decap(&r1, &frame, &packet, 0);
}

static void test_route_mtu_decap4(const void *arg)
{
	(void)arg;
	check_route_mtu_decap(0, "ip route add 10.1.0.2/32 dev r1-a mtu 1300",
			      "ip route del 10.1.0.2/32 dev r1-a");
}

static void test_route_mtu_decap6(const void *arg)
{
	(void)arg;
	check_route_mtu_decap(1, "ip -6 route add fd00:1::2/128 dev r1-a mtu 1300",
			      "ip -6 route del fd00:1::2/128 dev r1-a");
}

void add_found_tests(enum kind kind)
{
	add_case(kind, test_route_mtu_encap4, NULL, "found/route-mtu/encap-4");
	add_case(kind, test_route_mtu_encap6, NULL, "found/route-mtu/encap-6");
	add_case(kind, test_route_mtu_decap4, NULL, "found/route-mtu/decap-4");
	add_case(kind, test_route_mtu_decap6, NULL, "found/route-mtu/decap-6");
}
