/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses of the network that network.sh makes.
 *
 * The tag of a frame, a number, is in every header that the test makes: as the IPv4 identification
 * and the IPv6 flow label, and in the last bits of addresses of the networks below. So an answer
 * tells what it answers.
 */
#ifndef DIFF_ADDRESSES_H
#define DIFF_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#define TAG_BITS 14
#define TAG_MAX (1U << TAG_BITS)

/* Where the program injects and takes frames. */
enum point {
	POINT_A, /* the host */
	POINT_W, /* the wire between the routers */
	POINTS,
};

/* The peers of R1 that the program speaks for, named after the family of their endpoint. */
enum peer {
	PEER_4,
	PEER_6,
	PEERS,
};

struct endpoint {
	const char *address;
	uint16_t port;
};

#define WG_PORT 51820
extern const struct endpoint peer_endpoints[PEERS];
extern const char *const router_endpoints[PEERS];

/* MAC addresses of R1's interface at a point, and of the one opposite. */
extern const uint8_t router_macs[POINTS][6];
extern const uint8_t host_macs[POINTS][6];

/* addresses_write() - Write 4 or 16 bytes: an address in text, with a number added to its last
 * ones.
 */
void addresses_write(uint8_t *address, const char *text, uint16_t add);

/* addresses_is_router() - Whether an address is one of R1's own. */
bool addresses_is_router(const uint8_t *address, int family);

/* addresses_is_beyond_w() - Whether an address is one of the hosts beyond W. */
bool addresses_is_beyond_w(const uint8_t *address, int family);

/*
 * addresses_tag() - The tag that is in an address.
 * Return: -1 if it is of none of the networks that have tags.
 */
int addresses_tag(const uint8_t *address, int family);

#endif /* DIFF_ADDRESSES_H */
