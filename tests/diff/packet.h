/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes of packets: reading, writing, checksums. Lengths that headers claim are never trusted.
 */
#ifndef DIFF_PACKET_H
#define DIFF_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETH_LENGTH 14
#define IP4_LENGTH 20
#define IP6_LENGTH 40
#define UDP_LENGTH 8
#define MESSAGE_HEADER 16
#define MESSAGE_TAG 16
#define MESSAGE_OVERHEAD (MESSAGE_HEADER + MESSAGE_TAG)

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

/* checksum() - RFC 1071: the folded sum of the bytes, not inverted, with sum added. */
uint16_t checksum(const uint8_t *data, size_t length, uint32_t sum);

/* ip4_set_checksum() - Of a header as long as it says, but no longer than the packet. */
void ip4_set_checksum(uint8_t *ip, size_t length);

/* ip_pseudo_sum() - Sum of the pseudo header of layer 4, by the version of the packet. */
uint16_t ip_pseudo_sum(const uint8_t *ip, uint8_t protocol, uint32_t length);

/*
 * l4_checksum() - The checksum of a UDP, TCP or ICMP packet whose field for it is zero.
 * @ip: the header in front
 *
 * Return: it, never zero, which UDP takes for none.
 */
uint16_t l4_checksum(const uint8_t *ip, uint8_t protocol, const uint8_t *l4, size_t length);

#endif /* DIFF_PACKET_H */
