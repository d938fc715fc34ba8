// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that neither peek nor decrypt takes.
 */
#include "tests.h"

struct refused_call {
	enum kind kind;
	struct request request;
	const struct frame *frame;
	long long error;
};

static void run_refused(const void *arg)
{
	const struct refused_call *call = arg;
	struct request request = call->request;

	request.call = CALL_PEEK;
	check_error(call->kind, "r1-r2", &request, call->frame, call->error);
	request.call = CALL_DECRYPT;
	check_error(call->kind, "r1-r2", &request, call->frame, call->error);
}

void check_receive_refused(enum kind kind, const struct request *request, const struct frame *frame,
			   long long error)
{
	const struct refused_call call = { kind, *request, frame, error };
	static const struct transfer nothing;

	transfer_check(&r1, run_refused, &call, &nothing);
}

static void test_too_short(const void *arg)
{
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame;
	uint32_t length;

	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	for (length = 0; length < MESSAGE_OVERHEAD; length += 15) {
		request.length = length;
		check_receive_refused(KIND(arg), &request, &frame, -EINVAL);
	}
	request.length = MESSAGE_OVERHEAD - 1;
	check_receive_refused(KIND(arg), &request, &frame, -EINVAL);
}

static void test_outside(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t plain[80] = {};
	struct request good, request;
	struct frame frame;

	good = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	request = good;
	request.length = frame.length - request.offset + 1;
	check_receive_refused(kind, &request, &frame, -EFAULT);
	request.length = UINT32_MAX;
	check_receive_refused(kind, &request, &frame, -EFAULT);
	request.length = UINT32_MAX - request.offset + 1;
	check_receive_refused(kind, &request, &frame, -EFAULT);
	request = good;
	request.offset = frame.length;
	check_receive_refused(kind, &request, &frame, -EFAULT);
	request.offset = UINT32_MAX;
	check_receive_refused(kind, &request, &frame, -EFAULT);
	request.offset = UINT32_MAX - request.length + 1;
	check_receive_refused(kind, &request, &frame, -EFAULT);
	check_error(kind, "r1-r2", &request, &frame, -EFAULT);
	CHECK_EQ(call_run(kind, "r1-r2", &good, &frame), 0);
}

static void test_other_type(const void *arg)
{
	static const uint8_t types[][4] = {
		{ 0 }, { 1 }, { 2 }, { 3 }, { 5 }, { 4, 1 }, { 4, 0, 0, 1 }, { 0, 0, 0, 4 },
	};
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame;
	size_t i;

	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		memcpy(frame.data + MESSAGE_OFFSET, types[i], 4);
		check_receive_refused(KIND(arg), &request, &frame, -EPROTO);
	}
}

static void test_unknown_index(const void *arg)
{
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame;

	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	frame.data[MESSAGE_OFFSET + 4] ^= 1;
	check_receive_refused(KIND(arg), &request, &frame, -ENOENT);
}

/* The index is known, but belongs to another peer than the one that is given. */
static void test_other_peer(const void *arg)
{
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame;

	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	test_shell("umask 077; wg set wg0 peer $(wg genkey | tee /run/topology/X.key | wg pubkey) "
		   "allowed-ips 10.9.0.0/16");
	request_address(&request, "10.9.1.1");
	check_receive_refused(KIND(arg), &request, &frame, -ENOENT);
	test_shell("wg set wg0 peer $(wg pubkey < /run/topology/X.key) remove");
}

static void test_replay(const void *arg)
{
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame, copy;

	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	copy = frame;
	CHECK_EQ(call_run(KIND(arg), "r1-r2", &request, &copy), 0);
	check_receive_refused(KIND(arg), &request, &frame, -ESTALE);
}

static void test_wrong_tag(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t plain[80];
	struct request request;
	struct frame frame;
	uint32_t i;

	receive_fill(plain, sizeof(plain));
	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	for (i = MESSAGE_HEADER; i < request.length; i++) {
		frame.data[MESSAGE_OFFSET + i] ^= 1 << i % 8;
		check_error(kind, "r1-r2", &request, &frame, -EBADMSG);
		frame.data[MESSAGE_OFFSET + i] ^= 1 << i % 8;
	}
	request.length--;
	check_error(kind, "r1-r2", &request, &frame, -EBADMSG);
	request.length += 2;
	check_error(kind, "r1-r2", &request, &frame, -EBADMSG);
	request.length--;
	CHECK_EQ(call_run(kind, "r1-r2", &request, &frame), 0);
}

struct forged {
	enum kind kind;
	struct request request;
	const struct frame *frame;
};

static void decrypt_forged(const void *arg)
{
	const struct forged *forged = arg;

	check_error(forged->kind, "r1-r2", &forged->request, forged->frame, -EBADMSG);
}

/* A counter far ahead must not move the window, and nothing of it be counted. */
static void test_forged_counter(const void *arg)
{
	static const struct transfer nothing;
	uint8_t plain[80] = {};
	struct frame frame, forged_frame;
	struct forged forged = { .kind = KIND(arg), .frame = &forged_frame };

	forged.request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	forged_frame = frame;
	forged_frame.data[MESSAGE_OFFSET + 11] ^= 1;
	transfer_check(&r1, decrypt_forged, &forged, &nothing);
	CHECK_EQ(call_run(KIND(arg), "r1-r2", &forged.request, &frame), 0);
}

static void test_keepalive(const void *arg)
{
	struct request request;
	struct frame frame;

	request = receive_request(CALL_DECRYPT, &frame, 0, "", 0);
	check_receive_refused(KIND(arg), &request, &frame, -ENODATA);
}

static void test_multi_buffer(const void *arg)
{
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame;

	(void)arg;
	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	frame_put(&frame, NULL, 5000);
	check_receive_refused(XDP, &request, &frame, -EOPNOTSUPP);
}

static void test_gso(const void *arg)
{
	uint8_t plain[80] = {};
	struct frame frame, copy;
	struct request request;

	(void)arg;
	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	copy = frame;
	call_prepare(&request);
	run_skb(call_prog_fd(SKB), netns_ifindex("r1-r2"), &copy, 40);
	CHECK_EQ(call_reply()->ret, -EOPNOTSUPP);
	CHECK_BYTES("the packet", copy.data, frame.data, frame.length);
}

void add_decrypt_error_tests(void)
{
	add_both(test_too_short, "decrypt-too-short");
	add_both(test_outside, "decrypt-outside");
	add_both(test_other_type, "decrypt-other-type");
	add_both(test_unknown_index, "decrypt-unknown-index");
	add_both(test_other_peer, "decrypt-other-peer");
	add_both(test_replay, "decrypt-replay");
	add_both(test_wrong_tag, "decrypt-wrong-tag");
	add_both(test_forged_counter, "decrypt-forged-counter");
	add_both(test_keepalive, "decrypt-keepalive");
	test_add(test_multi_buffer, NULL, "kfunc/decrypt-multi-buffer/xdp");
	test_add(test_gso, NULL, "kfunc/decrypt-gso/skb");
}
