// SPDX-License-Identifier: GPL-2.0
/*
 * Peeking at messages in R1.
 */
#include "tests.h"

static void test_peek(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t plain[4096], expected[PEEK_SIZE];
	struct frame before, after;
	struct request request;
	uint32_t length, seen;

	for (length = 1; length <= 1500; length += length < 140 ? 1 : 97) {
		receive_fill(plain, length);
		request = receive_request(CALL_PEEK, &before, 0, plain, length);
		seen = length < PEEK_SIZE ? length : PEEK_SIZE;
		memset(expected, 0, sizeof(expected));
		memcpy(expected, plain, seen);
		after = before;
		CHECK_EQ(call_run(kind, "r1-r2", &request, &after), seen);
		CHECK_BYTES("block", call_reply()->block.data, expected, sizeof(expected));
		CHECK_BYTES("the packet", after.data, before.data, before.length);
		/* Nothing was noted down: it can be done again, and decrypted after. */
		CHECK_EQ(call_run(kind, "r1-r2", &request, &after), seen);
		request.call = CALL_DECRYPT;
		CHECK_EQ(call_run(kind, "r1-r2", &request, &after), 0);
	}
}

static void peek_once(const void *arg)
{
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame;

	request = receive_request(CALL_PEEK, &frame, 0, plain, sizeof(plain));
	CHECK_EQ(call_run(KIND(arg), "r1-r2", &request, &frame), PEEK_SIZE);
}

/* Call for a message, and check its first byte as far as the call succeeds. */
static void check_call(enum kind kind, struct request *request, enum call call,
		       const struct frame *frame, uint8_t first)
{
	struct frame copy = *frame;
	long long ret;

	request->call = call;
	ret = call_run(kind, "r1-r2", request, &copy);
	if (call == CALL_PEEK) {
		CHECK_EQ(ret, PEEK_SIZE);
		CHECK_EQ(call_reply()->block.data[0], first);
	} else {
		CHECK_EQ(ret, 0);
		CHECK_EQ(copy.data[MESSAGE_OFFSET + MESSAGE_HEADER], first);
	}
}

/* What is decrypted need not be what was peeked at before. */
static void test_peek_another(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t plain[2][80] = { { 1 }, { 2 } };
	struct request requests[2];
	struct frame frames[2];
	int i;

	stay_on_cpu(0);
	for (i = 0; i < 2; i++)
		requests[i] = receive_request(CALL_PEEK, &frames[i], 0, plain[i], 80);
	check_call(kind, &requests[0], CALL_PEEK, &frames[0], 1);
	check_call(kind, &requests[1], CALL_DECRYPT, &frames[1], 2);
	check_call(kind, &requests[0], CALL_PEEK, &frames[0], 1);
	check_call(kind, &requests[0], CALL_DECRYPT, &frames[0], 1);
	leave_cpu();
}

/* The same counter under another key, and another message with the same counter. */
static void test_peek_same_counter(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t first[80] = { 1 }, second[80] = { 2 };
	struct request requests[2];
	struct frame frames[2];
	struct session session;
	uint64_t counter;

	stay_on_cpu(0);
	counter = message_next_counter(&r1, &session) + 1000;
	requests[0] = receive_request(CALL_PEEK, &frames[0], counter, first, sizeof(first));
	check_call(kind, &requests[0], CALL_PEEK, &frames[0], 1);
	session_renew();
	requests[1] = receive_request(CALL_PEEK, &frames[1], counter, second, sizeof(second));
	check_call(kind, &requests[0], CALL_PEEK, &frames[0], 1);
	check_call(kind, &requests[1], CALL_DECRYPT, &frames[1], 2);
	check_call(kind, &requests[0], CALL_DECRYPT, &frames[0], 1);

	requests[0] = receive_request(CALL_PEEK, &frames[0], counter + 1, first, sizeof(first));
	requests[1] = receive_request(CALL_PEEK, &frames[1], counter + 1, second, sizeof(second));
	check_call(kind, &requests[0], CALL_PEEK, &frames[0], 1);
	check_call(kind, &requests[1], CALL_PEEK, &frames[1], 2);
	check_call(kind, &requests[1], CALL_DECRYPT, &frames[1], 2);
	requests[0].call = CALL_DECRYPT;
	CHECK_EQ(call_run(kind, "r1-r2", &requests[0], &frames[0]), -ESTALE);
	leave_cpu();
	session_renew();
}

static void test_peek_counters(const void *arg)
{
	static const struct transfer nothing;

	transfer_check(&r1, peek_once, arg, &nothing);
}

/* What peek returns is not authenticated. */
static void test_peek_wrong_tag(const void *arg)
{
	uint8_t plain[80];
	struct request request;
	struct frame frame;

	receive_fill(plain, sizeof(plain));
	request = receive_request(CALL_PEEK, &frame, 0, plain, sizeof(plain));
	frame.data[MESSAGE_OFFSET + request.length - 1] ^= 1;
	CHECK_EQ(call_run(KIND(arg), "r1-r2", &request, &frame), PEEK_SIZE);
	CHECK_BYTES("block", call_reply()->block.data, plain, PEEK_SIZE);
}

void add_peek_tests(void)
{
	add_both(test_peek, "peek");
	add_both(test_peek_another, "peek-another");
	add_both(test_peek_same_counter, "peek-same-counter");
	add_both(test_peek_counters, "peek-counters");
	add_both(test_peek_wrong_tag, "peek-wrong-tag");
}
