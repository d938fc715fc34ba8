// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <string.h>

#include "input.h"
#include "packet.h"
#include "addresses.h"
#include "reassemble.h"

/* The datagram of which something has come. */
struct whole {
	uint8_t data[2 * FRAME_MAX];
	size_t length;
};

/* What a fragment says of itself. */
struct fragment {
	const uint8_t *payload;
	size_t length; /* of the payload */
	size_t offset; /* in the payload of the whole */
	int family;
	bool more;
};

static bool parse4(struct fragment *fragment, const uint8_t *ip, size_t length)
{
	uint16_t field = get16(ip + 6);

	if (length < IP4_LENGTH || ip[0] != 0x45 || ip[9] != IPPROTO_UDP || !(field & 0x3fff) ||
	    get16(ip + 2) != length || !addresses_is_router(ip + 12, AF_INET))
		return false;
	fragment->family = AF_INET;
	fragment->payload = ip + IP4_LENGTH;
	fragment->length = length - IP4_LENGTH;
	fragment->offset = (field & 0x1fff) * 8;
	fragment->more = field & 0x2000;
	return true;
}

static bool parse6(struct fragment *fragment, const uint8_t *ip, size_t length)
{
	const uint8_t *header = ip + IP6_LENGTH;

	if (length < IP6_LENGTH + 8 || ip[6] != IPPROTO_FRAGMENT || header[0] != IPPROTO_UDP ||
	    get16(ip + 4) != length - IP6_LENGTH || !addresses_is_router(ip + 8, AF_INET6))
		return false;
	fragment->family = AF_INET6;
	fragment->payload = header + 8;
	fragment->length = length - IP6_LENGTH - 8;
	fragment->offset = get16(header + 2) & 0xfff8;
	fragment->more = header[3] & 1;
	return true;
}

/* The header of the whole. */
static void finish(uint8_t *frame, size_t length, int family)
{
	uint8_t *ip = frame + ETH_LENGTH;

	if (family == AF_INET) {
		put16(ip + 2, length - ETH_LENGTH);
		put16(ip + 6, 0);
		ip4_set_checksum(ip, IP4_LENGTH);
	} else {
		put16(ip + 4, length - ETH_LENGTH - IP6_LENGTH);
		ip[6] = IPPROTO_UDP;
	}
}

const uint8_t *reassemble(unsigned int wire, const uint8_t *frame, size_t *length)
{
	/* Two peers send at once, one in each family. */
	static struct whole wholes[POINTS][2];
	struct whole *whole;
	struct fragment fragment;
	size_t header, end;

	if (*length < ETH_LENGTH ||
	    !(get16(frame + 12) == 0x0800
		      ? parse4(&fragment, frame + ETH_LENGTH, *length - ETH_LENGTH)
		      : get16(frame + 12) == 0x86dd &&
				parse6(&fragment, frame + ETH_LENGTH, *length - ETH_LENGTH)))
		return frame;
	whole = &wholes[wire][fragment.family == AF_INET6];
	header = ETH_LENGTH + (fragment.family == AF_INET ? IP4_LENGTH : IP6_LENGTH);
	if (!fragment.offset) {
		memcpy(whole->data, frame, header);
		whole->length = header;
	}
	end = header + fragment.offset + fragment.length;
	/* Not the next one: something is wrong, and is to be seen. */
	if (whole->length != header + fragment.offset || end > sizeof(whole->data))
		return frame;
	memcpy(whole->data + header + fragment.offset, fragment.payload, fragment.length);
	whole->length = end;
	if (fragment.more)
		return NULL;
	finish(whole->data, end, fragment.family);
	*length = end;
	return whole->data;
}
