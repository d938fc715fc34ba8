// SPDX-License-Identifier: GPL-2.0
/*
 * Frames, made and checked with arithmetic of their own: nothing is shared with what is tested.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "harness.h"

uint16_t checksum_sum(const void *data, size_t length, uint32_t sum)
{
	const uint8_t *byte = data;
	size_t i;

	for (i = 0; i < length; i++)
		sum += i & 1 ? byte[i] : byte[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

void *frame_put(struct frame *frame, const void *data, size_t length)
{
	void *to = frame->data + frame->length;

	if (frame->length + length > sizeof(frame->data))
		FAIL("a frame of %zu bytes is too long for the test", frame->length + length);
	if (data)
		memcpy(to, data, length);
	else
		memset(to, 0, length);
	frame->length += length;
	return to;
}

struct ether_header *frame_put_eth(struct frame *frame, const uint8_t *to, const uint8_t *from,
				   uint16_t protocol)
{
	struct ether_header *eth = frame_put(frame, NULL, sizeof(*eth));

	memcpy(eth->ether_dhost, to, ETH_ALEN);
	memcpy(eth->ether_shost, from, ETH_ALEN);
	eth->ether_type = htons(protocol);
	return eth;
}

void ip_update_check(struct ip *ip)
{
	ip->ip_sum = 0;
	ip->ip_sum = htons(~checksum_sum(ip, ip->ip_hl * 4, 0));
}

int ip_family(const void *packet)
{
	return ((const struct ip *)packet)->ip_v == 4 ? AF_INET : AF_INET6;
}

void ip_set_ttl(void *packet, uint8_t ttl)
{
	struct ip6_hdr *ip6 = packet;
	struct ip *ip = packet;

	if (ip_family(packet) == AF_INET) {
		ip->ip_ttl = ttl;
		ip_update_check(ip);
	} else {
		ip6->ip6_hlim = ttl;
	}
}

void ip_decrease_ttl(void *packet)
{
	const struct ip6_hdr *ip6 = packet;
	const struct ip *ip = packet;

	ip_set_ttl(packet, (ip_family(packet) == AF_INET ? ip->ip_ttl : ip6->ip6_hlim) - 1);
}

void ip_set_tos(void *packet, uint8_t tos)
{
	struct ip6_hdr *ip6 = packet;
	struct ip *ip = packet;

	if (ip_family(packet) == AF_INET) {
		ip->ip_tos = tos;
		ip_update_check(ip);
	} else {
		ip6->ip6_flow = (ip6->ip6_flow & htonl(0xf00fffff)) | htonl((uint32_t)tos << 20);
	}
}

uint16_t udp_check(const void *packet, const struct udphdr *udp)
{
	const struct ip6_hdr *ip6 = packet;
	const struct ip *ip = packet;
	uint32_t sum = IPPROTO_UDP + ntohs(udp->uh_ulen);

	if (ip_family(packet) == AF_INET)
		sum = checksum_sum(&ip->ip_src, 8, sum);
	else
		sum = checksum_sum(&ip6->ip6_src, 32, sum);
	return checksum_sum(udp, ntohs(udp->uh_ulen), sum);
}

static void set_udp_check(const void *packet, struct udphdr *udp)
{
	udp->uh_sum = 0;
	udp->uh_sum = htons(~udp_check(packet, udp));
	if (!udp->uh_sum)
		udp->uh_sum = 0xffff;
}

/* Append an IP header for a payload of @length bytes. */
static void *put_ip_header(struct frame *frame, const char *from, const char *to, uint8_t protocol,
			   uint32_t length)
{
	struct ip6_hdr ip6 = {
		.ip6_flow = htonl(6u << 28),
		.ip6_plen = htons(length),
		.ip6_nxt = protocol,
		.ip6_hlim = 64,
	};
	struct ip ip = {
		.ip_v = 4,
		.ip_hl = 5,
		.ip_len = htons(sizeof(ip) + length),
		.ip_ttl = 64,
		.ip_p = protocol,
	};

	if (inet_pton(AF_INET, from, &ip.ip_src) == 1) {
		if (inet_pton(AF_INET, to, &ip.ip_dst) != 1)
			FAIL("%s is not an IPv4 address", to);
		ip_update_check(&ip);
		return frame_put(frame, &ip, sizeof(ip));
	}
	if (inet_pton(AF_INET6, from, &ip6.ip6_src) != 1 ||
	    inet_pton(AF_INET6, to, &ip6.ip6_dst) != 1)
		FAIL("%s or %s is not an IPv6 address", from, to);
	return frame_put(frame, &ip6, sizeof(ip6));
}

void *frame_put_ip(struct frame *frame, const char *from, const char *to, uint32_t length)
{
	uint32_t header = strchr(from, ':') ? sizeof(struct ip6_hdr) : sizeof(struct ip);
	uint32_t payload = length - header, i;
	struct udphdr *udp;
	uint8_t *data;
	void *packet;

	if (length < header)
		FAIL("an IP packet of %u bytes cannot be", length);
	packet = put_ip_header(frame, from, to,
			       payload >= sizeof(*udp) ? IPPROTO_UDP : IPPROTO_NONE, payload);
	data = frame_put(frame, NULL, payload);
	for (i = 0; i < payload; i++)
		data[i] = length + i * 7 + (i >> 8);
	if (payload < sizeof(*udp))
		return packet;
	udp = (struct udphdr *)data;
	udp->uh_sport = htons(4000);
	udp->uh_dport = htons(5000);
	udp->uh_ulen = htons(payload);
	set_udp_check(packet, udp);
	return packet;
}

void *frame_put_datagram(struct frame *frame, const char *from, const char *to, uint16_t sport,
			 uint16_t dport, const void *message, uint32_t length)
{
	struct udphdr *udp;
	void *packet;

	packet = put_ip_header(frame, from, to, IPPROTO_UDP, sizeof(*udp) + length);
	udp = frame_put(frame, NULL, sizeof(*udp));
	udp->uh_sport = htons(sport);
	udp->uh_dport = htons(dport);
	udp->uh_ulen = htons(sizeof(*udp) + length);
	frame_put(frame, message, length);
	set_udp_check(packet, udp);
	return packet;
}
