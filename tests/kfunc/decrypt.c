// SPDX-License-Identifier: GPL-2.0
/*
 * Decryption in R1, and the counters and keys of what it takes.
 */
#include <bpf/bpf.h>
#include <pthread.h>
#include <stdbool.h>

#include "tests.h"

/* COUNTER_WINDOW_SIZE and REJECT_AFTER_MESSAGES of WireGuard on 64 bits. */
#define WINDOW 8128
#define REJECT_AFTER_MESSAGES (UINT64_MAX - WINDOW - 1)

static void check_decrypted(enum kind kind, uint32_t length)
{
	uint32_t end = MESSAGE_OFFSET + MESSAGE_HEADER + length + AEAD_TAG;
	uint8_t plain[4096];
	struct frame before, after;
	struct request request;

	receive_fill(plain, length);
	request = receive_request(CALL_DECRYPT, &before, 0, plain, length);
	after = before;
	CHECK(!call_run(kind, "r1-r2", &request, &after), "length %u: error %lld", length,
	      (long long)call_reply()->ret);
	CHECK_EQ(after.length, before.length);
	CHECK_BYTES("plaintext", after.data + MESSAGE_OFFSET + MESSAGE_HEADER, plain, length);
	CHECK_BYTES("in front of it", after.data, before.data, MESSAGE_OFFSET);
	CHECK_BYTES("behind the message", after.data + end, before.data + end, before.length - end);
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

/* Two routers that have sent nothing but what this case makes them. */
static void test_window(const void *arg)
{
	enum kind kind = KIND(arg);
	uint8_t plain[32] = {};
	struct session session;
	struct request request;
	uint64_t top, i;
	struct frame frame;

	session_renew();
	top = message_next_counter(&r1, &session) + 20000;
	request = receive_request(CALL_DECRYPT, &frame, top, plain, sizeof(plain));
	CHECK_EQ(call_run(kind, "r1-r2", &request, &frame), 0);
	for (i = 0; i < 4; i++) {
		request = receive_request(CALL_DECRYPT, &frame, top - WINDOW - 1 - i, plain,
					  sizeof(plain));
		check_receive_refused(kind, &request, &frame, -ESTALE);
		request = receive_request(CALL_DECRYPT, &frame, top - WINDOW + i, plain,
					  sizeof(plain));
		CHECK_EQ(call_run(kind, "r1-r2", &request, &frame), 0);
	}
	request =
		receive_request(CALL_DECRYPT, &frame, REJECT_AFTER_MESSAGES, plain, sizeof(plain));
	check_receive_refused(kind, &request, &frame, -ESTALE);
	request = receive_request(CALL_DECRYPT, &frame, UINT64_MAX, plain, sizeof(plain));
	check_receive_refused(kind, &request, &frame, -ESTALE);
	/* The last counter is taken, and none after it. */
	request = receive_request(CALL_DECRYPT, &frame, REJECT_AFTER_MESSAGES - 1, plain,
				  sizeof(plain));
	CHECK_EQ(call_run(kind, "r1-r2", &request, &frame), 0);
	request = receive_request(CALL_DECRYPT, &frame, REJECT_AFTER_MESSAGES - 2, plain,
				  sizeof(plain));
	check_receive_refused(kind, &request, &frame, -EKEYEXPIRED);
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
	uint64_t counter;

	receive_fill(plain, sizeof(plain));
	counter = message_next_counter(&r1, &before);
	message_seal(&message, &before, counter, plain, sizeof(plain));
	session_renew();
	session_read(&r1, &after);
	CHECK(before.local_index != after.local_index, "the index is the same");
	receive_frame(&frame, &message);
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
	receive_frame(&frame, &message);
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
	add_both(test_window, "decrypt-window");
	add_both(test_previous_key, "decrypt-previous-key");
	add_both(test_new_key, "decrypt-new-key");
	test_add(test_race, NULL, "kfunc/decrypt-race/xdp");
}
