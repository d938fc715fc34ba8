// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "ip.h"
#include "packet.h"

void ip_roll(struct dice *dice, struct ip_recipe *recipe)
{
	static const uint8_t ttls[] = { 2, 3, 64, 128, 254, 255 };
	static const uint8_t protocols[] = {
		IPPROTO_UDP,	 IPPROTO_UDP,  IPPROTO_UDP,  IPPROTO_TCP,
		IPPROTO_TCP,	 IPPROTO_TCP,  IPPROTO_SCTP, IPPROTO_GRE,
		IPPROTO_ESP,	 IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_DCCP,
		IPPROTO_UDPLITE, 253,	       IPPROTO_ICMP, IPPROTO_ICMP,
	};
	static const uint8_t flow_protocols[] = { IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP };

	recipe->tos = dice_once_in(dice, 2) ? dice_below(dice, 256) : dice_below(dice, 4);
	recipe->ttl = dice_once_in(dice, 3) ? dice_range(dice, 2, 255) : dice_pick(dice, ttls);
	recipe->df = dice_once_in(dice, 2);
	recipe->protocol = dice_pick(dice, protocols);
	if (dice->flows && !dice_once_in(dice, 4))
		recipe->protocol = dice_pick(dice, flow_protocols);
	if (recipe->protocol == IPPROTO_ICMP && recipe->family == AF_INET6)
		recipe->protocol = IPPROTO_ICMPV6;
	recipe->oddity = ODD_NOTHING;
}

uint16_t ip_roll_length(struct dice *dice, uint16_t first, uint16_t last)
{
	static const uint16_t edges[] = { 576,	1200, 1280, 1300, 1380, 1404, 1408, 1416, 1420,
					  1424, 1436, 1440, 1452, 1472, 1480, 1500, 1600 };
	int length = first;

	switch (dice_below(dice, 10)) {
	case 0 ... 2:
		length += dice_below(dice, 120);
		break;
	case 3:
		length += dice_below(dice, 4);
		break;
	case 4 ... 5:
		length = dice_range(dice, first, last);
		break;
	case 6 ... 7:
		length = 16 * dice_range(dice, 1, last / 16) + (int)dice_below(dice, 3) - 1;
		break;
	case 8:
		length = dice_pick(dice, edges) + (int)dice_below(dice, 5) - 2;
		break;
	case 9:
		length = last - dice_below(dice, 20);
		break;
	}
	return length < first ? first : length > last ? last : length;
}

/* Options that IPv4 routers have an opinion about; no time stamps, which no two passes share. */
static size_t write_options(struct dice *dice, struct input *input, uint8_t *to)
{
	static const struct {
		const char *words;
		uint8_t length;
		uint8_t data[12];
	} options[] = {
		{ "NOP", 4, { 1, 1, 1, 1 } },
		{ "end", 4, { 0 } },
		{ "record route", 8, { 7, 7, 4 } },
		{ "record route, full", 8, { 7, 7, 8, 10, 1, 1, 1 } },
		{ "router alert", 4, { 148, 4 } },
		{ "loose source route", 8, { 131, 7, 4, 10, 2, 0, 9 } },
		{ "source route, done", 8, { 131, 7, 8, 10, 2, 0, 9 } },
		{ "security", 12, { 130, 11 } },
		{ "unknown", 4, { 0x99, 3, 1, 0 } },
		{ "too long", 4, { 7, 200, 4, 0 } },
	};
	size_t i = dice_below(dice, sizeof(options) / sizeof(*options));

	input_say(input, "option (%s)", options[i].words);
	memcpy(to, options[i].data, options[i].length);
	return options[i].length;
}

/* Extension headers; the first byte is the next header's number. */
static size_t write_extension(struct dice *dice, struct input *input, uint8_t *number, uint8_t *to)
{
	static const struct {
		const char *words;
		uint8_t number;
		uint8_t data[8];
	} extensions[] = {
		{ "hop-by-hop", 0, { 0, 0, 1, 4 } },
		{ "router alert", 0, { 0, 0, 5, 2, 0, 0, 1, 0 } },
		{ "unknown hop-by-hop, skip", 0, { 0, 0, 0x1e, 4 } },
		{ "unknown hop-by-hop, drop", 0, { 0, 0, 0x5e, 4 } },
		{ "unknown hop-by-hop, tell", 0, { 0, 0, 0x9e, 4 } },
		{ "hop-by-hop, too long", 0, { 0, 200, 1, 4 } },
		{ "destination options", 60, { 0, 0, 1, 4 } },
		{ "unknown destination option", 60, { 0, 0, 0x9e, 4 } },
		{ "routing, done", 43, { 0, 0, 0, 0 } },
		{ "routing", 43, { 0, 0, 0, 1 } },
		{ "routing of type 4", 43, { 0, 0, 4, 0 } },
		{ "atomic fragment", 44, { 0, 0, 0, 0, 1, 2, 3, 4 } },
		{ "authentication", 51, { 0, 0 } },
		{ "mobility", 135, { 59, 0 } },
		{ "HIP", 139, { 59, 0 } },
		{ "shim6", 140, { 59, 0 } },
		{ "no next header", 59, { 0 } },
	};
	size_t i = dice_below(dice, sizeof(extensions) / sizeof(*extensions));

	input_say(input, "extension (%s)", extensions[i].words);
	memcpy(to, extensions[i].data, sizeof(extensions[i].data));
	to[0] = *number;
	*number = extensions[i].number;
	return sizeof(extensions[i].data);
}

static size_t write_header4(struct dice *dice, struct input *input, const struct ip_recipe *recipe,
			    uint8_t *to, size_t length)
{
	size_t header = IP4_LENGTH;
	uint16_t fragment = recipe->df ? 0x4000 : 0;

	if (recipe->oddity == ODD_OPTIONS)
		header += write_options(dice, input, to + header);
	if (recipe->oddity == ODD_FRAGMENT) {
		static const uint16_t fragments[] = { 0x2000, 0x2001, 0x2064, 0x0001,
						      0x00b9, 0x1fff, 0x8000 };

		fragment |= dice_pick(dice, fragments);
		input_say(input, "fragment %04x", fragment);
	}
	memset(to, 0, IP4_LENGTH);
	to[0] = 4 << 4 | header / 4;
	to[1] = recipe->tos;
	put16(to + 2, header + length);
	put16(to + 4, recipe->tag);
	put16(to + 6, fragment);
	to[8] = recipe->ttl;
	to[9] = recipe->protocol;
	memcpy(to + 12, recipe->source, 4);
	memcpy(to + 16, recipe->destination, 4);
	return header;
}

static size_t write_header6(struct dice *dice, struct input *input, const struct ip_recipe *recipe,
			    uint8_t *to, size_t length)
{
	uint8_t number = recipe->protocol;
	size_t header = IP6_LENGTH;

	if (recipe->oddity == ODD_OPTIONS) {
		header += write_extension(dice, input, &number, to + header);
	} else if (recipe->oddity == ODD_FRAGMENT) {
		static const uint16_t fragments[] = { 0x0001, 0x0009, 0x0321, 0x0008, 0xfff8 };
		uint16_t fragment = dice_pick(dice, fragments);

		to[header] = number;
		to[header + 1] = 0;
		put16(to + header + 2, fragment);
		put32(to + header + 4, recipe->tag);
		number = IPPROTO_FRAGMENT;
		header += 8;
		input_say(input, "fragment %04x", fragment);
	}
	put32(to, 6U << 28 | (uint32_t)recipe->tos << 20 | recipe->tag);
	put16(to + 4, header - IP6_LENGTH + length);
	to[6] = number;
	to[7] = recipe->ttl;
	memcpy(to + 8, recipe->source, 16);
	memcpy(to + 24, recipe->destination, 16);
	return header;
}

size_t ip_write_header(struct dice *dice, struct input *input, const struct ip_recipe *recipe,
		       uint8_t *to, size_t length)
{
	return recipe->family == AF_INET ? write_header4(dice, input, recipe, to, length)
					 : write_header6(dice, input, recipe, to, length);
}

static uint16_t lie(struct dice *dice, uint16_t truth)
{
	switch (dice_below(dice, 6)) {
	case 0:
		return 0;
	case 1:
		return dice_below(dice, 45);
	case 2:
		return truth + dice_range(dice, 1, 40);
	case 3:
		return dice_below(dice, 65536);
	}
	return truth - dice_range(dice, 1, 40);
}

void ip_finish(struct dice *dice, struct input *input, const struct ip_recipe *recipe, uint8_t *ip,
	       size_t length)
{
	uint8_t *field = ip + (recipe->family == AF_INET ? 2 : 4);

	if (recipe->oddity == ODD_LENGTH) {
		uint16_t truth = get16(field);

		put16(field, lie(dice, truth));
		input_say(input, "length %u, not %u", get16(field), truth);
	}
	if (recipe->oddity == ODD_VERSION) {
		/* Behind a longer outer header, ciphertext would stand for the ports of rules. */
		if (recipe->family == AF_INET && dice_once_in(dice, 2))
			ip[0] = 4 << 4 | dice_below(dice, input->message.offset ? 6 : 16);
		else
			ip[0] = dice_below(dice, 16) << 4 | (ip[0] & 15);
		input_say(input, "first byte %02x", ip[0]);
	}
	if (recipe->family != AF_INET)
		return;
	ip4_set_checksum(ip, length);
	if (recipe->oddity == ODD_CHECKSUM) {
		ip[10 + dice_below(dice, 2)] ^= 1 << dice_below(dice, 8);
		input_say(input, "wrong checksum");
	}
}

static void write_icmp(struct dice *dice, const struct ip_recipe *recipe, uint8_t *icmp)
{
	/* None that changes what a router knows, or has an answer with a time in it. */
	static const uint8_t types4[] = { 8, 8, 8, 0, 3, 11, 12, 42 };
	static const uint8_t types6[] = { 128, 128, 128, 129, 1, 3, 4, 200 };

	icmp[0] = recipe->family == AF_INET ? dice_pick(dice, types4) : dice_pick(dice, types6);
	if (dice->flows && !dice_once_in(dice, 4))
		icmp[0] = ip_echo_type(recipe->family, recipe->reply);
	icmp[1] = 0;
	put16(icmp + 4, recipe->tag);
}

void ip_write_payload(struct dice *dice, const struct ip_recipe *recipe, const uint8_t *ip,
		      uint8_t *to, size_t length)
{
	bool wrong = dice_once_in(dice, 16);
	uint8_t data[64] = { 0 };
	size_t check = 0;
	size_t i;

	for (i = 0; i < length; i++)
		to[i] = recipe->tag + i;
	for (i = 0; i < sizeof(data); i++)
		data[i] = recipe->tag + i;
	switch (recipe->protocol) {
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		put16(data, dice_range(dice, 1, 65535));
		put16(data + 2, dice_range(dice, 1, 65535));
		put16(data + 4, wrong ? dice_below(dice, 2000) : length);
		check = 6;
		break;
	case IPPROTO_TCP:
		put16(data, dice_range(dice, 1, 65535));
		put16(data + 2, dice_range(dice, 1, 65535));
		data[12] = 5 << 4;
		data[13] = dice_below(dice, 256);
		if (dice->flows && !dice_once_in(dice, 4))
			data[13] = dice_once_in(dice, 2) ? TH_ACK : TH_ACK | TH_PUSH;
		check = 16;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		write_icmp(dice, recipe, data);
		check = 2;
		break;
	}
	memcpy(to, data, length < sizeof(data) ? length : sizeof(data));
	if (check && length >= check + 2) {
		put16(to + check, 0);
		put16(to + check,
		      l4_checksum(ip, recipe->protocol, to, length) ^ (wrong ? 0x0100 : 0));
	}
}

size_t ip_write_packet(struct dice *dice, struct input *input, const struct ip_recipe *recipe,
		       uint8_t *to, size_t length)
{
	size_t payload = length - ip_header_length(recipe->family);
	size_t header = ip_write_header(dice, input, recipe, to, payload);

	ip_write_payload(dice, recipe, to, to + header, payload);
	ip_finish(dice, input, recipe, to, header + payload);
	return header + payload;
}
