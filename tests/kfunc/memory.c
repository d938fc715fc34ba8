// SPDX-License-Identifier: GPL-2.0
/*
 * The kfuncs that look at or move bytes and know nothing of WireGuard: checksum and move.
 */
#include <arpa/inet.h>

#include "tests.h"

static void fill(struct frame *frame, uint32_t length)
{
	uint32_t i;

	frame->length = length;
	for (i = 0; i < length; i++)
		frame->data[i] = i * 167 + (i >> 4) * 31;
	frame->data[12] = 8;
	frame->data[13] = 0;
}

/* The kernel's sum is one of native 16-bit words. */
static uint16_t fold(long long sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ntohs(sum);
}

static void check_sum(enum kind kind, struct frame *frame, uint32_t offset, uint32_t length,
		      uint32_t seed)
{
	struct request request = {
		.call = CALL_CHECKSUM,
		.offset = offset,
		.length = length,
		.seed = seed,
	};
	uint16_t expected = checksum_sum(frame->data + offset, length, fold(seed));
	long long sum = call_run(kind, "r1-a", &request, frame);

	CHECK(sum >= 0 && sum <= UINT32_MAX, "offset %u, length %u: %lld", offset, length, sum);
	/* The two zeros of one's complement arithmetic are the same number. */
	CHECK((fold(sum) ?: 0xffff) == (expected ?: 0xffff),
	      "offset %u, length %u, seed %x: %04x, not %04x", offset, length, seed, fold(sum),
	      expected);
}

static void test_checksum(const void *arg)
{
	enum kind kind = KIND(arg);
	uint32_t offset, length;
	struct frame frame;

	session_enter(&r1);
	fill(&frame, 1514);
	for (offset = 0; offset < 9; offset++) {
		for (length = 0; length <= 72; length++)
			check_sum(kind, &frame, offset, length, 0);
		for (length = 1400; length <= 1514 - offset; length += 7)
			check_sum(kind, &frame, offset, length, 0x12345678 * (offset + 1));
		check_sum(kind, &frame, offset, 1514 - offset, UINT32_MAX);
	}
	check_sum(kind, &frame, 1514, 0, 7);
}

static void test_checksum_outside(const void *arg)
{
	struct request request = { .call = CALL_CHECKSUM };
	static const uint32_t bad[][2] = {
		{ 0, 101 },	   { 1, 100 },
		{ 100, 1 },	   { 101, 0 },
		{ UINT32_MAX, 0 }, { UINT32_MAX, 1 },
		{ 0, UINT32_MAX }, { 50, UINT32_MAX - 49 },
		{ 50, 51 },	   { 1u << 31, 1u << 31 },
	};
	struct frame frame;
	size_t i;

	session_enter(&r1);
	fill(&frame, 100);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		request.offset = bad[i][0];
		request.length = bad[i][1];
		check_error(KIND(arg), "r1-a", &request, &frame, -EFAULT);
	}
}

static void test_checksum_multi_buffer(const void *arg)
{
	struct request request = { .call = CALL_CHECKSUM, .length = 20 };
	struct frame frame;

	(void)arg;
	session_enter(&r1);
	fill(&frame, 6000);
	check_error(XDP, "r1-a", &request, &frame, -EOPNOTSUPP);
}

static void test_move(const void *arg)
{
	struct request request = { .call = CALL_MOVE };
	static const uint32_t moves[][3] = {
		{ 0, 28, 100 },	 { 28, 0, 100 },  { 0, 1, 199 },   { 1, 0, 199 },   { 100, 0, 100 },
		{ 0, 0, 200 },	 { 200, 0, 0 },	  { 7, 93, 64 },   { 0, 100, 100 }, { 20, 120, 79 },
		{ 20, 120, 80 }, { 40, 60, 20 },  { 40, 60, 21 },  { 40, 60, 19 },  { 40, 60, 1 },
		{ 0, 200, 0 },	 { 100, 150, 0 }, { 0, 44, 156 },  { 44, 0, 156 },  { 64, 0, 136 },
		{ 199, 0, 1 },	 { 0, 199, 1 },	  { 198, 199, 1 }, { 50, 50, 60 },
	};
	enum kind kind = KIND(arg);
	struct frame frame, expected;
	size_t i;

	session_enter(&r1);
	for (i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		fill(&frame, 200);
		expected = frame;
		memmove(expected.data + moves[i][0], expected.data + moves[i][1], moves[i][2]);
		request.to = moves[i][0];
		request.from = moves[i][1];
		request.length = moves[i][2];
		CHECK_EQ(call_run(kind, "r1-a", &request, &frame), 0);
		CHECK_EQ(frame.length, expected.length);
		CHECK_BYTES("the packet", frame.data, expected.data, frame.length);
	}
}

static void test_move_outside(const void *arg)
{
	struct request request = { .call = CALL_MOVE };
	static const uint32_t bad[][3] = {
		{ 0, 0, 201 },
		{ 101, 0, 100 },
		{ 0, 101, 100 },
		{ 201, 0, 0 },
		{ 0, 201, 0 },
		{ UINT32_MAX, 0, 2 },
		{ 0, UINT32_MAX, 2 },
		{ 0, 0, UINT32_MAX },
		{ 50, 100, 101 },
		{ 100, 50, 101 },
		{ 1, UINT32_MAX - 9, 10 },
		{ UINT32_MAX - 9, 1, 10 },
	};
	struct frame frame;
	size_t i;

	session_enter(&r1);
	fill(&frame, 200);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		request.to = bad[i][0];
		request.from = bad[i][1];
		request.length = bad[i][2];
		check_error(KIND(arg), "r1-a", &request, &frame, -EFAULT);
	}
}

static void test_move_multi_buffer(const void *arg)
{
	struct request request = { .call = CALL_MOVE, .from = 10, .length = 20 };
	struct frame frame;

	(void)arg;
	session_enter(&r1);
	fill(&frame, 6000);
	check_error(XDP, "r1-a", &request, &frame, -EOPNOTSUPP);
}

/* A packet that waits for segmentation. */
static void test_move_gso(const void *arg)
{
	struct request request = { .call = CALL_MOVE, .from = 10, .length = 20 };
	struct frame frame, copy;

	(void)arg;
	session_enter(&r1);
	fill(&frame, 200);
	copy = frame;
	call_prepare(&request);
	run_skb(call_prog_fd(SKB), netns_ifindex("r1-a"), &copy, 40);
	CHECK_EQ(call_reply()->ret, -EOPNOTSUPP);
	CHECK_EQ(copy.length, frame.length);
	CHECK_BYTES("the packet", copy.data, frame.data, frame.length);
}

/* The headroom of a test run is what the kernel reserves for one, and an skb's own business. */
static void test_headroom(const void *arg)
{
	struct request request = { .call = CALL_HEADROOM };
	struct frame frame, copy;
	long long room;

	(void)arg;
	session_enter(&r1);
	fill(&frame, 200);
	copy = frame;
	room = call_run(SKB, "r1-a", &request, &copy);
	CHECK(room >= 32 && room < 4096, "there are %lld bytes", room);
	CHECK_EQ(copy.length, frame.length);
	CHECK_BYTES("the packet", copy.data, frame.data, frame.length);
	/* The length of the packet makes no difference. */
	copy.length = 60;
	CHECK_EQ(call_run(SKB, "r1-a", &request, &copy), room);

	/* A new buffer is only needed for more than that. */
	for (request.grow = room; request.grow >= -20; request.grow--) {
		copy = frame;
		call_prepare(&request);
		run_skb(call_grown_fd(), netns_ifindex("r1-a"), &copy, 0);
		CHECK(call_reply()->ret == room - request.grow, "%lld left of %lld behind %d",
		      (long long)call_reply()->ret, room, request.grow);
	}
}

void add_memory_tests(void)
{
	add_both(test_checksum, "checksum");
	add_both(test_checksum_outside, "checksum-outside");
	test_add(test_checksum_multi_buffer, NULL, "kfunc/checksum-multi-buffer/xdp");
	add_both(test_move, "move");
	add_both(test_move_outside, "move-outside");
	test_add(test_move_multi_buffer, NULL, "kfunc/move-multi-buffer/xdp");
	test_add(test_move_gso, NULL, "kfunc/move-gso/skb");
	test_add(test_headroom, NULL, "kfunc/headroom/skb");
}
