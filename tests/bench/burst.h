/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BENCH_BURST_H
#define BENCH_BURST_H

#include <stdint.h>

/* As many packets as are sent with one system call. */
#define BURST 64

struct burst;

/*
 * burst_open() - Get ready to send packets from host A to host B, by its interface to the router.
 * The current network namespace has to be A's, and the router's address known there.
 * @family: AF_INET or AF_INET6
 * @length: of a packet, with its IP header
 * @flows: of how many flows they are, or 0 if each is the first packet of another one
 */
struct burst *burst_open(int family, int length, uint32_t flows);

/* burst_send() - Send them. */
void burst_send(struct burst *burst);

void burst_close(struct burst *burst);

#endif /* BENCH_BURST_H */
