// SPDX-License-Identifier: GPL-2.0
#include <netinet/in.h>

#include "left.h"
#include "packet.h"

/* The program finds no field that is farther in than this, with the headers that come in front. */
#define FOUND 190

/* The packet that a frame holds, if its header is a plain one. Return: its header's length, or 0.
 */
static unsigned int plain_header(const struct input *input, uint8_t *protocol)
{
	const uint8_t *ip = input->data + ETH_LENGTH;
	uint16_t type = get16(input->data + 12);

	if (type == 0x0800 && ip[0] == 0x45) {
		*protocol = ip[9];
		return IP4_LENGTH;
	}
	if (type == 0x86dd && ip[0] >> 4 == 6) {
		*protocol = ip[6];
		return IP6_LENGTH;
	}
	return 0;
}

/* The length of layer 4, as the header has it. */
static unsigned int l4_length(const struct input *input, unsigned int header)
{
	const uint8_t *ip = input->data + ETH_LENGTH;

	return header == IP4_LENGTH ? (uint16_t)(get16(ip + 2) - IP4_LENGTH) : get16(ip + 4);
}

static void leave(struct input *input, unsigned int start, unsigned int field)
{
	input->left_start = start;
	input->left_field = field;
	if (field > FOUND)
		input->marks &= ~MARK_EASY;
	input_say(input, "checksum from %u at %u is left", start, field);
}

void left_roll(struct dice *dice, struct input *input)
{
	unsigned int header, start, field;
	uint8_t protocol;

	if (input->fragment || dice_once_in(dice, 2))
		return;
	header = plain_header(input, &protocol);
	if (!header)
		return;
	start = ETH_LENGTH + header;
	field = start + (protocol == IPPROTO_TCP ? 16 : 6);
	if (input->message.offset) {
		if (input->message.offset != start + UDP_LENGTH || field + 2 > input->length ||
		    input->message.udp_check != UDP_CHECK_RIGHT)
			return;
		input->message.udp_check = UDP_CHECK_LEFT;
		leave(input, start, field);
		return;
	}
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) {
		start += dice_below(dice, 120);
		field = start + dice_below(dice, 40);
	}
	if (field + 2 > input->length)
		return;
	if (dice_once_in(dice, 8))
		put16(input->data + field, dice_below(dice, 65536));
	else if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP)
		put16(input->data + field,
		      ip_pseudo_sum(input->data + ETH_LENGTH, protocol, l4_length(input, header)));
	leave(input, start, field);
}
