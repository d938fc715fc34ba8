// SPDX-License-Identifier: GPL-2.0
/*
 * The grammar of WireGuard messages: a packet, its message, and the datagram around that.
 */
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "grammar.h"
#include "message.h"
#include "packet.h"

/* Longest outer packet: the MTU of R1's interface to W. And the longest one in two fragments. */
#define OUTER_MAX 1500
#define FRAGMENTED_MAX 1560

/* Write outer headers around the message whose plaintext is in place. */
static void wrap(struct dice *dice, struct input *input, struct outer *outer, size_t length)
{
	uint8_t *ip = input->data + ETH_LENGTH, headers[128], *udp;
	size_t header, datagram = UDP_LENGTH + length;
	int lie = 0;

	header = ip_write_header(dice, input, &outer->recipe, headers, datagram);
	memmove(ip + header + UDP_LENGTH, ip + ip_header_length(outer->recipe.family) + UDP_LENGTH,
		length);
	memcpy(ip, headers, header);
	udp = ip + header;
	if (input->marks & MARK_UDP_LENGTH)
		lie = (int)dice_range(dice, 1, 50) * (dice_once_in(dice, 2) ? -1 : 1);
	put16(udp, outer->from.port);
	put16(udp + 2, outer->to.port);
	put16(udp + 4, datagram + lie);
	if (lie)
		input_say(input, "UDP length %d too much", lie);
	put16(udp + 6, 0);
	input->length = ETH_LENGTH + header + datagram;
	input->message.offset = ETH_LENGTH + header + UDP_LENGTH;
	ip_finish(dice, input, &outer->recipe, ip, header + datagram);
	grammar_link(dice, input, outer->recipe.family, outer->link);
}

/*
 * What is odd about the outer addresses and ports makes the peer roam, so nothing else may be on
 * its way, not even an answer to this.
 */
static void roll_endpoint(struct dice *dice, struct input *input, struct outer *outer)
{
	static const char *const routers4[] = { "172.16.1.1", "10.0.0.1", "192.0.2.1" };
	static const char *const routers6[] = { "fd00:a::1", "fd00::1", "2001:db8::1" };

	input->marks |= MARK_ALONE;
	outer->roams = true;
	switch (dice_below(dice, 6)) {
	case 0:
		outer->from.port = dice_range(dice, 1, 65535);
		input_say(input, "outer source port %u", outer->from.port);
		break;
	case 1:
		outer->to.port = dice_once_in(dice, 2) ? 51821 : dice_range(dice, 1, 65535);
		input_say(input, "outer port %u", outer->to.port);
		break;
	case 2:
		input_say(input, "outer");
		address_roll_odd_source(dice, input, &outer->recipe);
		break;
	case 3:
		input_say(input, "outer");
		address_roll_odd_destination(dice, input, &outer->recipe);
		break;
	case 4:
		outer->to.address = outer->recipe.family == AF_INET ? dice_pick(dice, routers4)
								    : dice_pick(dice, routers6);
		addresses_write(outer->recipe.destination, outer->to.address, 0);
		input_say(input, "outer to %s", outer->to.address);
		break;
	case 5:
		input->point = POINT_A;
		input_say(input, "at the other interface");
		break;
	}
}

/* Other messages than data: cut to the length of their type, or not. */
static void roll_type(struct dice *dice, struct input *input, uint8_t *message, size_t *length)
{
	static const uint8_t types[] = { 0, 1, 2, 3, 4, 5, 255 };
	static const uint8_t lengths[] = { 148, 92, 64, 31, 32, 16, 4, 3, 0 };
	bool cut = dice_once_in(dice, 2);
	size_t i;

	message[0] = dice_pick(dice, types);
	memset(message + 1, 0, 3);
	if (cut)
		*length = dice_pick(dice, lengths);
	if (dice_once_in(dice, 4))
		message[1 + dice_below(dice, 3)] = 1;
	input->message.plain = 0;
	for (i = 4; i < *length; i++)
		message[i] = i * 7;
	input->marks |= MARK_RAW;
	input_say(input, "message %02x%02x%02x%02x of %zu bytes", message[0], message[1],
		  message[2], message[3], *length);
}

static void roll_counter(struct dice *dice, struct input *inputs, unsigned int index)
{
	static const uint32_t behind[] = { 0,	 1,    2,    63,   64,	 65,   127,
					   128,	 1000, 8063, 8064, 8065, 8100, 8127,
					   8128, 8129, 8130, 8191, 8192, 8193, 9000 };
	static const uint32_t ahead[] = { 2, 63, 64, 65, 2000, 8128, 8192, 8193, 20000 };
	static const uint64_t values[] = { 0,
					   1,
					   1ULL << 63,
					   UINT64_MAX,
					   UINT64_MAX - 1,
					   UINT64_MAX - 8128,
					   UINT64_MAX - 8129,
					   UINT64_MAX - 8130 };
	struct input *input = &inputs[index];
	struct message *message = &input->message;

	input->marks |= MARK_ALONE;
	switch (dice_below(dice, 6)) {
	case 0 ... 1:
		message->counter_kind = COUNTER_BEHIND;
		message->counter = dice_pick(dice, behind);
		input_say(input, "counter %u behind", (unsigned int)message->counter);
		break;
	case 2:
		message->counter_kind = COUNTER_AHEAD;
		message->counter = dice_pick(dice, ahead);
		input_say(input, "counter %u ahead", (unsigned int)message->counter);
		break;
	case 3:
		message->counter_kind = COUNTER_VALUE;
		/* A greater one that is accepted would leave no other to this session. */
		message->counter = dice_pick(dice, values);
		if (message->counter > 1 && message->counter < UINT64_MAX - 8129)
			message->tag_xor = 1;
		input_say(input, "counter %llx", (unsigned long long)message->counter);
		break;
	default:
		if (!index)
			break;
		message->counter = dice_below(dice, index);
		/* What only one pass accepted is a replay only there; see also COUNTER_VALUE. */
		if (inputs[message->counter].marks & MARK_UDP_CHECK ||
		    inputs[message->counter].message.counter_kind == COUNTER_VALUE)
			break;
		message->counter_kind = COUNTER_REPLAY;
		input_say(input, "replay of frame %u", (unsigned int)message->counter + 1);
	}
}

static void roll_message_oddity(struct dice *dice, struct input *inputs, unsigned int index)
{
	struct input *input = &inputs[index];
	struct message *message = &input->message;

	switch (dice_below(dice, 8)) {
	case 0 ... 1:
		message->tag_xor = 1 << dice_below(dice, 8);
		input_say(input, "wrong tag");
		break;
	case 2:
		message->index_xor = dice_next(dice);
		input_say(input, "wrong index");
		break;
	case 3 ... 5:
		roll_counter(dice, inputs, index);
		break;
	case 6:
		input->marks |= MARK_UDP_LENGTH;
		break;
	case 7:
		message->udp_check = dice_once_in(dice, 2) ? UDP_CHECK_ZERO : UDP_CHECK_WRONG;
		if (message->udp_check == UDP_CHECK_WRONG)
			input->marks |= MARK_UDP_CHECK;
		input_say(input, "UDP checksum %s",
			  message->udp_check == UDP_CHECK_WRONG ? "wrong" : "zero");
		break;
	}
}

/* What is odd about the inner packet; a sender without malice would not have sealed it. */
static void roll_inner_oddity(struct dice *dice, struct input *input, struct ip_recipe *inner)
{
	inner->odd = true;
	switch (dice_below(dice, 4)) {
	case 0:
		address_roll_odd_source(dice, input, inner);
		break;
	case 1:
		address_roll_odd_destination(dice, input, inner);
		break;
	default:
		inner->oddity = dice_range(dice, ODD_NOTHING + 1, ODDITIES - 1);
		if (inner->oddity == ODD_TTL) {
			inner->ttl = dice_below(dice, 2);
			input_say(input, "TTL %u", inner->ttl);
		}
	}
}

static void roll_outer_oddity(struct dice *dice, struct input *input, struct outer *outer,
			      bool inner_sound)
{
	switch (dice_below(dice, 4)) {
	case 0:
		outer->link = true;
		break;
	case 1:
		if (inner_sound)
			roll_endpoint(dice, input, outer);
		break;
	default:
		outer->recipe.oddity = dice_range(dice, ODD_NOTHING + 1, ODDITIES - 1);
		if (outer->recipe.oddity == ODD_TTL) {
			outer->recipe.ttl = dice_below(dice, 2);
			input_say(input, "outer TTL %u", outer->recipe.ttl);
		} else {
			input_say(input, "outer");
		}
	}
}

/* The padding: as the kernel pads, or nothing, or more than it would, and not zero. */
static size_t pad(struct dice *dice, struct input *input, uint8_t *packet, size_t length,
		  size_t most)
{
	size_t padded = (length + 15) / 16 * 16;
	uint8_t fill = 0;

	if (dice_once_in(dice, 8)) {
		padded = dice_once_in(dice, 2) ? length : length + dice_below(dice, 100);
		fill = 0x55;
	}
	if (padded > most)
		padded = most;
	if (padded != (length + 15) / 16 * 16)
		input_say(input, "padded to %zu", padded);
	memset(packet + length, fill, padded - length);
	return padded;
}

void message_roll(struct dice *dice, struct input *input, struct outer *outer)
{
	input->point = POINT_W;
	input->direction = DIRECTION_OUT;
	outer->recipe.tag = input->tag;
	outer->recipe.family = outer->peer == PEER_4 ? AF_INET : AF_INET6;
	ip_roll(dice, &outer->recipe);
	/* The tunnel's datagrams are one flow, and rules let it through with one DSCP at a time. */
	if (dice->flows && !dice_once_in(dice, 8))
		outer->recipe.tos &= 3;
	outer->recipe.protocol = IPPROTO_UDP;
	outer->from = peer_endpoints[outer->peer];
	outer->to.address = router_endpoints[outer->peer];
	outer->to.port = WG_PORT;
	addresses_write(outer->recipe.source, outer->from.address, 0);
	addresses_write(outer->recipe.destination, outer->to.address, 0);
	input->message.peer = outer->peer;
}

/* Write the message around its plaintext. */
static size_t write_message(struct input *input, uint8_t *message, size_t plain)
{
	message[0] = 4;
	memset(message + 1, 0, MESSAGE_HEADER - 1);
	memset(message + MESSAGE_HEADER + plain, 0, MESSAGE_TAG);
	input->message.plain = plain;
	return plain + MESSAGE_OVERHEAD;
}

static uint8_t *message_place(struct input *input, const struct outer *outer)
{
	return input->data + ETH_LENGTH + ip_header_length(outer->recipe.family) + UDP_LENGTH;
}

static size_t room(const struct outer *outer, size_t most)
{
	return most - ip_header_length(outer->recipe.family) - UDP_LENGTH - MESSAGE_OVERHEAD;
}

void message_write(struct dice *dice, struct input *input, struct outer *outer,
		   const struct ip_recipe *inner, size_t length)
{
	uint8_t *message = message_place(input, outer);
	size_t plain;

	plain = ip_write_packet(dice, input, inner, message + MESSAGE_HEADER, length);
	plain = pad(dice, input, message + MESSAGE_HEADER, plain, room(outer, OUTER_MAX));
	wrap(dice, input, outer, write_message(input, message, plain));
}

/* One thing that is odd. */
static void roll_oddity(struct dice *dice, struct input *inputs, unsigned int index,
			struct outer *outer, struct ip_recipe *inner)
{
	struct input *input = &inputs[index];

	switch (dice_below(dice, 10)) {
	case 0 ... 2:
		roll_message_oddity(dice, inputs, index);
		break;
	case 3 ... 5:
		if (!outer->roams)
			roll_inner_oddity(dice, input, inner);
		break;
	case 6 ... 8:
		roll_outer_oddity(dice, input, outer, !inner->odd);
		break;
	case 9:
		outer->fragmented = true;
		break;
	}
}

void grammar_roll_message(struct dice *dice, struct input *inputs, unsigned int index)
{
	struct input *input = &inputs[index];
	enum way way = dice_once_in(dice, 8) ? WAY_OUT_W : WAY_OUT;
	struct outer outer = { .peer = dice_below(dice, PEERS) };
	struct ip_recipe inner = { .tag = input->tag, .reply = true };
	unsigned int odd = dice_once_in(dice, 2) ? 0 : dice_once_in(dice, 5) ? 2 : 1;
	size_t most, length, plain;
	uint8_t *message;

	inner.family = dice_once_in(dice, 2) ? AF_INET : AF_INET6;
	ip_roll(dice, &inner);
	address_roll(dice, &inner, way, outer.peer);
	message_roll(dice, input, &outer);
	input_families(input, inner.family, outer.peer);
	input_say(input, "%s, IPv%d in IPv%d, protocol %u, TOS %02x in %02x, TTL %u",
		  way == WAY_OUT ? "tunnel to A" : "tunnel to W", input->inner, input->outer,
		  inner.protocol, inner.tos, outer.recipe.tos, inner.ttl);
	if (!odd)
		input->marks |= MARK_EASY;
	while (odd--)
		roll_oddity(dice, inputs, index, &outer, &inner);
	/* No rule of R1 is about this one, and so there is no answer. */
	if (outer.roams)
		inner.protocol = 253;
	outer.fragmented = outer.fragmented && outer.recipe.oddity == ODD_NOTHING && !outer.link &&
			   !outer.roams && !(input->marks & MARK_UDP_LENGTH);

	most = room(&outer, outer.fragmented ? FRAGMENTED_MAX : OUTER_MAX);
	length = ip_roll_length(dice, ip_header_length(inner.family), most - 20);
	if (outer.roams && length > 1000)
		length = 1000;
	if (length > 1200)
		input->marks &= ~MARK_EASY;
	input_say(input, "%zu bytes", length);

	message = message_place(input, &outer);
	plain = ip_write_packet(dice, input, &inner, message + MESSAGE_HEADER, length);
	plain = pad(dice, input, message + MESSAGE_HEADER, plain, most);
	if (!(input->marks & MARK_EASY) && dice_once_in(dice, 30)) {
		plain = dice_once_in(dice, 2) ? 0 : dice_below(dice, 64);
		input_say(input, "plaintext of %zu bytes", plain);
	}
	length = write_message(input, message, plain);
	if (!(input->marks & MARK_EASY) && dice_once_in(dice, 12))
		roll_type(dice, input, message, &length);
	wrap(dice, input, &outer, length);
	if (input->marks & MARK_RAW)
		input->message.offset = 0;
	if (outer.fragmented && length > 16) {
		input->fragment = dice_range(dice, 1, (length + UDP_LENGTH - 1) / 8) * 8;
		input_say(input, "outer in two fragments, at %u", input->fragment);
	}
}
