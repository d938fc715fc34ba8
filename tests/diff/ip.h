/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grammar of IP packets, inner and outer.
 */
#ifndef DIFF_IP_H
#define DIFF_IP_H

#include <stddef.h>
#include <sys/socket.h>

#include "input.h"
#include "random.h"

/* What may be odd about a header. */
enum ip_oddity {
	ODD_NOTHING,
	ODD_TTL, /* 0 or 1 */
	ODD_FRAGMENT,
	ODD_OPTIONS, /* or extension headers */
	ODD_CHECKSUM, /* wrong; IPv6 has none and stays sound */
	ODD_LENGTH, /* not that of the packet */
	ODD_VERSION, /* or header length */
	ODDITIES,
};

struct ip_recipe {
	int family; /* AF_INET or AF_INET6 */
	enum ip_oddity oddity;
	uint16_t tag;
	uint8_t source[16], destination[16];
	uint8_t tos, ttl, protocol;
	bool df;
	bool reply; /* an echo is an answer */
	bool odd; /* something is, the addresses for example */
};

/*
 * ip_roll() - Roll what a sound packet may have: TOS, TTL, DF, protocol. Family, tag and addresses
 * are the caller's.
 */
void ip_roll(struct dice *dice, struct ip_recipe *recipe);

/* ip_roll_length() - A length from first to last, most often one around which something changes. */
uint16_t ip_roll_length(struct dice *dice, uint16_t first, uint16_t last);

/* ip_header_length() - Length of the header without options. */
static inline uint16_t ip_header_length(int family)
{
	return family == AF_INET ? 20 : 40;
}

/* ip_echo_type() - ICMP type of an echo request, or of the reply to one. */
static inline uint8_t ip_echo_type(int family, bool reply)
{
	if (family == AF_INET)
		return reply ? 0 : 8;
	return reply ? 129 : 128;
}

/*
 * ip_write_header() - Write the header, with options or extension headers if these are the oddity.
 * @dice, @input: may be NULL where nothing is odd
 * @length: of the payload behind it
 *
 * Return: length of all headers. What the payload is said to be is in @recipe->protocol.
 */
size_t ip_write_header(struct dice *dice, struct input *input, const struct ip_recipe *recipe,
		       uint8_t *to, size_t length);

/*
 * ip_finish() - Set the IPv4 checksum, right or wrong, and the lies about the length.
 * @dice, @input: may be NULL where nothing is odd
 */
void ip_finish(struct dice *dice, struct input *input, const struct ip_recipe *recipe, uint8_t *ip,
	       size_t length);

/* ip_write_payload() - Write @length bytes of a payload of the recipe's protocol. */
void ip_write_payload(struct dice *dice, const struct ip_recipe *recipe, const uint8_t *ip,
		      uint8_t *to, size_t length);

/*
 * ip_write_packet() - Write a packet.
 * @length: of all of it; it can get longer when it is odd
 *
 * Return: its length.
 */
size_t ip_write_packet(struct dice *dice, struct input *input, const struct ip_recipe *recipe,
		       uint8_t *to, size_t length);

#endif /* DIFF_IP_H */
