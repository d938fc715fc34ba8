// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that R1 receives, made with the keys of the session.
 */
#include "tests.h"

void receive_frame(struct frame *frame, const struct message *message)
{
	uint32_t i;

	frame->length = 0;
	frame_put(frame, NULL, MESSAGE_OFFSET);
	for (i = 0; i < frame->length; i++)
		frame->data[i] = 0x50 + i;
	frame->data[12] = 8;
	frame->data[13] = 0;
	frame_put(frame, message->data, message->length);
	frame_put(frame, "after", 5);
}

struct request receive_request(enum call call, struct frame *frame, uint64_t counter,
			       const void *plain, uint32_t length)
{
	struct session session;
	struct message message;
	struct request request;

	if (counter)
		session_read(&r1, &session);
	else
		counter = message_next_counter(&r1, &session);
	message_seal(&message, &session, counter, plain, length);
	receive_frame(frame, &message);
	request = request_index(&r1, call, session.local_index);
	request.offset = MESSAGE_OFFSET;
	request.length = message.length;
	return request;
}

void receive_fill(uint8_t *plain, uint32_t length)
{
	uint32_t i;

	for (i = 0; i < length; i++)
		plain[i] = length + 3 * i + (i >> 7);
}
