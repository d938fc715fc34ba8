/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_BURST_H
#define BENCH_BURST_H

#include <stdbool.h>
#include <stdint.h>

/* As many packets as are sent with one system call; each is of a flow of its own. */
#define BURST 64

struct burst;

/*
 * burst_open() - Get ready to send packets from host A to host B, by its interface to the router.
 * The current network namespace has to be A's, and the router's address known there.
 * @family: AF_INET or AF_INET6
 * @length: of a packet, with its IP header
 * @flood: whether each packet is the first of a flow, and not one of the same flows again
 */
struct burst *burst_open(int family, int length, bool flood);

/* burst_send() - Send them. */
void burst_send(struct burst *burst);

void burst_close(struct burst *burst);

#endif /* BENCH_BURST_H */
