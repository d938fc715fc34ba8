// SPDX-License-Identifier: GPL-2.0
/*
 * Roaming: a peer moves to another address or interface, or answers to another address of R1, and
 * what R1 sends to it goes there, until it comes back.
 */
#include <string.h>

#include "address.h"
#include "grammar.h"
#include "message.h"
#include "packet.h"

struct move {
	const char *words, *from, *to;
	uint16_t port; /* 0 for the one it had */
	enum point point;
};

static const struct move moves4[] = {
	{ "to another port", "192.0.2.2", "192.0.2.1", 1234, POINT_W },
	{ "to another host", "198.18.0.9", "192.0.2.1", 0, POINT_W },
	{ "to another address of R1", "192.0.2.2", "172.16.1.1", 0, POINT_W },
	{ "to the address in the tunnel", "192.0.2.2", "10.0.0.1", 0, POINT_W },
	{ "to A", "10.1.0.9", "172.16.1.1", 0, POINT_A },
	{ "to A, with the old address of R1", "10.1.0.9", "192.0.2.1", 0, POINT_A },
	{ "to IPv6", "2001:db8::2", "2001:db8::1", 0, POINT_W },
	{ "to IPv6 and A", "fd00:1::9", "fd00:a::1", 0, POINT_A },
};

static const struct move moves6[] = {
	{ "to another port", "2001:db8::2", "2001:db8::1", 1234, POINT_W },
	{ "to another host", "fd00:18::9", "2001:db8::1", 0, POINT_W },
	{ "to another address of R1", "2001:db8::2", "fd00:a::1", 0, POINT_W },
	{ "to A", "fd00:1::9", "fd00:a::1", 0, POINT_A },
	{ "to A, with the old address of R1", "fd00:1::9", "2001:db8::1", 0, POINT_A },
	{ "to a host beyond W, but in by A", "fd00:18::9", "2001:db8::1", 0, POINT_A },
	{ "to IPv4", "192.0.2.2", "192.0.2.1", 0, POINT_W },
	{ "to IPv4 and A", "10.1.0.9", "172.16.1.1", 0, POINT_A },
};

static void roll_message(struct dice *dice, struct input *input, enum peer peer,
			 const struct move *move)
{
	struct outer outer = { .peer = peer };
	struct ip_recipe inner = { .tag = input->tag, .reply = true };

	inner.family = dice_once_in(dice, 2) ? AF_INET : AF_INET6;
	ip_roll(dice, &inner);
	address_roll(dice, &inner, WAY_OUT, peer);
	message_roll(dice, input, &outer);
	input_families(input, inner.family, peer);
	input_say(input, "peer %s", move ? move->words : "back");
	if (move) {
		input->point = move->point;
		if (move->port)
			outer.from.port = move->port;
		outer.recipe.family = strchr(move->from, ':') ? AF_INET6 : AF_INET;
		addresses_write(outer.recipe.source, move->from, 0);
		addresses_write(outer.recipe.destination, move->to, 0);
	}
	message_write(dice, input, &outer, &inner,
		      ip_roll_length(dice, ip_header_length(inner.family), 1000));
}

static void roll_answer(struct dice *dice, struct input *input, enum peer peer)
{
	struct ip_recipe recipe = { .tag = input->tag };
	uint16_t length;

	recipe.family = dice_once_in(dice, 2) ? AF_INET : AF_INET6;
	ip_roll(dice, &recipe);
	address_roll(dice, &recipe, WAY_IN, peer);
	input->point = POINT_A;
	input_families(input, recipe.family, peer);
	length = ip_roll_length(dice, ip_header_length(recipe.family), 1000);
	input_say(input, "to a peer that has moved, %u bytes, TOS %02x", length, recipe.tos);
	input->length = ETH_LENGTH +
			ip_write_packet(dice, input, &recipe, input->data + ETH_LENGTH, length);
	grammar_link(dice, input, recipe.family, false);
}

void grammar_roll_roaming(struct dice *dice, struct input *inputs, unsigned int index)
{
	enum peer peer = dice_below(dice, PEERS);
	const struct move *move =
		peer == PEER_4 ? &dice_pick(dice, moves4) : &dice_pick(dice, moves6);
	unsigned int i;

	for (i = 0; i < ROAMING_INPUTS; i++) {
		struct input *input = &inputs[index + i];

		memset(input, 0, sizeof(*input));
		input->tag = index + i + 1;
		input->marks = MARK_ALONE | (i ? MARK_FOLLOWS : 0);
		if (i == 0) {
			roll_message(dice, input, peer, move);
			input->marks |= MARK_MOVES;
		} else if (i == ROAMING_INPUTS - 1) {
			roll_message(dice, input, peer, NULL);
			input->marks |= MARK_RETURNS;
		} else if (i == 2) {
			roll_message(dice, input, peer, move);
		} else {
			roll_answer(dice, input, peer);
		}
	}
}
