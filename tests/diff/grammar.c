// SPDX-License-Identifier: GPL-2.0
/*
 * Half of the frames have nothing odd, and should go fast; most others have one thing that is.
 */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "grammar.h"
#include "packet.h"

void input_say(struct input *input, const char *format, ...)
{
	size_t used = strlen(input->words);
	va_list args;

	if (used && used + 2 < sizeof(input->words)) {
		strcpy(input->words + used, ", ");
		used += 2;
	}
	va_start(args, format);
	vsnprintf(input->words + used, sizeof(input->words) - used, format, args);
	va_end(args);
}

void input_families(struct input *input, int inner, enum peer peer)
{
	input->inner = inner == AF_INET ? 4 : 6;
	input->outer = peer == PEER_4 ? 4 : 6;
}

/* Whether each byte is one more than that before it, as in the payloads that are made here. */
static bool counts_up(const uint8_t *data, unsigned int length)
{
	unsigned int i;

	for (i = 0; i < length; i++)
		if (data[i] != (uint8_t)(data[-1] + i + 1))
			return false;
	return true;
}

void print_bytes(const uint8_t *data, unsigned int length)
{
	unsigned int line, i, n;

	for (line = 0; line < length; line += n) {
		n = 32;
		while (line && line + n <= length && counts_up(data + line, n))
			n += 32;
		if (n > 32) {
			n -= 32;
			printf("\n    %u bytes that count up", n);
			continue;
		}
		for (i = line; i < line + n && i < length; i++)
			printf("%s%02x", i % 32 ? i % 2 ? "" : " " : "\n    ", data[i]);
	}
	printf("\n");
}

void input_print(const struct input *input)
{
	printf("  input: %s; injected at %s, %u bytes", input->words,
	       input->point == POINT_A ? "A" : "W", input->length);
	if (input->message.offset)
		printf(", plaintext of %u bytes at %u to be sealed", input->message.plain,
		       input->message.offset + MESSAGE_HEADER);
	print_bytes(input->data, input->length);
}

static void insert(struct input *input, unsigned int offset, const uint8_t *data, unsigned int n)
{
	memmove(input->data + offset + n, input->data + offset, input->length - offset);
	memcpy(input->data + offset, data, n);
	input->length += n;
	if (input->message.offset)
		input->message.offset += n;
}

static void roll_tag(struct dice *dice, struct input *input)
{
	static const uint8_t tags[][4] = {
		{ 0x81, 0, 0, 5 },
		{ 0x81, 0, 0, 0 },
		{ 0x81, 0, 0xe0, 0 },
		{ 0x88, 0xa8, 0, 5 },
	};
	const uint8_t *tag = dice_pick(dice, tags);

	insert(input, 12, tag, 4);
	input_say(input, "tag %02x%02x %02x%02x", tag[0], tag[1], tag[2], tag[3]);
}

static void roll_mac(struct dice *dice, struct input *input)
{
	static const uint8_t macs[][6] = {
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		{ 1, 0, 0x5e, 0, 0, 1 },
		{ 0x33, 0x33, 0, 0, 0, 1 },
		{ 2, 0, 0, 0, 0x0c, 1 },
		{ 2, 0, 0, 0, 0x0b, 1 },
		{ 2, 0, 0, 0, 0x0a, 1 },
	};
	const uint8_t *mac = dice_pick(dice, macs);

	if (dice_once_in(dice, 4)) {
		memcpy(input->data + 6, mac, 6);
		input_say(input, "from MAC ..:%02x:%02x", mac[4], mac[5]);
	} else {
		memcpy(input->data, mac, 6);
		input_say(input, "to MAC ..:%02x:%02x", mac[4], mac[5]);
	}
}

static void roll_type(struct dice *dice, struct input *input, int family)
{
	static const uint16_t types[] = { 0x0800, 0x86dd, 0x8847, 0x0040, 0x05dc, 0x1234 };
	uint16_t type = dice_pick(dice, types);

	if (type == (family == AF_INET ? 0x0800 : 0x86dd))
		type = family == AF_INET ? 0x86dd : 0x0800;
	put16(input->data + 12, type);
	input_say(input, "type %04x", type);
}

static void roll_end(struct dice *dice, struct input *input)
{
	unsigned int i,
		n = dice_once_in(dice, 3) ? dice_range(dice, 1, 3) : dice_range(dice, 1, 64);

	if (dice_once_in(dice, 4)) {
		input->length = dice_range(dice, ETH_LENGTH, input->length);
		input_say(input, "truncated");
		return;
	}
	if (input->length + n > FRAME_MAX - 8)
		return;
	for (i = 0; i < n; i++)
		input->data[input->length++] = 0xa0 + i;
	input_say(input, "%u bytes behind", n);
}

void grammar_link(struct dice *dice, struct input *input, int family, bool odd)
{
	memcpy(input->data, router_macs[input->point], 6);
	memcpy(input->data + 6, host_macs[input->point], 6);
	put16(input->data + 12, family == AF_INET ? 0x0800 : 0x86dd);
	if (!odd)
		return;
	switch (dice_below(dice, 7)) {
	case 0:
		roll_tag(dice, input);
		break;
	case 1:
	case 2:
		roll_mac(dice, input);
		break;
	case 3:
		roll_type(dice, input, family);
		break;
	default:
		roll_end(dice, input);
	}
}

static const char *const way_words[] = {
	[WAY_IN] = "A to tunnel",	   [WAY_IN_W] = "W to tunnel",
	[WAY_OUT] = "tunnel to A",	   [WAY_OUT_W] = "tunnel to W",
	[WAY_PLAIN] = "A to W, no tunnel", [WAY_PLAIN_W] = "W to A, no tunnel",
};

/* A datagram that looks like WireGuard's, but is for another host, or not for R1's peers. */
static void look_like_message(struct dice *dice, struct input *input, uint8_t *ip, size_t header,
			      size_t length)
{
	uint8_t *udp = ip + header;

	if (length < header + UDP_LENGTH + 4)
		return;
	put16(udp + 2, WG_PORT);
	udp[8] = dice_below(dice, 6);
	memset(udp + 9, 0, 3);
	/* The sum of these bytes is not looked at: they are on their way, or fail in WireGuard. */
	put16(udp + 6, dice_once_in(dice, 2) ? 0 : 0x1234);
	input_say(input, "WireGuard's port, type %u", udp[8]);
}

/* A packet that comes in without a tunnel. */
static void roll_plain(struct dice *dice, struct input *input)
{
	static const enum way ways_in[] = { WAY_IN, WAY_IN, WAY_IN, WAY_IN, WAY_IN, WAY_IN_W };
	struct ip_recipe recipe = { .tag = input->tag };
	unsigned int odd = dice_once_in(dice, 2) ? 0 : dice_once_in(dice, 5) ? 2 : 1;
	enum peer peer = dice_below(dice, PEERS);
	enum way way;
	uint16_t length, most;
	bool link = false;

	input->direction = dice_once_in(dice, 10) ? DIRECTION_PLAIN : DIRECTION_IN;
	if (input->direction == DIRECTION_IN)
		way = dice_pick(dice, ways_in);
	else
		way = dice_once_in(dice, 2) ? WAY_PLAIN : WAY_PLAIN_W;
	input->point = way == WAY_IN || way == WAY_PLAIN ? POINT_A : POINT_W;
	recipe.family = dice_once_in(dice, 2) ? AF_INET : AF_INET6;
	input_families(input, recipe.family, peer);
	input_say(input, "%s, IPv%d in IPv%d", way_words[way], input->inner, input->outer);
	ip_roll(dice, &recipe);
	address_roll(dice, &recipe, way, peer);
	most = input->point == POINT_A ? 1600 : 1500;
	length = ip_roll_length(dice, ip_header_length(recipe.family), most - 20);
	input_say(input, "%u bytes, protocol %u, TOS %02x, TTL %u", length, recipe.protocol,
		  recipe.tos, recipe.ttl);
	/* There is a route for packets with some TOS into nothing. */
	if (!odd && (way == WAY_IN || way == WAY_IN_W) && length <= 1280 && !(recipe.tos & 0x10))
		input->marks |= MARK_EASY;
	while (odd--) {
		switch (dice_below(dice, 9)) {
		case 0 ... 1:
			address_roll_odd_source(dice, input, &recipe);
			break;
		case 2 ... 3:
			address_roll_odd_destination(dice, input, &recipe);
			break;
		case 4 ... 5:
			link = true;
			break;
		default:
			recipe.oddity = dice_range(dice, ODD_NOTHING + 1, ODDITIES - 1);
			if (recipe.oddity == ODD_TTL) {
				recipe.ttl = dice_below(dice, 2);
				input_say(input, "TTL %u", recipe.ttl);
			}
		}
	}
	input->length = ETH_LENGTH +
			ip_write_packet(dice, input, &recipe, input->data + ETH_LENGTH, length);
	if (recipe.protocol == IPPROTO_UDP && recipe.oddity == ODD_NOTHING && dice_once_in(dice, 6))
		look_like_message(dice, input, input->data + ETH_LENGTH,
				  ip_header_length(recipe.family), length);
	grammar_link(dice, input, recipe.family, link);
}

unsigned int grammar_roll(struct dice *dice, struct input *inputs, unsigned int index,
			  unsigned int room)
{
	struct input *input = &inputs[index];

	if (room >= ROAMING_INPUTS && dice_once_in(dice, 200)) {
		grammar_roll_roaming(dice, inputs, index);
		return ROAMING_INPUTS;
	}
	memset(input, 0, sizeof(*input));
	input->tag = index + 1;
	/* As many messages out of the tunnel as packets into it; a tenth of the others is neither.
	 */
	if (dice_below(dice, 19) < 9)
		grammar_roll_message(dice, inputs, index);
	else
		roll_plain(dice, input);
	return 1;
}
