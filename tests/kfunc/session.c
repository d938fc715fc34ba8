// SPDX-License-Identifier: GPL-2.0
/*
 * The WireGuard session between the routers, with its keys: what one side sends can be made and
 * what it receives can be read without the code that is tested.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "session.h"
#include "tests/harness/harness.h"
#include "tests/harness/netns.h"

const struct side r1 = {
	.ns = "R1",
	.lan = "r1-a",
	.wan = "r1-r2",
	.host = "A",
	.host_if = "a-r1",
	.wan_address = { "192.0.2.1", "2001:db8::1" },
	.host_address = { "10.1.0.2", "fd00:1::2" },
	.peer = &r2,
};

const struct side r2 = {
	.ns = "R2",
	.lan = "r2-b",
	.wan = "r2-r1",
	.host = "B",
	.host_if = "b-r2",
	.wan_address = { "192.0.2.2", "2001:db8::2" },
	.host_address = { "10.2.0.2", "fd00:2::2" },
	.peer = &r1,
};

void session_enter(const struct side *side)
{
	netns_enter(side->ns);
}

void request_address(struct request *request, const char *address)
{
	request->find_peer = PEER_BY_ADDRESS;
	if (inet_pton(AF_INET, address, request->address) == 1)
		request->address_size = 4;
	else if (inet_pton(AF_INET6, address, request->address) == 1)
		request->address_size = 16;
	else
		FAIL("%s is not an address", address);
}

struct request request_peer(const struct side *side, enum call call)
{
	struct request request = {
		.call = call,
		.ifindex = netns_ifindex("wg0"),
	};

	request_address(&request, side->peer->host_address[0]);
	return request;
}

struct request request_index(const struct side *side, enum call call, uint32_t index)
{
	struct request request = request_peer(side, call);

	request.find_peer = PEER_BY_INDEX;
	request.index = index;
	return request;
}

void session_read(const struct side *side, struct session *session)
{
	const struct reply *reply = call_reply();
	struct request request;

	session_enter(side);
	request = request_peer(side, CALL_KEYS);
	CHECK(!call_run(XDP, side->lan, &request, NULL), "%s has no session", side->ns);
	memcpy(session->sending, reply->sending, sizeof(session->sending));
	memcpy(session->receiving, reply->receiving, sizeof(session->receiving));
	session->counter = reply->counter;
	session->local_index = reply->local_index;
	session->remote_index = reply->remote_index;
	session->birth = reply->birth;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec;
}

static time_t last_ping, birth;

void session_ping(void)
{
	netns_enter("A");
	test_shell("ping -q -n -c 1 -W 3 10.2.0.2");
	test_shell("ping -q -n -c 1 -W 3 fd00:2::2");
	last_ping = now();
}

/*
 * A kernel that is slow to answer is asked again, and the second handshake then replaces the
 * session a moment after the first.
 */
static void settle(struct session *session)
{
	uint64_t seen;

	do {
		if (slow() == 1)
			return;
		usleep(2000000);
		seen = session->birth;
		session_read(&r1, session);
	} while (session->birth != seen);
}

void session_renew(void)
{
	struct session before, after;

	session_read(&r1, &before);
	/* Another key of its own makes a device forget its sessions; the same one does not. */
	session_enter(&r1);
	test_shell("wg genkey | wg set wg0 private-key /proc/self/fd/0 && "
		   "wg set wg0 private-key /run/topology/R1.key");
	session_ping();
	session_read(&r1, &after);
	CHECK(before.birth != after.birth, "there was no new handshake");
	settle(&after);
	birth = after.birth / 1000000000;
}

static void keep(time_t age)
{
	if (now() - birth >= age)
		session_renew();
	else if (now() - last_ping >= 4)
		session_ping();
}

/* WireGuard itself renews a session that it has sent with for two minutes. */
void session_keep_alive(void)
{
	keep(100);
}

void session_keep_fresh(void)
{
	struct session session;

	session_read(&r1, &session);
	birth = session.birth / 1000000000;
	keep(60);
}

static void put_header(uint8_t *data, uint32_t index, uint64_t counter)
{
	uint32_t type = htole32(MESSAGE_DATA);

	counter = htole64(counter);
	memcpy(data, &type, sizeof(type));
	memcpy(data + 4, &index, sizeof(index));
	memcpy(data + 8, &counter, sizeof(counter));
}

void message_seal(struct message *message, const struct session *session, uint64_t counter,
		  const void *plain, uint32_t length)
{
	put_header(message->data, session->local_index, counter);
	aead_seal(message->data + MESSAGE_HEADER, plain, length, session->receiving, counter);
	message->length = length + MESSAGE_OVERHEAD;
}

/*
 * What a router sends with, once the other one has the same key: it has it a moment later, and a
 * counter that was chosen for the old key and used with the new one would be chosen again.
 */
static void read_both(const struct side *to, struct session *receiver, struct session *sender)
{
	int tries = 1000;

	do {
		CHECK(tries--, "the routers do not agree on a key");
		session_read(to, receiver);
		session_read(to->peer, sender);
	} while (receiver->local_index != sender->remote_index);
}

uint64_t message_next_counter(const struct side *to, struct session *session)
{
	static uint64_t next[2], birth[2];
	int i = to == &r2;
	struct session sender;

	read_both(to, session, &sender);
	/* Ahead of what the peer sends meanwhile, which stays within the window. */
	if (birth[i] != sender.birth || next[i] < sender.counter + 100)
		next[i] = sender.counter + 500;
	birth[i] = sender.birth;
	session_enter(to);
	return next[i]++;
}

uint64_t message_counter(const void *message)
{
	uint64_t counter;

	memcpy(&counter, (const char *)message + 8, sizeof(counter));
	return le64toh(counter);
}

void message_check(const uint8_t *message, uint32_t length, const struct session *session,
		   uint64_t counter, uint8_t *plain)
{
	uint8_t header[MESSAGE_HEADER];

	put_header(header, session->remote_index, counter);
	CHECK_BYTES("header of the message", message, header, sizeof(header));
	CHECK(aead_open(plain, message + MESSAGE_HEADER, length - MESSAGE_OVERHEAD,
			session->sending, counter),
	      "the message's tag is wrong");
}

/* The counters of the device: of all that there are, these are not in wg's own output. */
static void read_statistics(struct transfer *transfer)
{
	FILE *file = fopen("/proc/net/dev", "r");
	char line[256];
	int n = 0;

	CHECK(file, "no /proc/net/dev");
	while (n != 4 && fgets(line, sizeof(line), file))
		n = sscanf(line,
			   " wg0: %" SCNu64 " %" SCNu64 " %*u %*u %*u %*u %*u %*u %" SCNu64
			   " %" SCNu64,
			   &transfer->rx_bytes, &transfer->rx_packets, &transfer->tx_bytes,
			   &transfer->tx_packets);
	fclose(file);
	CHECK(n == 4, "no statistics of wg0");
}

static void read_transfer(const struct side *side, struct transfer *transfer)
{
	struct session session;
	const char *text;
	int n;

	session_read(side, &session);
	transfer->counters = session.counter;
	text = test_shell_output("wg show wg0 transfer | head -n 1");
	n = sscanf(text, "%*s %" SCNu64 " %" SCNu64, &transfer->received, &transfer->sent);
	CHECK(n == 2, "wg show: %s", text);
	read_statistics(transfer);
}

void transfer_check(const struct side *side, void (*run)(const void *arg), const void *arg,
		    const struct transfer *expected)
{
	struct transfer before, after;
	int chance;

	for (chance = 0; chance < 3; chance++) {
		read_transfer(side, &before);
		run(arg);
		read_transfer(side, &after);
		after.received -= before.received;
		after.sent -= before.sent;
		after.rx_packets -= before.rx_packets;
		after.rx_bytes -= before.rx_bytes;
		after.tx_packets -= before.tx_packets;
		after.tx_bytes -= before.tx_bytes;
		after.counters -= before.counters;
		if (!memcmp(&after, expected, sizeof(after)))
			return;
	}
	FAIL("received %lld, sent %lld, device received %lld in %lld and sent %lld in %lld, "
	     "counters %lld",
	     (long long)after.received, (long long)after.sent, (long long)after.rx_bytes,
	     (long long)after.rx_packets, (long long)after.tx_bytes, (long long)after.tx_packets,
	     (long long)after.counters);
}
