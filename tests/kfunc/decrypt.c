// SPDX-License-Identifier: GPL-2.0
/*
 * Peeking and decryption in R1, of messages made with the keys of the session.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "tests.h"

/* COUNTER_WINDOW_SIZE and REJECT_AFTER_MESSAGES of WireGuard on 64 bits. */
#define WINDOW 8128
#define REJECT_AFTER_MESSAGES (UINT64_MAX - WINDOW - 1)

/* A frame with a data message for R1, and bytes around it that must not change. */
static void put_message(struct frame *frame, const struct message *message)
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

/* A message from R2 with that inner packet; any counter of its own if @counter is 0. */
static struct request receive_request(enum call call, struct frame *frame, uint64_t counter,
				      const void *plain, uint32_t length)
{
	struct session session;
	struct message message;
	struct request request;

	if (!counter)
		counter = message_next_counter(&r1);
	session_read(&r1, &session);
	message_seal(&message, &session, counter, plain, length);
	put_message(frame, &message);
	request = request_index(&r1, call, session.local_index);
	request.offset = MESSAGE_OFFSET;
	request.length = message.length;
	return request;
}

static void fill(uint8_t *plain, uint32_t length)
{
	uint32_t i;

	for (i = 0; i < length; i++)
		plain[i] = length + 3 * i + (i >> 7);
}

static void check_decrypted(enum kind kind, uint32_t length)
{
	uint32_t end = MESSAGE_OFFSET + MESSAGE_HEADER + length + AEAD_TAG;
	uint8_t plain[4096];
	struct frame before, after;
	struct request request;

	fill(plain, length);
	request = receive_request(CALL_DECRYPT, &before, 0, plain, length);
	after = before;
	CHECK(!call_run(kind, "r1-r2", &request, &after), "length %u: error %lld", length,
	      (long long)call_reply()->ret);
	CHECK_EQ(after.length, before.length);
	CHECK_BYTES("plaintext", after.data + MESSAGE_OFFSET + MESSAGE_HEADER, plain, length);
	CHECK_BYTES("in front of it", after.data, before.data, MESSAGE_OFFSET);
	CHECK_BYTES("behind the message", after.data + end, before.data + end,
		    before.length - end);
}

static void test_decrypt(const void *arg)
{
	uint32_t length;

	for (length = 1; length <= 1500; length += length < 200 ? 1 : 37)
		check_decrypted(KIND(arg), length);
	check_decrypted(KIND(arg), 3300);
}

static void decrypt_ten(const void *arg)
{
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame;
	int i;

	for (i = 0; i < 10; i++) {
		request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
		CHECK_EQ(call_run(KIND(arg), "r1-r2", &request, &frame), 0);
	}
}

static void test_counters(const void *arg)
{
	static const struct transfer expected = {
		.received = 10 * (80 + MESSAGE_OVERHEAD),
		.rx_bytes = 10 * (80 + MESSAGE_OVERHEAD),
		.rx_packets = 10,
	};

	transfer_check(&r1, decrypt_ten, arg, &expected);
}

static void test_peek(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t plain[4096], expected[PEEK_SIZE];
	struct frame before, after;
	struct request request;
	uint32_t length, seen;

	for (length = 1; length <= 1500; length += length < 140 ? 1 : 97) {
		fill(plain, length);
		request = receive_request(CALL_PEEK, &before, 0, plain, length);
		seen = length < PEEK_SIZE ? length : PEEK_SIZE;
		memset(expected, 0, sizeof(expected));
		memcpy(expected, plain, seen);
		after = before;
		CHECK_EQ(call_run(kind, "r1-r2", &request, &after), seen);
		CHECK_BYTES("block", call_reply()->block, expected, sizeof(expected));
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

/* Have all calls on one CPU, which may remember what it peeked at, until that is called again. */
static void stay_on_cpu(bool stay)
{
	cpu_set_t set;
	int cpu;

	CPU_ZERO(&set);
	for (cpu = 0; cpu < (stay ? 1 : CPU_SETSIZE); cpu++)
		CPU_SET(cpu, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set), "the CPU cannot be chosen");
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
		CHECK_EQ(call_reply()->block[0], first);
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

	stay_on_cpu(true);
	for (i = 0; i < 2; i++)
		requests[i] = receive_request(CALL_PEEK, &frames[i], 0, plain[i], 80);
	check_call(kind, &requests[0], CALL_PEEK, &frames[0], 1);
	check_call(kind, &requests[1], CALL_DECRYPT, &frames[1], 2);
	check_call(kind, &requests[0], CALL_PEEK, &frames[0], 1);
	check_call(kind, &requests[0], CALL_DECRYPT, &frames[0], 1);
	stay_on_cpu(false);
}

/* The same counter under another key, and another message with the same counter. */
static void test_peek_same_counter(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t first[80] = { 1 }, second[80] = { 2 };
	struct request requests[2];
	struct frame frames[2];
	uint64_t counter;

	stay_on_cpu(true);
	counter = message_next_counter(&r1) + 1000;
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
	stay_on_cpu(false);
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

	fill(plain, sizeof(plain));
	request = receive_request(CALL_PEEK, &frame, 0, plain, sizeof(plain));
	frame.data[MESSAGE_OFFSET + request.length - 1] ^= 1;
	CHECK_EQ(call_run(KIND(arg), "r1-r2", &request, &frame), PEEK_SIZE);
	CHECK_BYTES("block", call_reply()->block, plain, PEEK_SIZE);
}

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

/* Both must refuse, with the packet as it was and nothing noted down. */
static void check_refused(enum kind kind, const struct request *request, const struct frame *frame,
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
		check_refused(KIND(arg), &request, &frame, -EINVAL);
	}
	request.length = MESSAGE_OVERHEAD - 1;
	check_refused(KIND(arg), &request, &frame, -EINVAL);
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
	check_refused(kind, &request, &frame, -EFAULT);
	request.length = UINT32_MAX;
	check_refused(kind, &request, &frame, -EFAULT);
	request.length = UINT32_MAX - request.offset + 1;
	check_refused(kind, &request, &frame, -EFAULT);
	request = good;
	request.offset = frame.length;
	check_refused(kind, &request, &frame, -EFAULT);
	request.offset = UINT32_MAX;
	check_refused(kind, &request, &frame, -EFAULT);
	request.offset = UINT32_MAX - request.length + 1;
	check_refused(kind, &request, &frame, -EFAULT);
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
		check_refused(KIND(arg), &request, &frame, -EPROTO);
	}
}

static void test_unknown_index(const void *arg)
{
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame;

	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	frame.data[MESSAGE_OFFSET + 4] ^= 1;
	check_refused(KIND(arg), &request, &frame, -ENOENT);
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
	check_refused(KIND(arg), &request, &frame, -ENOENT);
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
	check_refused(KIND(arg), &request, &frame, -ESTALE);
}

static void test_wrong_tag(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t plain[80];
	struct request request;
	struct frame frame;
	uint32_t i;

	fill(plain, sizeof(plain));
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
	check_refused(KIND(arg), &request, &frame, -ENODATA);
}

/* Two routers that have sent nothing but what this case makes them. */
static void test_window(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t plain[32] = {};
	struct request request;
	uint64_t top, i;
	struct frame frame;

	session_renew();
	top = message_next_counter(&r1) + 20000;
	request = receive_request(CALL_DECRYPT, &frame, top, plain, sizeof(plain));
	CHECK_EQ(call_run(kind, "r1-r2", &request, &frame), 0);
	for (i = 0; i < 4; i++) {
		request = receive_request(CALL_DECRYPT, &frame, top - WINDOW - 1 - i, plain,
					  sizeof(plain));
		check_refused(kind, &request, &frame, -ESTALE);
		request = receive_request(CALL_DECRYPT, &frame, top - WINDOW + i, plain,
					  sizeof(plain));
		CHECK_EQ(call_run(kind, "r1-r2", &request, &frame), 0);
	}
	request = receive_request(CALL_DECRYPT, &frame, REJECT_AFTER_MESSAGES, plain,
				  sizeof(plain));
	check_refused(kind, &request, &frame, -ESTALE);
	request = receive_request(CALL_DECRYPT, &frame, UINT64_MAX, plain, sizeof(plain));
	check_refused(kind, &request, &frame, -ESTALE);
	/* The last counter is taken, and none after it. */
	request = receive_request(CALL_DECRYPT, &frame, REJECT_AFTER_MESSAGES - 1, plain,
				  sizeof(plain));
	CHECK_EQ(call_run(kind, "r1-r2", &request, &frame), 0);
	request = receive_request(CALL_DECRYPT, &frame, REJECT_AFTER_MESSAGES - 2, plain,
				  sizeof(plain));
	check_refused(kind, &request, &frame, -EKEYEXPIRED);
	session_renew();
}

/* A message under the previous key is still received after a new handshake. */
static void test_previous_key(const void *arg)
{
	uint8_t plain[80];
	struct session before, after;
	struct message message;
	struct request request;
	struct frame frame;

	fill(plain, sizeof(plain));
	session_read(&r1, &before);
	message_seal(&message, &before, message_next_counter(&r1), plain, sizeof(plain));
	session_renew();
	session_read(&r1, &after);
	CHECK(before.local_index != after.local_index, "the index is the same");
	put_message(&frame, &message);
	request = request_index(&r1, CALL_DECRYPT, before.local_index);
	request.offset = MESSAGE_OFFSET;
	request.length = message.length;
	CHECK_EQ(call_run(KIND(arg), "r1-r2", &request, &frame), 0);
	CHECK_BYTES("plaintext", frame.data + MESSAGE_OFFSET + MESSAGE_HEADER, plain,
		    sizeof(plain));
}

/*
 * The responder may not use a new key before a packet has confirmed it. R2 is made not to hear R1's
 * data messages.
 */
static void test_new_key(const void *arg)
{
	enum kind kind = KIND(arg);
	struct session session;
	uint8_t plain[80] = {};
	struct message message;
	struct request request;
	struct frame frame;

	session_enter(&r2);
	test_shell("nft 'add table inet test; add chain inet test in { "
		   "type filter hook prerouting priority raw; }; "
		   "add rule inet test in udp dport 51820 @th,64,8 4 drop'");
	session_enter(&r1);
	test_shell("wg genkey | wg set wg0 private-key /proc/self/fd/0 && "
		   "wg set wg0 private-key /run/topology/R1.key");
	netns_enter("A");
	test_shell("ping -q -n -c 1 -W 1 10.2.0.2 || true");
	session_read(&r1, &session);

	/* From R1 to R2: the keys of the other direction. */
	session.local_index = session.remote_index;
	memcpy(session.receiving, session.sending, sizeof(session.receiving));
	message_seal(&message, &session, 0, plain, sizeof(plain));
	put_message(&frame, &message);
	session_enter(&r2);
	request = request_index(&r2, CALL_PEEK, session.remote_index);
	request.offset = MESSAGE_OFFSET;
	request.length = message.length;
	check_error(kind, "r2-r1", &request, &frame, -EAGAIN);
	request.call = CALL_DECRYPT;
	check_error(kind, "r2-r1", &request, &frame, -EAGAIN);
	test_shell("nft delete table inet test");
	session_ping();
	session_enter(&r2);
	request.call = CALL_PEEK;
	CHECK(call_run(kind, "r2-r1", &request, &frame) != -EAGAIN, "the key is still new");
}

static void test_multi_buffer(const void *arg)
{
	uint8_t plain[80] = {};
	struct request request;
	struct frame frame;

	(void)arg;
	request = receive_request(CALL_DECRYPT, &frame, 0, plain, sizeof(plain));
	frame_put(&frame, NULL, 5000);
	check_refused(XDP, &request, &frame, -EOPNOTSUPP);
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

#define RACES 300

struct racer {
	pthread_barrier_t *start;
	const struct frame *frames;
	bool won[RACES];
};

/* Both use the same request, so what a thread got is told by the program's verdict alone. */
static void *race(void *arg)
{
	struct racer *racer = arg;
	uint8_t out[256];
	int i;

	for (i = 0; i < RACES; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = racer->frames[i].data,
			    .data_size_in = racer->frames[i].length, .data_out = out,
			    .data_size_out = sizeof(out), );

		pthread_barrier_wait(racer->start);
		bpf_prog_test_run_opts(call_prog_fd(XDP), &opts);
		racer->won[i] = opts.retval == XDP_TX;
	}
	return NULL;
}

/* Two CPUs decrypt the same message at the same time: one of them does. */
static void test_race(const void *arg)
{
	static struct frame frames[RACES];
	pthread_barrier_t start;
	struct racer racers[2] = { { &start, frames, {} }, { &start, frames, {} } };
	uint8_t plain[80] = {};
	pthread_t threads[2];
	struct request request;
	int i;

	(void)arg;
	for (i = 0; i < RACES; i++)
		request = receive_request(CALL_DECRYPT, &frames[i], 0, plain, sizeof(plain));
	call_prepare(&request);
	pthread_barrier_init(&start, NULL, 2);
	for (i = 0; i < 2; i++)
		CHECK(!pthread_create(&threads[i], NULL, race, &racers[i]), "no thread");
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < RACES; i++)
		CHECK(racers[0].won[i] + racers[1].won[i] == 1, "message %d was decrypted %d times",
		      i, racers[0].won[i] + racers[1].won[i]);
}

void add_decrypt_tests(void)
{
	add_both(test_decrypt, "decrypt");
	add_both(test_counters, "decrypt-counters");
	add_both(test_peek, "peek");
	add_both(test_peek_another, "peek-another");
	add_both(test_peek_same_counter, "peek-same-counter");
	add_both(test_peek_counters, "peek-counters");
	add_both(test_peek_wrong_tag, "peek-wrong-tag");
	add_both(test_too_short, "decrypt-too-short");
	add_both(test_outside, "decrypt-outside");
	add_both(test_other_type, "decrypt-other-type");
	add_both(test_unknown_index, "decrypt-unknown-index");
	add_both(test_other_peer, "decrypt-other-peer");
	add_both(test_replay, "decrypt-replay");
	add_both(test_wrong_tag, "decrypt-wrong-tag");
	add_both(test_forged_counter, "decrypt-forged-counter");
	add_both(test_keepalive, "decrypt-keepalive");
	add_both(test_window, "decrypt-window");
	add_both(test_previous_key, "decrypt-previous-key");
	add_both(test_new_key, "decrypt-new-key");
	test_add(test_multi_buffer, NULL, "kfunc/decrypt-multi-buffer/xdp");
	test_add(test_gso, NULL, "kfunc/decrypt-gso/skb");
	test_add(test_race, NULL, "kfunc/decrypt-race/xdp");
}
