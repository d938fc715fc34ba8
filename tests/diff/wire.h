/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets at the points where frames are injected and taken.
 */
#ifndef DIFF_WIRE_H
#define DIFF_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addresses.h"

/* The points of enum point, and the ones that only handshakes pass. */
enum {
	WIRE_R2 = POINTS, /* the interface opposite R2 */
	WIRES,
};

/*
 * wire_open() - Open all sockets, and continue in the namespace of R1.
 * @leave: whether frames can leave work to the devices that send them
 */
void wire_open(bool leave);

/* wire_send() - Queue a frame; wire_flush() sends what is queued, in order. */
void wire_send(unsigned int wire, const uint8_t *frame, size_t length);

/*
 * wire_leave() - Queue a frame whose checksum is left to the device.
 * @start: of what the checksum is of, from the start of the frame
 * @field: of its field, likewise
 */
void wire_leave(unsigned int wire, const uint8_t *frame, size_t length, uint16_t start,
		uint16_t field);
void wire_flush(void);

/*
 * wire_tag() - Whether frames that come to R1 have VLAN tags: the one of the device that is there,
 * with any priority; and in front of some a tag that has only a priority.
 */
void wire_tag(bool tag);

/* wire_take() - Give all frames that have arrived to a function. */
void wire_take(unsigned int wire,
	       void (*take)(unsigned int wire, const uint8_t *frame, size_t length, void *arg),
	       void *arg);

/* wire_wait() - Wait until a frame arrives anywhere. Return: false after that many milliseconds. */
bool wire_wait(int timeout);

/* wire_drain() - Forget all frames that have arrived there. */
void wire_drain(unsigned int wire);

/* wire_provoke() - Make R2's device of a peer send, so that it starts a handshake if it has to. */
void wire_provoke(enum peer peer);

#endif /* DIFF_WIRE_H */
