/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_HARNESS_NETNS_H
#define TESTS_HARNESS_NETNS_H

#include <stdint.h>

#include "frame.h"

/* The functions below fail the running case when something goes wrong. */

/* netns_enter() - Continue in one of the topology's network namespaces: A, R1, R2 or B. */
void netns_enter(const char *name);

/* netns_ifindex() - Index of an interface of the current namespace. */
uint32_t netns_ifindex(const char *ifname);

/* netns_mac() - MAC address of an interface of the current namespace, in a static buffer. */
const uint8_t *netns_mac(const char *ifname);

/*
 * netns_capture() - Open a socket that sees all frames of an interface of the current namespace.
 * Return: the file descriptor, for the caller to close.
 */
int netns_capture(const char *ifname);

/* netns_send() - Send a frame by such a socket. */
void netns_send(int fd, const struct frame *frame);

/* slow() - So many times longer may anything take on a kernel that checks itself: see net/lib.sh.
 */
int slow(void);

/*
 * netns_receive() - Wait, at most 3 seconds (times SLOW), for a frame that a function recognises.
 * @match: gets each frame and @arg
 * @frame: takes the frame
 */
void netns_receive(int fd, bool (*match)(const struct frame *frame, const void *arg),
		   const void *arg, struct frame *frame);

#endif /* TESTS_HARNESS_NETNS_H */
