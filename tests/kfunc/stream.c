// SPDX-License-Identifier: GPL-2.0
/*
 * Key streams that one CPU hands over to another, in R1.
 *
 * A plaintext is right whether or not its key stream was taken over: without, it is made anew. So
 * a probe at the function that makes key streams counts how often that happens.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <stdlib.h>
#include <unistd.h>

#include "stream.h"
#include "tests.h"

/* The CPU that peeks and the one that decrypts. */
#define HERE 0
#define THERE 1

/* How many key streams of a CPU the module keeps, counting the one of its last peek. */
#define SLOTS 256

/* A message, and the ticket for its key stream. */
struct sealed {
	struct request request;
	struct frame frame;
	uint8_t plain[1500];
	uint32_t length; /* of the plaintext */
	uint64_t ticket;
};

static struct stream *programs;

struct stream *stream_programs(void)
{
	return programs;
}

void stream_load(void)
{
	if (programs)
		return;
	programs = stream__open_and_load();
	CHECK(programs && !stream__attach(programs), "key streams cannot be counted");
}

uint64_t stream_lookups(void)
{
	uint64_t lookups = programs->bss->looked_up;

	programs->bss->looked_up = 0;
	return lookups;
}

void check_made(uint64_t expected)
{
	uint64_t made = programs->bss->made;

	programs->bss->made = 0;
	CHECK(made == expected, "%llu key streams were made, not %llu", (unsigned long long)made,
	      (unsigned long long)expected);
}

static void seal(struct sealed *sealed, uint32_t length)
{
	receive_fill(sealed->plain, length);
	sealed->request = receive_request(CALL_PEEK, &sealed->frame, 0, sealed->plain, length);
	sealed->length = length;
	sealed->ticket = 0;
}

static long long call_on(int cpu, enum kind kind, struct sealed *sealed, enum call call,
			 struct frame *frame)
{
	stay_on_cpu(cpu);
	sealed->request.call = call;
	*frame = sealed->frame;
	return call_run(kind, "r1-r2", &sealed->request, frame);
}

static void peek(int cpu, enum kind kind, struct sealed *sealed)
{
	uint32_t seen = sealed->length < PEEK_SIZE ? sealed->length : PEEK_SIZE;
	struct frame frame;

	CHECK_EQ(call_on(cpu, kind, sealed, CALL_PEEK, &frame), seen);
	CHECK_BYTES("block", call_reply()->block.data, sealed->plain, seen);
}

static void decrypt(int cpu, enum kind kind, struct sealed *sealed)
{
	uint32_t end = MESSAGE_OFFSET + MESSAGE_HEADER + sealed->length + AEAD_TAG;
	const struct frame *before = &sealed->frame;
	struct frame frame;
	long long ret;

	ret = call_on(cpu, kind, sealed, CALL_DECRYPT, &frame);
	CHECK(!ret, "length %u: error %lld", sealed->length, ret);
	CHECK_EQ(frame.length, before->length);
	CHECK_BYTES("plaintext", frame.data + MESSAGE_OFFSET + MESSAGE_HEADER, sealed->plain,
		    sealed->length);
	CHECK_BYTES("in front of it", frame.data, before->data, MESSAGE_OFFSET);
	CHECK_BYTES("behind the message", frame.data + end, before->data + end,
		    before->length - end);
}

static uint64_t hand_over(int cpu, enum kind kind)
{
	struct request request = { .call = CALL_HAND_OVER };

	stay_on_cpu(cpu);
	return call_run(kind, "r1-r2", &request, NULL);
}

static long long take_over(int cpu, enum kind kind, uint64_t ticket)
{
	struct request request = { .call = CALL_TAKE_OVER, .ticket = ticket };

	stay_on_cpu(cpu);
	return call_run(kind, "r1-r2", &request, NULL);
}

static void forget(int cpu, enum kind kind)
{
	struct request request = { .call = CALL_FORGET };

	stay_on_cpu(cpu);
	call_run(kind, "r1-r2", &request, NULL);
}

/* A message that was peeked at on a CPU, with its key stream handed over. */
static void leave(int cpu, enum kind kind, struct sealed *sealed, uint32_t length)
{
	seal(sealed, length);
	peek(cpu, kind, sealed);
	sealed->ticket = hand_over(cpu, kind);
	CHECK(sealed->ticket, "there is no ticket");
}

/* Hand over key streams that nobody takes. */
static void lose(int cpu, enum kind kind, int count)
{
	struct sealed sealed;

	while (count--)
		leave(cpu, kind, &sealed, 80);
}

/* The module has no memory for key streams until a program has peeked, and has done without. */
static void wait_memory(enum kind kind)
{
	struct sealed sealed;
	int i;

	for (i = 0; i < 200; i++) {
		seal(&sealed, 80);
		peek(HERE, kind, &sealed);
		sealed.ticket = hand_over(HERE, kind);
		if (sealed.ticket)
			break;
		usleep(50000);
	}
	CHECK_EQ(take_over(HERE, kind, sealed.ticket), 0);
	decrypt(HERE, kind, &sealed);
}

void stream_begin(enum kind kind)
{
	struct sealed sealed;
	int cpu;

	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 2, "this needs a guest with 2 CPUs");
	session_renew();
	stream_load();
	wait_memory(kind);
	for (cpu = HERE; cpu <= THERE; cpu++) {
		leave(cpu, kind, &sealed, 80);
		CHECK_EQ(take_over(cpu, kind, sealed.ticket), 0);
		decrypt(cpu, kind, &sealed);
		seal(&sealed, 80);
		peek(cpu, kind, &sealed);
		decrypt(cpu, kind, &sealed);
	}
	programs->bss->made = 0;
}

/* Peek on one CPU and decrypt on the other, or the same, for lengths at the edges of the stream. */
static void check_lengths(enum kind kind, int to)
{
	static const uint32_t lengths[] = {
		1,   15,  16,  17,  63,	 64,  65,  127, 128, 129,  191,
		192, 193, 255, 256, 257, 319, 320, 321, 511, 1420,
	};
	struct sealed sealed;
	size_t i;

	stream_begin(kind);
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		leave(HERE, kind, &sealed, lengths[i]);
		check_made(1);
		CHECK_EQ(take_over(to, kind, sealed.ticket), 0);
		decrypt(to, kind, &sealed);
		check_made(0);
	}
	leave_cpu();
}

static void test_other_cpu(const void *arg)
{
	check_lengths(KIND(arg), THERE);
}

static void test_same_cpu(const void *arg)
{
	check_lengths(KIND(arg), HERE);
}

/* There is nothing to hand over without a peek, after a decryption, and a second time. */
static void test_nothing(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed sealed;
	struct frame frame;

	stream_begin(kind);
	CHECK_EQ(hand_over(HERE, kind), 0);
	seal(&sealed, 0);
	CHECK_EQ(call_on(HERE, kind, &sealed, CALL_PEEK, &frame), -ENODATA);
	CHECK_EQ(hand_over(HERE, kind), 0);
	CHECK_EQ(call_on(HERE, kind, &sealed, CALL_DECRYPT, &frame), -ENODATA);
	seal(&sealed, 80);
	decrypt(HERE, kind, &sealed);
	CHECK_EQ(hand_over(HERE, kind), 0);
	leave(HERE, kind, &sealed, 80);
	CHECK_EQ(hand_over(HERE, kind), 0);
	check_made(2);
	leave_cpu();
}

/* Nor is there when the next slot is one whose key stream got lost. */
static void test_nothing_after_losses(const void *arg)
{
	enum kind kind = KIND(arg);

	stream_begin(kind);
	lose(HERE, kind, 2 * SLOTS);
	CHECK_EQ(hand_over(HERE, kind), 0);
	leave_cpu();
}

/* A ticket is good for one time, whoever comes again. */
static void test_once(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed sealed;

	stream_begin(kind);
	leave(HERE, kind, &sealed, 80);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), 0);
	CHECK_EQ(take_over(HERE, kind, sealed.ticket), -ENOENT);
	check_made(1);
	decrypt(THERE, kind, &sealed);
	check_made(0);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), -ENOENT);

	/* The CPU that has it gives it back by asking again. */
	leave(HERE, kind, &sealed, 80);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), 0);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), -ENOENT);
	check_made(1);
	decrypt(THERE, kind, &sealed);
	check_made(1);
	leave_cpu();
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Twice as many as there are slots: they are used again, and tickets are not. */
static void test_round(const void *arg)
{
	static uint64_t tickets[2 * SLOTS];
	enum kind kind = KIND(arg);
	struct sealed sealed;
	int i;

	stream_begin(kind);
	for (i = 0; i < 2 * SLOTS; i++) {
		leave(HERE, kind, &sealed, 80);
		tickets[i] = sealed.ticket;
		CHECK_EQ(take_over(THERE, kind, sealed.ticket), 0);
		decrypt(THERE, kind, &sealed);
	}
	check_made(2 * SLOTS);
	qsort(tickets, 2 * SLOTS, sizeof(*tickets), compare);
	for (i = 1; i < 2 * SLOTS; i++)
		CHECK(tickets[i - 1] != tickets[i], "a ticket was given out twice");
	leave_cpu();
}

/* Many wait at once, and are taken in another order. */
static void test_waiting(const void *arg)
{
	static struct sealed sealed[SLOTS - 1];
	enum kind kind = KIND(arg);
	int i, n;

	stream_begin(kind);
	for (i = 0; i < SLOTS - 1; i++)
		leave(HERE, kind, &sealed[i], 80);
	check_made(SLOTS - 1);
	for (i = 0; i < SLOTS - 1; i++) {
		n = i * 2 % (SLOTS - 1);
		CHECK_EQ(take_over(THERE, kind, sealed[n].ticket), 0);
		decrypt(THERE, kind, &sealed[n]);
	}
	check_made(0);
	leave_cpu();
}

/* Its own CPU does not touch a key stream that another one has taken. */
static void test_taken(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed sealed;

	stream_begin(kind);
	leave(HERE, kind, &sealed, 80);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), 0);
	lose(HERE, kind, 2 * SLOTS);
	check_made(1 + 2 * SLOTS);
	decrypt(THERE, kind, &sealed);
	check_made(0);
	leave_cpu();
}

/* Who takes over the next gives the former back, without what was in it. */
static void test_give_back(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed sealed[2];
	int i;

	stream_begin(kind);
	for (i = 0; i < 2; i++) {
		leave(HERE, kind, &sealed[i], 80);
		CHECK_EQ(take_over(THERE, kind, sealed[i].ticket), 0);
	}
	check_made(2);
	decrypt(THERE, kind, &sealed[0]);
	check_made(1);
	decrypt(THERE, kind, &sealed[1]);
	check_made(0);

	/* Or there would be no slot left after a while. */
	for (i = 0; i < 2 * SLOTS; i++) {
		leave(HERE, kind, &sealed[0], 80);
		CHECK_EQ(take_over(THERE, kind, sealed[0].ticket), 0);
	}
	decrypt(THERE, kind, &sealed[0]);
	check_made(2 * SLOTS);
	leave_cpu();
}

/* Take over by a bad ticket: the good one is still good, or at least the plaintext right. */
static void check_bad(enum kind kind, uint64_t keep, uint64_t change, long long error)
{
	struct sealed sealed;

	leave(HERE, kind, &sealed, 80);
	CHECK_EQ(take_over(THERE, kind, (sealed.ticket & keep) ^ change), error);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), 0);
	check_made(1);
	decrypt(THERE, kind, &sealed);
	check_made(0);

	leave(HERE, kind, &sealed, 80);
	CHECK_EQ(take_over(THERE, kind, (sealed.ticket & keep) ^ change), error);
	decrypt(THERE, kind, &sealed);
	check_made(2);
}

static void test_bad_ticket(const void *arg)
{
	/* The parts of a ticket: 16 bits of the CPU, 16 of the slot, 32 that tell it apart. */
	const uint64_t cpu = 0xffffULL << 48, slot = 0xffffULL << 32, serial = UINT32_MAX;
	enum kind kind = KIND(arg);

	stream_begin(kind);
	check_bad(kind, 0, 0, -EINVAL);
	check_bad(kind, 0, UINT64_MAX, -EINVAL);
	check_bad(kind, 0, INT64_MAX, -EINVAL);
	check_bad(kind, ~cpu, 0, -EINVAL);
	check_bad(kind, ~cpu, cpu, -EINVAL);
	check_bad(kind, ~cpu, (uint64_t)(1 + sysconf(_SC_NPROCESSORS_CONF)) << 48, -EINVAL);
	check_bad(kind, ~cpu, (uint64_t)(1 + THERE) << 48, -ENOENT);
	check_bad(kind, ~slot, slot, -EINVAL);
	check_bad(kind, ~slot, (uint64_t)SLOTS << 32, -EINVAL);
	check_bad(kind, ~0ULL, 1ULL << 32, -ENOENT);
	check_bad(kind, ~0ULL, 1, -ENOENT);
	check_bad(kind, ~0ULL, 1U << 31, -ENOENT);
	check_bad(kind, ~serial, 0, -ENOENT);
	leave_cpu();
}

/* A ticket is good until its slot is needed again. */
static void test_old_ticket(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed sealed, newer;

	stream_begin(kind);
	leave(HERE, kind, &sealed, 80);
	lose(HERE, kind, SLOTS - 2);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), 0);
	programs->bss->made = 0;
	decrypt(THERE, kind, &sealed);
	check_made(0);

	leave(HERE, kind, &sealed, 80);
	lose(HERE, kind, SLOTS);
	leave(HERE, kind, &newer, 80);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), -ENOENT);
	programs->bss->made = 0;
	decrypt(THERE, kind, &sealed);
	check_made(1);
	CHECK_EQ(take_over(THERE, kind, newer.ticket), 0);
	decrypt(THERE, kind, &newer);
	check_made(0);
	leave_cpu();
}

/* What was taken over and what was peeked at here are two things, whichever came first. */
static void test_peek_between(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed taken, own;
	int first;

	stream_begin(kind);
	for (first = 0; first < 2; first++) {
		leave(HERE, kind, &taken, 80);
		seal(&own, 200);
		if (first)
			peek(THERE, kind, &own);
		CHECK_EQ(take_over(THERE, kind, taken.ticket), 0);
		if (!first)
			peek(THERE, kind, &own);
		check_made(2);
		peek(THERE, kind, &taken);
		decrypt(THERE, kind, first ? &own : &taken);
		decrypt(THERE, kind, first ? &taken : &own);
		check_made(0);
	}

	/* And the other way round at the same time. */
	leave(HERE, kind, &taken, 80);
	CHECK_EQ(take_over(THERE, kind, taken.ticket), 0);
	leave(THERE, kind, &own, 200);
	CHECK_EQ(take_over(HERE, kind, own.ticket), 0);
	check_made(2);
	decrypt(HERE, kind, &own);
	decrypt(THERE, kind, &taken);
	check_made(0);
	leave_cpu();
}

/* The key stream of another message is no use, and stays for the one that it is of. */
static void test_other_message(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed taken, other;

	stream_begin(kind);
	leave(HERE, kind, &taken, 80);
	seal(&other, 80);
	CHECK_EQ(take_over(THERE, kind, taken.ticket), 0);
	decrypt(THERE, kind, &other);
	check_made(2);
	decrypt(THERE, kind, &taken);
	check_made(0);
	leave_cpu();
}

/* The same counter under another key. */
static void test_other_key(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed taken, other;
	uint64_t counter;

	stream_begin(kind);
	leave(HERE, kind, &taken, 80);
	counter = message_counter(taken.frame.data + MESSAGE_OFFSET);
	session_renew();
	other = taken;
	other.request =
		receive_request(CALL_DECRYPT, &other.frame, counter, other.plain, other.length);
	CHECK_EQ(take_over(THERE, kind, taken.ticket), 0);
	check_made(1);
	decrypt(THERE, kind, &other);
	check_made(1);
	decrypt(THERE, kind, &taken);
	check_made(0);
	session_renew();
	leave_cpu();
}

/* A forgery uses the key stream up, which the genuine message has to do without. */
static void test_wrong_tag(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed sealed;
	uint8_t *tag;

	stream_begin(kind);
	seal(&sealed, 80);
	tag = sealed.frame.data + MESSAGE_OFFSET + sealed.request.length - 1;
	*tag ^= 1;
	peek(HERE, kind, &sealed);
	sealed.ticket = hand_over(HERE, kind);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), 0);
	check_made(1);
	stay_on_cpu(THERE);
	sealed.request.call = CALL_DECRYPT;
	check_error(kind, "r1-r2", &sealed.request, &sealed.frame, -EBADMSG);
	check_made(0);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), -ENOENT);
	*tag ^= 1;
	decrypt(THERE, kind, &sealed);
	check_made(1);
	leave_cpu();
}

/* A program that passes the packet has its key stream wiped, wherever it was made. */
static void test_forget(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed sealed;

	stream_begin(kind);
	seal(&sealed, 80);
	peek(HERE, kind, &sealed);
	forget(HERE, kind);
	CHECK_EQ(hand_over(HERE, kind), 0);
	check_made(1);
	decrypt(HERE, kind, &sealed);
	check_made(1);

	leave(HERE, kind, &sealed, 80);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), 0);
	check_made(1);
	forget(THERE, kind);
	decrypt(THERE, kind, &sealed);
	check_made(1);

	/* One that waits for another CPU is not the passed packet's. */
	leave(HERE, kind, &sealed, 80);
	forget(HERE, kind);
	CHECK_EQ(take_over(THERE, kind, sealed.ticket), 0);
	check_made(1);
	decrypt(THERE, kind, &sealed);
	check_made(0);
	leave_cpu();
}

/* Remove the peer of a side with its keys, and make it again. */
static void lose_keys(const struct side *side, const char *peer)
{
	session_enter(side);
	test_shell("umask 077; wg showconf wg0 > /run/topology/wg0.conf && "
		   "wg set wg0 peer $(wg pubkey < /run/topology/%s.key) remove && "
		   "wg addconf wg0 /run/topology/wg0.conf && rm /run/topology/wg0.conf",
		   peer);
	session_enter(&r1);
	/* Keypairs are freed after a grace period, and a work item does the rest. */
	sleep(1);
}

/* No key stream outlives its key, whether it is that of the last peek or waits for another CPU. */
static void test_keys_lost(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed waits, peeked;

	stream_begin(kind);
	leave(HERE, kind, &waits, 80);
	seal(&peeked, 80);
	peek(HERE, kind, &peeked);
	lose_keys(&r1, "R2");
	CHECK_EQ(hand_over(HERE, kind), 0);
	CHECK_EQ(take_over(THERE, kind, waits.ticket), -ENOENT);
	check_made(2);
	session_ping();
	leave_cpu();
}

/* It does outlive the keys of others: here those of R2. */
static void test_other_keys_lost(const void *arg)
{
	enum kind kind = KIND(arg);
	struct sealed waits, peeked;

	stream_begin(kind);
	leave(HERE, kind, &waits, 80);
	seal(&peeked, 80);
	peek(HERE, kind, &peeked);
	check_made(2);
	lose_keys(&r2, "R1");
	CHECK_EQ(take_over(THERE, kind, waits.ticket), 0);
	decrypt(THERE, kind, &waits);
	decrypt(HERE, kind, &peeked);
	check_made(0);
	session_renew();
	leave_cpu();
}

void add_stream_tests(void)
{
	add_both(test_other_cpu, "stream-other-cpu");
	add_both(test_same_cpu, "stream-same-cpu");
	add_both(test_nothing, "stream-nothing");
	add_both(test_nothing_after_losses, "stream-nothing-after-losses");
	add_both(test_once, "stream-once");
	add_both(test_round, "stream-round");
	add_both(test_waiting, "stream-waiting");
	add_both(test_taken, "stream-taken");
	add_both(test_give_back, "stream-give-back");
	add_both(test_bad_ticket, "stream-bad-ticket");
	add_both(test_old_ticket, "stream-old-ticket");
	add_both(test_peek_between, "stream-peek-between");
	add_both(test_other_message, "stream-other-message");
	add_both(test_other_key, "stream-other-key");
	add_both(test_forget, "stream-forget");
	add_both(test_keys_lost, "stream-keys-lost");
	add_both(test_other_keys_lost, "stream-other-keys-lost");
	add_both(test_wrong_tag, "stream-wrong-tag");
}
