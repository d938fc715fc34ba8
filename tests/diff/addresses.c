// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <string.h>

#include "fatal.h"
#include "addresses.h"

const struct endpoint peer_endpoints[PEERS] = {
	[PEER_4] = { "192.0.2.2", 51824 },
	[PEER_6] = { "2001:db8::2", 51826 },
};

const char *const router_endpoints[PEERS] = {
	[PEER_4] = "192.0.2.1",
	[PEER_6] = "2001:db8::1",
};

const uint8_t router_macs[POINTS][6] = {
	[POINT_A] = { 2, 0, 0, 0, 0x0a, 1 },
	[POINT_W] = { 2, 0, 0, 0, 0x0b, 1 },
};

const uint8_t host_macs[POINTS][6] = {
	[POINT_A] = { 2, 0, 0, 0, 0x0a, 2 },
	[POINT_W] = { 2, 0, 0, 0, 0x0b, 4 },
};

void addresses_write(uint8_t *address, const char *text, uint16_t add)
{
	int last = 3;
	uint16_t low;

	if (inet_pton(AF_INET, text, address) != 1) {
		last = 15;
		if (inet_pton(AF_INET6, text, address) != 1)
			fatal("%s is not an address", text);
	}
	low = (address[last - 1] << 8 | address[last]) + add;
	address[last - 1] = low >> 8;
	address[last] = low;
}

bool addresses_is_router(const uint8_t *address, int family)
{
	static const char *const own[] = { "172.16.1.1", "192.0.2.1",	"10.0.0.1",
					   "fd00:a::1",	 "2001:db8::1", "fd00::1" };
	uint8_t mine[16];
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(*own); i++) {
		if ((strchr(own[i], ':') ? AF_INET6 : AF_INET) != family)
			continue;
		addresses_write(mine, own[i], 0);
		if (!memcmp(address, mine, family == AF_INET ? 4 : 16))
			return true;
	}
	return false;
}

bool addresses_is_beyond_w(const uint8_t *address, int family)
{
	static const uint8_t network[] = { 0xfd, 0, 0, 0x18 };

	if (family == AF_INET)
		return address[0] == 198 && (address[1] & 0xfe) == 18;
	return !memcmp(address, network, sizeof(network));
}

int addresses_tag(const uint8_t *address, int family)
{
	if (family == AF_INET) {
		if (address[0] == 10 && (address[1] == 1 || address[1] == 2))
			return (address[2] << 8 | address[3]) & (TAG_MAX - 1);
		if (addresses_is_beyond_w(address, family))
			return (address[2] << 8 | address[3]) & (TAG_MAX - 1);
		return -1;
	}
	if ((address[0] == 0xfd && address[1] == 0 && address[2] == 0 &&
	     (address[3] == 1 || address[3] == 2)) ||
	    addresses_is_beyond_w(address, family))
		return (address[14] << 8 | address[15]) & (TAG_MAX - 1);
	return -1;
}
