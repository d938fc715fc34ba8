// SPDX-License-Identifier: GPL-2.0
/*
 * All that may differ between two passes, because it differs between two runs of the same kernel:
 *
 *  - of a WireGuard message that R1 sends: receiver index, counter, ciphertext and tag. It is
 *    decrypted; a counter that was used before or a wrong tag leaves it as it is;
 *  - of a message to R1 that R1 quotes or forwards: the same, which is blanked;
 *  - of a packet that R1 quotes after an RSS program has queued it: the checksum that its sender
 * left;
 *  - the identification of IPv4 packets and IPv6 fragments that R1 makes itself;
 *  - a checksum over one of these. It is verified, and a right one becomes zero.
 *
 * All other bytes are compared.
 */
#include <netinet/in.h>
#include <string.h>

#include "normal.h"
#include "packet.h"
#include "session.h"

/* An IP packet, and what of it there is. */
struct view {
	uint8_t *ip;
	uint8_t *payload;
	size_t length; /* of the payload */
	int family;
	uint8_t protocol;
};

static bool look(struct view *view, uint8_t *ip, size_t length)
{
	size_t header;

	view->ip = ip;
	if (length >= IP4_LENGTH && ip[0] >> 4 == 4) {
		header = (ip[0] & 15) * 4;
		view->family = AF_INET;
		view->protocol = ip[9];
		if (get16(ip + 6) & 0x1fff)
			view->protocol = 255;
	} else if (length >= IP6_LENGTH && ip[0] >> 4 == 6) {
		header = IP6_LENGTH;
		view->family = AF_INET6;
		view->protocol = ip[6];
	} else {
		return false;
	}
	if (header < IP4_LENGTH || header > length)
		return false;
	view->payload = ip + header;
	view->length = length - header;
	return true;
}

static const uint8_t *source(const struct view *view)
{
	return view->ip + (view->family == AF_INET ? 12 : 8);
}

static const uint8_t *destination(const struct view *view)
{
	return view->ip + (view->family == AF_INET ? 16 : 24);
}

/* The tag in a header that the test has made. */
static int header_tag(const struct view *view)
{
	if (view->family == AF_INET)
		return get16(view->ip + 4);
	return get32(view->ip) & 0xffff;
}

/*
 * Blank an encrypted message, wherever it is: quoted, forwarded, or in another tunnel. What is
 * behind it and the checksum in front of it are not known better.
 */
static void blank_message(const struct view *view)
{
	size_t i;

	for (i = 2; i + 8 <= view->length; i++) {
		if (!session_was_sealed(view->payload + i))
			continue;
		put16(view->payload + i - 2, 0);
		memset(view->payload + i + 4, 0, view->length - i - 4);
		return;
	}
}

static const uint16_t *left_fields;
static unsigned int left_count;

void normal_blank_left(const uint16_t *fields, unsigned int count)
{
	left_fields = fields;
	left_count = count;
}

static void blank_left(const struct view *quoted, int tag)
{
	size_t length = quoted->payload + quoted->length - quoted->ip, field;

	if (tag < 0 || (unsigned int)tag >= left_count || !left_fields[tag])
		return;
	field = left_fields[tag] - ETH_LENGTH;
	if (field + 2 <= length)
		put16(quoted->ip + field, 0);
}

static bool is_error(const struct view *view)
{
	if (view->length < 8)
		return false;
	if (view->protocol == IPPROTO_ICMP)
		return view->payload[0] == 3 || view->payload[0] == 5 || view->payload[0] == 11 ||
		       view->payload[0] == 12;
	return view->protocol == IPPROTO_ICMPV6 && view->payload[0] < 128;
}

static int icmp_tag(const struct view *view)
{
	struct view quoted;
	uint16_t sum = 0;

	if (view->protocol == IPPROTO_ICMPV6)
		sum = ip_pseudo_sum(view->ip, IPPROTO_ICMPV6, view->length);
	if (checksum(view->payload, view->length, sum) == 0xffff)
		put16(view->payload + 2, 0);
	if (!is_error(view))
		return addresses_tag(destination(view), view->family);
	if (!look(&quoted, view->payload + 8, view->length - 8))
		return -1;
	blank_message(&quoted);
	blank_left(&quoted, header_tag(&quoted));
	return header_tag(&quoted);
}

static bool is_noise(const struct view *view)
{
	static const uint8_t reports[] = { 0xff, 2, [15] = 0x16 };

	/* R1 also gives up waiting for other fragments, and says so from anycast addresses, too. */
	if (view->length >= 2 && view->payload[1] == 1 &&
	    ((view->protocol == IPPROTO_ICMP && view->payload[0] == 11) ||
	     (view->protocol == IPPROTO_ICMPV6 && view->payload[0] == 3)))
		return true;
	if (view->family == AF_INET)
		return view->protocol == IPPROTO_IGMP;
	if (!memcmp(destination(view), reports, sizeof(reports)))
		return true;
	return view->protocol == IPPROTO_ICMPV6 && view->length && view->payload[0] >= 133 &&
	       view->payload[0] <= 137;
}

static void find_marker(struct normal *normal, const struct view *view)
{
	const uint8_t *data = view->payload + UDP_LENGTH;

	if (view->protocol != IPPROTO_UDP || view->length < UDP_LENGTH + MARKER_LENGTH)
		return;
	if (memcmp(data, MARKER_WORD, strlen(MARKER_WORD)))
		return;
	normal->kind = NORMAL_MARKER;
	normal->marker = get32(data + strlen(MARKER_WORD));
}

/* A datagram from the port of R1's WireGuard. */
static bool own_message(struct normal *normal, const struct view *view)
{
	uint8_t *udp = view->payload, *message = udp + UDP_LENGTH;
	size_t length = view->length - UDP_LENGTH;
	struct view inner;
	uint16_t sum;

	if (view->protocol != IPPROTO_UDP || view->length < UDP_LENGTH + 4 ||
	    get16(udp) != WG_PORT || get16(udp + 4) != view->length)
		return false;
	if (message[0] >= 1 && message[0] <= 3) {
		normal->kind = NORMAL_TIMER;
		return true;
	}
	sum = checksum(udp, view->length, ip_pseudo_sum(view->ip, IPPROTO_UDP, view->length));
	if (!session_open(message, length))
		return false;
	if (get16(udp + 6) && sum == 0xffff)
		put16(udp + 6, 1);
	if (length == MESSAGE_OVERHEAD)
		normal->kind = NORMAL_TIMER;
	if (!look(&inner, message + MESSAGE_HEADER, length - MESSAGE_OVERHEAD))
		return true;
	normal->tag = header_tag(&inner);
	blank_message(&inner);
	if (addresses_is_router(source(&inner), inner.family))
		normal->tag = -2;
	find_marker(normal, &inner);
	return true;
}

static void normal_packet(struct normal *normal, uint8_t *ip, size_t length);

/* A packet that R1 has made itself. */
static void own_packet(struct normal *normal, const struct view *view)
{
	uint8_t *ip = view->ip;

	if (view->family == AF_INET) {
		size_t header = view->payload - ip;

		if (checksum(ip, header, 0) == 0xffff) {
			put16(ip + 4, 0);
			put16(ip + 10, 0);
		}
	}
	if (view->protocol == IPPROTO_FRAGMENT && view->length >= 8)
		put32(view->payload + 4, 0);
	if (own_message(normal, view)) {
		uint8_t *message = view->payload + UDP_LENGTH;

		/* An error that R1 sends through the tunnel. */
		if (normal->tag == -2)
			normal_packet(normal, message + MESSAGE_HEADER,
				      view->length - UDP_LENGTH - MESSAGE_OVERHEAD);
		return;
	}
	if (view->protocol == IPPROTO_ICMP || view->protocol == IPPROTO_ICMPV6)
		normal->tag = icmp_tag(view);
	else
		normal->tag = addresses_tag(destination(view), view->family);
}

static void normal_packet(struct normal *normal, uint8_t *ip, size_t length)
{
	struct view view;

	normal->tag = -1;
	if (!look(&view, ip, length))
		return;
	/* Padding is no part of what the headers are about. */
	if (view.family == AF_INET) {
		size_t total = get16(ip + 2), header = view.payload - ip;

		if (total >= header && total < length)
			view.length = total - header;
	} else if (get16(ip + 4) < view.length) {
		view.length = get16(ip + 4);
	}
	if (is_noise(&view)) {
		normal->kind = NORMAL_NOISE;
		return;
	}
	if (addresses_is_router(source(&view), view.family)) {
		own_packet(normal, &view);
		return;
	}
	normal->tag = header_tag(&view);
	find_marker(normal, &view);
	if (normal->kind != NORMAL_MARKER)
		blank_message(&view);
}

struct normal normal_frame(uint8_t *frame, size_t length)
{
	struct normal normal = { .kind = NORMAL_OUTPUT, .tag = -1 };

	if (length < ETH_LENGTH || get16(frame + 12) == 0x0806)
		normal.kind = NORMAL_NOISE;
	else
		normal_packet(&normal, frame + ETH_LENGTH, length - ETH_LENGTH);
	return normal;
}
