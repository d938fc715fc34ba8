// SPDX-License-Identifier: GPL-2.0
/*
 * Frames with VLAN tags, for XDP: in test runs of a tc program none can be beside the packet.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/udp.h>
#include <string.h>

#include "packet.h"
#include "refused.skel.h"
#include "tests/harness/run.h"

static const struct tag vlan[] = { { ETH_P_8021Q, 7 } };
static const struct tag priority[] = { { ETH_P_8021Q, 5 << 13 } };
static const struct tag priority_and_vlan[] = { { ETH_P_8021Q, 5 << 13 },
						{ ETH_P_8021Q, 3 << 13 | 7 } };
static const struct tag two[] = { { ETH_P_8021AD, 100 }, { ETH_P_8021Q, 4094 } };
static const struct tag three[] = { { ETH_P_8021AD, 100 },
				    { ETH_P_8021Q, 4094 },
				    { ETH_P_8021Q, 7 } };
static const struct tag nobodys[] = { { ETH_P_8021Q, 8 } };
static const struct tag nobodys_second[] = { { ETH_P_8021AD, 100 }, { ETH_P_8021Q, 8 } };
static const struct tag of_other_kind[] = { { ETH_P_8021AD, 7 } };

#define TAGS(tags) { #tags, tags, sizeof(tags) / sizeof(*(tags)) }

struct tags {
	const char *name;
	const struct tag *tags;
	uint32_t count;
};

/* Those that there are devices for, and others. */
static const struct tags known[] = {
	TAGS(vlan),
	TAGS(priority),
	TAGS(priority_and_vlan),
	TAGS(two),
};
static const struct tags unknown[] = {
	TAGS(three),
	TAGS(nobodys),
	TAGS(nobodys_second),
	TAGS(of_other_kind),
};

/*
 * The devices of R1 for frames that come in by @port, and the tags of all frames. They have
 * addresses of their own, since what comes in by a device without any is the stack's where there
 * have been routing rules.
 */
static void use(const struct tags *tags, const char *port)
{
	netns_enter("R1");
	test_shell("modprobe 8021q; "
		   "ip link add link %s name tag type vlan id 7 && ip link set tag up && "
		   "ip link add link %s name outer type vlan proto 802.1ad id 100 && "
		   "ip link set outer up && "
		   "ip link add link outer name tags type vlan id 4094 && ip link set tags up && "
		   "ip addr add 10.77.0.1/32 dev tag && ip addr add 10.77.0.2/32 dev tags",
		   port, port);
	use_tags(tags->tags, tags->count);
}

void undo_tagged(void)
{
	use_tags(NULL, 0);
	netns_enter("R1");
	test_shell("{ ip link del tag; ip link del outer; } 2> /dev/null || true");
}

/* All that can be in the last bytes of a message, and the longest. */
static void test_encap(const void *arg)
{
	struct frame frame;

	use(arg, "r1-a");
	for (int outer = 0; outer < FAMILIES; outer++) {
		use_outer(outer);
		for (int inner = 0; inner < FAMILIES; inner++) {
			for (uint32_t length = 40; length < 80; length++) {
				host_frame(&r1, &frame, inner, length);
				check_encap(&r1, 0, &frame);
			}
			for (uint32_t length = TUNNEL_MTU - 20; length <= TUNNEL_MTU; length++) {
				host_frame(&r1, &frame, inner, length);
				check_encap(&r1, 0, &frame);
			}
			host_frame(&r1, &frame, inner, TUNNEL_MTU + 1);
			check_pass("r1-a", &frame, XDP_WG_MTU);
		}
	}
	undo_tagged();
}

/* Nothing is moved behind the packet, as in skb mode. */
static void test_encap_moved(const void *arg)
{
	struct frame frame;

	use(arg, "r1-a");
	use_outer(0);
	use_frames(XDP_WG_FINISHED);
	for (uint32_t length = 60; length < 80; length++) {
		host_frame(&r1, &frame, 0, length);
		check_encap(&r1, 0, &frame);
	}
	use_frames(NIC_FLAGS);
	undo_tagged();
}

/* What is passed for any reason has its tags, where they were. */
static void test_pass(const void *arg)
{
	struct frame frame;

	use(arg, "r1-a");
	use_outer(0);
	host_frame(&r1, &frame, 0, 500);
	ip_set_ttl(frame.data + ETHER_HDR_LEN, 1);
	check_pass("r1-a", &frame, XDP_WG_TTL);
	host_frame(&r1, &frame, 0, 500);
	frame.data[5] ^= 1;
	check_pass("r1-a", &frame, XDP_WG_OTHER_MAC);
	host_frame(&r1, &frame, 0, 500);
	frame.data[12] = ETHERTYPE_ARP >> 8;
	frame.data[13] = ETHERTYPE_ARP & 0xff;
	check_pass("r1-a", &frame, XDP_WG_NOT_IP);
	host_frame(&r1, &frame, 0, 500);
	frame.length = ETHER_HDR_LEN + 499;
	check_pass("r1-a", &frame, XDP_WG_MALFORMED);
	lan_frame(&r1, &frame, 0);
	frame_put_ip(&frame, "10.1.0.2", "198.51.100.1", 100);
	check_pass("r1-a", &frame, XDP_WG_NO_ROUTE);
	undo_tagged();
}

/*
 * What the kernel refuses to encrypt, for a peer that has no key, when room has been made already,
 * is as it came.
 */
static void test_refused(const void *arg)
{
	const struct tags *tags = arg;
	uint32_t length = tags->count * sizeof(uint32_t), plain, flags;
	struct frame frame, copy;
	struct refused *refused;

	refused = refused__open_and_load();
	CHECK(refused, "the program that is refused does not load");
	session_enter(&r1);
	test_shell("umask 077; wg set wg0 peer $(wg genkey | tee /run/topology/X.key | wg pubkey) "
		   "allowed-ips 10.9.0.0/16");
	refused->bss->device = netns_ifindex("wg0");
	inet_pton(AF_INET, "10.9.1.1", refused->bss->address);
	refused->bss->family = AF_INET;
	refused->bss->outer = sizeof(struct udphdr) + sizeof(struct ip);
	refused->bss->shift = refused->bss->outer + MESSAGE_OVERHEAD - AEAD_TAG - length;
	for (flags = 0; flags <= XDP_WG_END_MOVES; flags += XDP_WG_END_MOVES) {
		for (plain = 64; plain < 96; plain++) {
			host_frame(&r1, &frame, 0, plain);
			use_tags(tags->tags, tags->count);
			put_tags(&frame);
			copy = frame;
			refused->bss->message =
				(plain + PADDING - 1) / PADDING * PADDING + MESSAGE_OVERHEAD;
			refused->bss->tail =
				refused->bss->message - MESSAGE_OVERHEAD + AEAD_TAG - plain;
			refused->bss->flags = flags;
			refused->bss->reason = -1;
			CHECK_EQ(run_xdp(bpf_program__fd(refused->progs.refused),
					 netns_ifindex("r1-a"), &copy),
				 XDP_PASS);
			CHECK(refused->bss->reason == XDP_WG_NO_KEY, "refused as %s",
			      reason_name(refused->bss->reason));
			CHECK_EQ(copy.length, frame.length);
			CHECK_BYTES("the frame", copy.data, frame.data, frame.length);
		}
	}
	refused__destroy(refused);
	test_shell("wg set wg0 peer $(wg pubkey < /run/topology/X.key) remove");
	undo_tagged();
}

static void new_message(struct frame *frame, struct frame *packet, int inner, uint32_t length)
{
	inner_packet(&r2, packet, inner, length);
	message_frame(&r1, frame, packet);
	session_enter(&r1);
}

/*
 * An IPv4 endpoint has an interface, which packets with a mere priority come in by: with a message
 * that comes by a VLAN its peer moves, and that is the stack's to do. One of IPv6 has none, unless
 * its address is local to a link.
 */
static void test_decap(const void *arg)
{
	const struct tags *tags = arg;
	struct frame frame, packet;

	use(tags, "r1-r2");
	for (int outer = 0; outer < FAMILIES; outer++) {
		use_outer(outer);
		for (int inner = 0; inner < FAMILIES; inner++) {
			for (uint32_t length = 40; length < 80; length++) {
				new_message(&frame, &packet, inner, length);
				if (outer || tags->tags == priority)
					check_decap(&r1, &frame, &packet, 0);
				else
					check_pass("r1-r2", &frame, XDP_WG_ENDPOINT);
			}
		}
	}
	new_message(&frame, &packet, 0, TUNNEL_MTU);
	frame.data[frame.length - 1] ^= 1;
	check_drop("r1-r2", &frame, XDP_WG_AUTH);
	frame.data[frame.length - 1] ^= 1;
	check_decap(&r1, &frame, &packet, 0);
	undo_tagged();
}

/* What no device takes. */
static void test_nobody(const void *arg)
{
	struct frame frame;

	use(arg, "r1-a");
	use_outer(0);
	host_frame(&r1, &frame, 0, 500);
	check_pass("r1-a", &frame, XDP_WG_VLAN);
	undo_tagged();
}

void add_tagged_tests(void)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		add_case(XDP, test_encap, &known[i], "tagged-encap/%s", known[i].name);
		add_case(XDP, test_encap_moved, &known[i], "tagged-moved/%s", known[i].name);
		add_case(XDP, test_decap, &known[i], "tagged-decap/%s", known[i].name);
		add_case(XDP, test_pass, &known[i], "tagged-pass/%s", known[i].name);
		add_case(XDP, test_refused, &known[i], "tagged-refused/%s", known[i].name);
	}
	for (i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		add_case(XDP, test_nobody, &unknown[i], "tagged-nobody/%s", unknown[i].name);
}
