// SPDX-License-Identifier: GPL-2.0
/*
 * Frames that may carry a message: one that R1 can decrypt, or the room for one with a packet in it
 * that R1 can encrypt, or something that is almost like it.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <pthread.h>
#include <string.h>

#include "tests.h"
#include "tests/harness/frame.h"
#include "tests/kfunc/session.h"

/* Within the window of counters that R1 accepts, with those that R2's kernel uses meanwhile. */
#define COUNTER_FIRST 500
#define COUNTER_LAST 7500

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct session session;
static bool there;
static uint64_t counter;

void keys_read(void)
{
	struct request request = { .call = CALL_KEYS, .ifindex = if_nametoindex("wg0") };
	const struct reply *reply = call_reply();
	bool renewed;

	request_address(&request, r2.host_address[0]);
	if (call_run(XDP, r1.lan, &request, NULL)) {
		there = false;
		return;
	}
	pthread_mutex_lock(&lock);
	renewed = !there || session.birth != reply->birth;
	memcpy(session.sending, reply->sending, sizeof(session.sending));
	memcpy(session.receiving, reply->receiving, sizeof(session.receiving));
	session.local_index = reply->local_index;
	session.remote_index = reply->remote_index;
	session.birth = reply->birth;
	if (renewed)
		counter = COUNTER_FIRST;
	there = true;
	pthread_mutex_unlock(&lock);
}

uint32_t keys_local(void)
{
	return session.local_index;
}

uint32_t keys_remote(void)
{
	return session.remote_index;
}

/* Return: whether there is a session, and a counter that no message has had. */
static bool take_counter(struct session *copy, uint64_t *next)
{
	bool taken;

	pthread_mutex_lock(&lock);
	taken = there && counter < COUNTER_LAST;
	*copy = session;
	*next = counter;
	counter += taken;
	pthread_mutex_unlock(&lock);
	return taken;
}

static uint32_t draw_inner(struct dice *dice)
{
	static const uint32_t lengths[] = { 20, 21, 28, 40, 63, 64, 65, 100, 127, 128, 129, 1000 };

	return lengths[dice_roll(dice) % (sizeof(lengths) / sizeof(*lengths))];
}

/* Make the message, with an inner packet of that length. Return: the length of the message. */
static uint32_t draw_message(struct dice *dice, uint8_t *data, uint32_t inner)
{
	uint32_t padded = (inner + 15) & ~15U;
	struct frame packet = { .length = 0 };
	struct session copy;
	struct message message;
	uint64_t next;

	frame_put_ip(&packet, "10.2.0.2", "10.1.0.2", inner);
	memset(packet.data + inner, 0, padded - inner);
	memcpy(data + MESSAGE_HEADER, packet.data, padded);
	if (dice_roll(dice) % 2 && padded + MESSAGE_OVERHEAD <= sizeof(message.data) &&
	    take_counter(&copy, &next)) {
		message_seal(&message, &copy, next, packet.data, padded);
		memcpy(data, message.data, message.length);
		/* What is not authentic. */
		if (!(dice_roll(dice) % 16))
			data[dice_roll(dice) % message.length] ^= 1;
	}
	return padded + MESSAGE_OVERHEAD;
}

static void fill(struct dice *dice, uint8_t *data, uint32_t length)
{
	uint32_t i, r;

	for (i = 0; i < length; i += sizeof(r)) {
		r = dice_roll(dice);
		memcpy(data + i, &r, length - i < sizeof(r) ? length - i : sizeof(r));
	}
}

/* What is in front of the message: nonsense, but for the length, or what a peer sends. */
static void draw_headers(struct dice *dice, uint8_t *data, uint32_t message)
{
	struct frame headers = { .length = 0 };
	uint16_t length = htons(sizeof(struct udphdr) + message);

	if (dice_roll(dice) % 2) {
		frame_put_eth(&headers, (const uint8_t *)"\2\1\1\1\1\1",
			      (const uint8_t *)"\2\2\2\2\2\2", ETHERTYPE_IP);
		frame_put_datagram(&headers, r1.peer->wan_address[0], r1.wan_address[0], WG_PORT,
				   WG_PORT, data + MESSAGE_OFFSET, message);
		memcpy(data, headers.data, MESSAGE_OFFSET);
		return;
	}
	fill(dice, data, MESSAGE_OFFSET);
	memcpy(data + UDP_LENGTH_OFFSET, &length, sizeof(length));
}

uint32_t frame_draw(struct dice *dice, uint8_t *data, uint32_t most)
{
	static const uint32_t others[] = { 14, 15, 41, 42, 73, 74, 128, 1514 };
	uint32_t size, message, kind = dice_roll(dice) % 12;

	if (kind == 0) {
		size = others[dice_roll(dice) % (sizeof(others) / sizeof(*others))];
		fill(dice, data, size);
		/* Test runs take no truncated IP packet. */
		data[12] = 0x88;
		return size;
	}
	message = draw_message(dice, data + MESSAGE_OFFSET,
			       kind == 1 ? most - 200 : draw_inner(dice));
	size = MESSAGE_OFFSET + message;
	draw_headers(dice, data, message);
	if (kind == 2) {
		fill(dice, data + size, 64);
		size += dice_roll(dice) % 64;
	}
	return size;
}
