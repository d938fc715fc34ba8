/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_HARNESS_FRAME_H
#define TESTS_HARNESS_FRAME_H

#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than the kernel takes for a test run in one buffer, so that this can be tried as well. */
#define FRAME_MAX 8192

struct frame {
	uint8_t data[FRAME_MAX];
	uint32_t length;
};

/* Sum of the WireGuard header and the tag of a data message, in bytes. */
#define MESSAGE_OVERHEAD 32

/* checksum_sum() - RFC 1071, byte by byte: the folded, not inverted sum in host byte order. */
uint16_t checksum_sum(const void *data, size_t length, uint32_t sum);

/* frame_put() - Append bytes to a frame. */
void *frame_put(struct frame *frame, const void *data, size_t length);

/* frame_put_eth() - Append an Ethernet header. @protocol is in host byte order. */
struct ether_header *frame_put_eth(struct frame *frame, const uint8_t *to, const uint8_t *from,
				   uint16_t protocol);

/*
 * frame_put_ip() - Append an IP packet of exactly @length bytes with a UDP datagram inside if it
 * has room for one, filled with bytes that depend on their position. TTL or hop limit is 64.
 * @from: textual address, which tells the family
 *
 * Return: the IP header.
 */
void *frame_put_ip(struct frame *frame, const char *from, const char *to, uint32_t length);

/* ip_update_check() - Set the header checksum of an IPv4 packet, whatever its header length. */
void ip_update_check(struct ip *ip);

/* ip_decrease_ttl() - What a router does to an IPv4 or IPv6 packet. */
void ip_decrease_ttl(void *packet);

/* ip_set_tos() - Set TOS or traffic class. */
void ip_set_tos(void *packet, uint8_t tos);

/* ip_set_ttl() - Set TTL or hop limit. */
void ip_set_ttl(void *packet, uint8_t ttl);

/* ip_family() - AF_INET or AF_INET6, by the version field. */
int ip_family(const void *packet);

/*
 * udp_check() - Checksum of a UDP datagram with the pseudo header of the IP packet around it, as
 * the receiver sees it: 0xffff when it is right.
 */
uint16_t udp_check(const void *packet, const struct udphdr *udp);

/*
 * frame_put_datagram() - Append an outer IP packet with a UDP datagram that carries @message.
 *
 * Return: the IP header.
 */
void *frame_put_datagram(struct frame *frame, const char *from, const char *to, uint16_t sport,
			 uint16_t dport, const void *message, uint32_t length);

#endif /* TESTS_HARNESS_FRAME_H */
