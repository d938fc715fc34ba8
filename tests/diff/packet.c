// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>

#include "packet.h"

uint16_t checksum(const uint8_t *data, size_t length, uint32_t sum)
{
	size_t i;

	for (i = 0; i + 1 < length; i += 2)
		sum += get16(data + i);
	if (length % 2)
		sum += data[length - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

void ip4_set_checksum(uint8_t *ip, size_t length)
{
	size_t header = (ip[0] & 15) * 4;

	put16(ip + 10, 0);
	put16(ip + 10, ~checksum(ip, header < length ? header : length, 0));
}

uint16_t ip_pseudo_sum(const uint8_t *ip, uint8_t protocol, uint32_t length)
{
	uint32_t sum = protocol + (length >> 16) + (length & 0xffff);

	return ip[0] >> 4 == 4 ? checksum(ip + 12, 8, sum) : checksum(ip + 8, 32, sum);
}

uint16_t l4_checksum(const uint8_t *ip, uint8_t protocol, const uint8_t *l4, size_t length)
{
	uint16_t sum = protocol == IPPROTO_ICMP ? 0 : ip_pseudo_sum(ip, protocol, length);

	sum = ~checksum(l4, length, sum);
	return sum ? sum : 0xffff;
}
