/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_PACKET_H
#define TESTS_PACKET_H

#include <linux/types.h>

#include "bpf/xdp_wg.h"
#include "tests/kfunc/session.h"
#include "tests/harness/harness.h"
#include "tests/harness/netns.h"

/* The largest inner packet as the topology has it, and the padding of a message's plaintext. */
#define TUNNEL_MTU 1420
#define PADDING 16

/* Index of a family in the arrays of this program. */
#define FAMILIES 2

extern const int families[FAMILIES];
extern const char *const family_names[FAMILIES];

/* datapath_load() - Load the program under test, once for each set of options that tests need. */
void datapath_load(void);

/*
 * add_case() - Add a case that runs a kind of program.
 * @format: of the name, behind "packet/xdp/" or "packet/tc/"
 */
void add_case(enum kind kind, void (*run)(const void *arg), const void *arg, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));

/* current_kind() - The kind of program that the running case is for. */
enum kind current_kind(void);

/* The verdicts of both kinds of program. */
enum outcome {
	PASS,
	DROP,
	REDIRECT,
	OTHER,
};

/*
 * datapath_run() - Run it on a frame that an interface of the current namespace received.
 * @flags: enum xdp_wg_flags, one that datapath_load() loads
 * @verdict: takes the verdict
 *
 * Return: the reason that it counted the frame under. Fails the case unless that was exactly one,
 * with the length of the frame.
 */
enum xdp_wg_reason datapath_run(__u32 flags, const char *ifname, struct frame *frame,
				enum outcome *verdict);

/*
 * use_flags() - Add flags to those of all programs that are run from now on.
 * @flags: XDP_WG_BYPASS_*
 */
void use_flags(__u32 flags);

/* What programs know of the frames of a NIC, natively. */
#define NIC_FLAGS (XDP_WG_END_MOVES | XDP_WG_FINISHED)

/*
 * use_frames() - What the XDP programs that are run from now on know of their frames: NIC_FLAGS, as
 * it is at first, or less.
 */
void use_frames(__u32 flags);

/* What is in front of the type of a frame, in this order. */
struct tag {
	uint16_t proto; /* host byte order */
	uint16_t tci; /* likewise */
};

/*
 * use_tags() - Put VLAN tags into all frames that are given to programs from now on, and take them
 * off those that come back as they were.
 * @tags: those, the outermost first, for as long as they are used
 */
void use_tags(const struct tag *tags, uint32_t count);

/* put_tags() - Put them into a frame. */
void put_tags(struct frame *frame);

/*
 * room_prog_fd() - The program to run in the place of a tc program: that one, or, after
 * use_headroom(), one that runs it on a packet with less headroom.
 */
int room_prog_fd(int prog_fd);

/* use_headroom() - Leave tc programs so much headroom. A negative number is for what they have. */
void use_headroom(int headroom);

/* reason_name() - Its name in machine-readable output. */
const char *reason_name(enum xdp_wg_reason reason);

/* check_pass() - Fail the case unless a frame is passed as it is, for that reason. */
void check_pass(const char *ifname, const struct frame *frame, enum xdp_wg_reason reason);

/* check_drop() - Fail the case unless a frame is dropped, for that reason. */
void check_drop(const char *ifname, const struct frame *frame, enum xdp_wg_reason reason);

/*
 * use_outer() - Make the tunnel's endpoints those of a family, with everything resolved.
 * @outer: index of the family
 */
void use_outer(int outer);

/* set_tunnel_mtu() - Tell that the tunnel's MTU is another one than TUNNEL_MTU. */
void set_tunnel_mtu(uint32_t mtu);

/* current_outer() - Index of the family that it has. */
int current_outer(void);

/* lan_frame() - The beginning of a frame from the host beside @side, for the router. */
void lan_frame(const struct side *side, struct frame *frame, int inner);

/*
 * inner_packet() - A packet from one host to the other, alone.
 * @side: the router that it comes to first
 */
void inner_packet(const struct side *side, struct frame *packet, int inner, uint32_t length);

/* host_frame() - A frame with such a packet from the host beside @side. */
void host_frame(const struct side *side, struct frame *frame, int inner, uint32_t length);

/*
 * wan_frame() - A frame with a WireGuard message from the other router.
 * Return: the outer IP header.
 */
void *wan_frame(const struct side *side, struct frame *frame, const struct message *message);

/* message_frame() - A frame with an inner packet in a new data message from the other router. */
void *message_frame(const struct side *side, struct frame *frame, const struct frame *packet);

/* A type that is an error in neither: an echo request of ICMPv6. */
#define NO_ICMP_ERROR 128

/* is_icmp_error() - Whether a type of ICMP, for IPv4 or IPv6 (@inner), reports an error. */
bool is_icmp_error(int inner, int type);

/*
 * check_encap() - Fail the case unless a frame from the host is encrypted and sent.
 * @flags: of the program
 * @frame: takes what was sent
 * Everything in the outer headers and the message is checked, and the inner packet must be one hop
 * further and otherwise the same.
 */
void check_encap(const struct side *side, __u32 flags, struct frame *frame);

/*
 * check_decap() - Fail the case unless a frame with a message is decrypted and forwarded.
 * @packet: the inner packet as it was encrypted; the result must be it, one hop further
 * @tos: what the TOS or traffic class of the result must be
 */
void check_decap(const struct side *side, struct frame *frame, const struct frame *packet,
		 uint8_t tos);

/* Add the cases of each file for a kind of program; the slow ones only if @full. */
void add_encap_tests(enum kind kind, bool full);
void add_encap_pass_tests(enum kind kind);
void add_decap_tests(enum kind kind, bool full);
void add_decap_pass_tests(enum kind kind);
void add_setup_tests(enum kind kind);
void add_found_tests(enum kind kind);
void add_unfinished_tests(void);
void add_room_tests(void);
void add_tagged_tests(void);

/* undo_found() - Undo what a case of found.c has set up. */
void undo_found(void);

/* undo_room() - Undo what a case about room has set up. */
void undo_room(void);

/* undo_tagged() - Undo what a case of tagged.c has set up. */
void undo_tagged(void);

/* unmake_setup() - Undo the set-up of a case that failed in between. */
void unmake_setup(void);

#endif /* TESTS_PACKET_H */
