// SPDX-License-Identifier: GPL-2.0
/*
 * Key streams that all CPUs hand over to each other at the same time, some more than there are
 * slots for, and some that nobody takes.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "relay.h"
#include "stream.h"
#include "tests.h"

#define RELAYED 3000
/* To seal them takes a slow kernel minutes. It has two CPUs, and more than slots for these. */
#define RELAYED_SLOWLY 1000
#define LONGEST 257

/* A message that goes from CPU to CPU while others do. */
struct relayed {
	uint8_t data[MESSAGE_OFFSET + LONGEST + MESSAGE_OVERHEAD + 8];
	uint32_t size; /* of the frame */
	uint32_t length; /* of the plaintext */
	int peeked, taken, decrypted; /* what came of each */
	uint64_t ticket;
	bool lost; /* nobody takes the key stream */
	bool left; /* the peek is done */
};

static struct relayed relayed[RELAYED];

struct relayer {
	pthread_t thread;
	pthread_barrier_t *start;
	int cpu, cpus;
	int count; /* of messages */
	int behind; /* how many messages are peeked at before the first is decrypted */
};

static int peeker(int i, int cpus)
{
	return i % cpus;
}

/* Every CPU gets messages from each, itself among them. */
static int decrypter(int i, int cpus)
{
	return (uint32_t)i * 2654435761U / 65536 % cpus;
}

/* Threads cannot fail the case: what they have to say is left in the message. */
static int relay_run(struct relayed *message, struct relay *relay)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = message->data,
		    .data_size_in = message->size, .data_out = message->data,
		    .data_size_out = sizeof(message->data), );
	int err;

	relay->length = message->length + MESSAGE_OVERHEAD;
	memcpy(message->data + RELAY_OFFSET, relay, sizeof(*relay));
	err = bpf_prog_test_run_opts(bpf_program__fd(stream_programs()->progs.relays), &opts);
	if (err)
		return err;
	if (opts.retval != XDP_PASS)
		return -ECANCELED;
	memcpy(relay, message->data + RELAY_OFFSET, sizeof(*relay));
	return relay->ret;
}

static void relay_peek(struct relayed *message)
{
	struct relay relay = { .step = RELAY_PEEK };

	message->peeked = relay_run(message, &relay);
	message->ticket = relay.ticket;
	__atomic_store_n(&message->left, true, __ATOMIC_RELEASE);
}

static void relay_decrypt(struct relayed *message)
{
	struct relay relay = { .step = RELAY_DECRYPT };

	while (!__atomic_load_n(&message->left, __ATOMIC_ACQUIRE))
		sched_yield();
	if (!message->lost)
		relay.ticket = message->ticket;
	message->decrypted = relay_run(message, &relay);
	message->taken = relay.taken;
}

static void *relay_all(void *arg)
{
	const struct relayer *relayer = arg;
	int i, due;

	pthread_barrier_wait(relayer->start);
	for (i = 0; i < relayer->count + relayer->behind; i++) {
		due = i - relayer->behind;
		if (i < relayer->count && peeker(i, relayer->cpus) == relayer->cpu)
			relay_peek(&relayed[i]);
		if (due >= 0 && decrypter(due, relayer->cpus) == relayer->cpu)
			relay_decrypt(&relayed[due]);
	}
	return NULL;
}

static void relay_seal(struct relayed *message, uint32_t length, bool lost)
{
	struct request request;
	struct frame frame;
	uint8_t plain[LONGEST];

	receive_fill(plain, length);
	request = receive_request(CALL_PEEK, &frame, 0, plain, length);
	stream_programs()->bss->device = request.ifindex;
	stream_programs()->bss->receiver = request.index;
	memset(message, 0, sizeof(*message));
	memcpy(message->data, frame.data, frame.length);
	message->size = frame.length;
	message->length = length;
	message->lost = lost;
}

static void relay_start(struct relayer *relayer)
{
	pthread_attr_t attr;
	cpu_set_t set;
	int err;

	CPU_ZERO(&set);
	CPU_SET(relayer->cpu, &set);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	err = pthread_create(&relayer->thread, &attr, relay_all, relayer);
	pthread_attr_destroy(&attr);
	CHECK(!err, "no thread on CPU %d", relayer->cpu);
}

/* Fail the case unless a message was decrypted. Return: how many key streams that has taken. */
static int check_relayed(int i)
{
	const struct relayed *message = &relayed[i];
	uint32_t seen = message->length < PEEK_SIZE ? message->length : PEEK_SIZE;
	uint8_t plain[LONGEST];

	CHECK(message->peeked == (int)seen, "message %d: the peek returned %d", i, message->peeked);
	CHECK(message->ticket, "message %d: there was no ticket", i);
	CHECK(!message->decrypted, "message %d: decryption returned %d", i, message->decrypted);
	CHECK(!message->taken || message->taken == -ENOENT, "message %d: taking over returned %d",
	      i, message->taken);
	receive_fill(plain, message->length);
	CHECK_BYTES("plaintext", message->data + MESSAGE_OFFSET + MESSAGE_HEADER, plain,
		    message->length);
	return 1 + (message->lost || message->taken);
}

/* Return: how many key streams were not there any more when they were to be taken. */
static int relay(int cpus, int behind)
{
	struct relayer relayers[64];
	pthread_barrier_t start;
	int count = slow() > 1 ? RELAYED_SLOWLY : RELAYED;
	int i, made = 0, late = 0;

	session_renew();
	for (i = 0; i < count; i++)
		relay_seal(&relayed[i], 1 + i % LONGEST, i % 16 == 5);
	stream_programs()->bss->made = 0;
	pthread_barrier_init(&start, NULL, cpus);
	for (i = 0; i < cpus; i++) {
		relayers[i] = (struct relayer){
			.start = &start,
			.cpu = i,
			.cpus = cpus,
			.count = count,
			.behind = behind,
		};
		relay_start(&relayers[i]);
	}
	for (i = 0; i < cpus; i++)
		pthread_join(relayers[i].thread, NULL);
	pthread_barrier_destroy(&start);
	for (i = 0; i < count; i++) {
		made += check_relayed(i);
		late += relayed[i].taken == -ENOENT;
	}
	check_made(made);
	return late;
}

/* All CPUs hand over to each other at the same time. */
static void test_cpus(const void *arg)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);

	(void)arg;
	if (cpus > 64)
		cpus = 64;
	stream_begin(XDP);
	leave_cpu();
	CHECK_EQ(relay(cpus, 0), 0);
	CHECK_EQ(relay(cpus, 64), 0);
	/* More than there are slots for. */
	CHECK(relay(cpus, 300 * cpus) > 0, "no slot was needed again");
}

void add_relay_tests(void)
{
	test_add(test_cpus, NULL, "kfunc/stream-cpus/xdp");
}
