// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <endian.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fatal.h"
#include "keys.h"
#include "keys.skel.h"
#include "packet.h"
#include "session.h"
#include "tests/harness/aead.h"
#include "wire.h"

/* R1 sends no more than this in a session. */
#define NONCES 65536

/* So many messages with a wrong index may be on the way. */
#define WRONG 128

static const uint8_t data_type[] = { 4, 0, 0, 0 };

static struct keys_bpf *reader;
static struct keys sessions[PEERS];
static uint8_t nonces[PEERS][NONCES / 8];
static uint32_t wrong_indices[WRONG];
static unsigned int wrong;
static time_t birth;

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec;
}

void session_load(void)
{
	reader = keys_bpf__open_and_load();
	if (!reader)
		fatal("the program that reads keys does not load: is the module xdp-wg's?");
}

static bool read_keys(enum peer peer, struct keys *keys)
{
	uint8_t frame[64] = { 0 }, address[16];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));

	addresses_write(address, peer == PEER_4 ? "10.2.0.1" : "10.2.128.1", 0);
	reader->bss->request.ifindex = if_nametoindex("wg0");
	memcpy(&reader->bss->request.address, address, 4);
	if (bpf_prog_test_run_opts(bpf_program__fd(reader->progs.read_keys), &opts))
		fatal("the program that reads keys does not run");
	*keys = reader->bss->keys;
	return opts.retval;
}

static void carry(unsigned int wire, const uint8_t *frame, size_t length, void *arg)
{
	(void)arg;
	wire_send(wire == WIRE_R2 ? POINT_W : WIRE_R2, frame, length);
}

/* Whether a peer's session is another than before and R1 sends with it: then it was confirmed. */
static bool renewed(enum peer peer)
{
	struct keys keys;

	if (!read_keys(peer, &keys) || keys.birth == sessions[peer].birth)
		return false;
	sessions[peer] = keys;
	return true;
}

void session_renew(void)
{
	bool done[PEERS] = { false };
	time_t start = now();
	unsigned int wire;
	enum peer peer;

	if (system("tests/diff/network.sh session"))
		fatal("R2 cannot be made to forget its sessions");
	for (wire = 0; wire < WIRES; wire++)
		wire_drain(wire);
	for (peer = 0; peer < PEERS; peer++)
		wire_provoke(peer);
	while (!done[PEER_4] || !done[PEER_6]) {
		if (now() - start > 20)
			fatal("R1 and R2 do not shake hands");
		wire_wait(20);
		wire_take(POINT_W, carry, NULL);
		wire_take(WIRE_R2, carry, NULL);
		wire_flush();
		for (peer = 0; peer < PEERS; peer++)
			done[peer] = done[peer] || renewed(peer);
	}
	memset(nonces, 0, sizeof(nonces));
	birth = now();
}

unsigned int session_age(void)
{
	return now() - birth;
}

static void seal_checksum(const struct message *message, uint8_t *frame, size_t length)
{
	uint8_t *ip = frame + ETH_LENGTH, *udp = frame + message->offset - UDP_LENGTH;
	size_t datagram = length - (udp - frame);

	if (get16(frame + 12) == 0x8100 || get16(frame + 12) == 0x88a8)
		ip += 4;
	/* The length that the header claims is the one that counts for the receiver. */
	if (get16(udp + 4) >= UDP_LENGTH && get16(udp + 4) < datagram)
		datagram = get16(udp + 4);
	put16(udp + 6, 0);
	if (message->udp_check != UDP_CHECK_ZERO) {
		uint16_t sum = ip_pseudo_sum(ip, IPPROTO_UDP, datagram);

		if (message->udp_check != UDP_CHECK_LEFT)
			sum = ~checksum(udp, datagram, sum);
		put16(udp + 6, sum ? sum : 0xffff);
	}
	if (message->udp_check == UDP_CHECK_WRONG)
		udp[7] ^= 0x10;
}

void session_seal(const struct message *message, uint64_t counter, uint8_t *frame, size_t length)
{
	uint8_t *data = frame + message->offset;
	const struct keys *keys = &sessions[message->peer];
	uint32_t index = keys->local_index ^ message->index_xor;
	uint64_t le = htole64(counter);

	if (message->index_xor)
		wrong_indices[wrong++ % WRONG] = index;
	memcpy(data + 4, &index, sizeof(index));
	memcpy(data + 8, &le, sizeof(le));
	aead_seal(data + MESSAGE_HEADER, data + MESSAGE_HEADER, message->plain, keys->receiving,
		  counter);
	data[MESSAGE_HEADER + message->plain] ^= message->tag_xor;
	seal_checksum(message, frame, length);
}

bool session_open(uint8_t *message, size_t length)
{
	uint32_t index;
	uint64_t counter;
	enum peer peer;

	if (length < MESSAGE_OVERHEAD || memcmp(message, data_type, sizeof(data_type)))
		return false;
	memcpy(&index, message + 4, sizeof(index));
	memcpy(&counter, message + 8, sizeof(counter));
	counter = le64toh(counter);
	for (peer = 0; peer < PEERS; peer++)
		if (sessions[peer].remote_index == index)
			break;
	if (peer == PEERS || counter >= NONCES || nonces[peer][counter / 8] & 1 << counter % 8)
		return false;
	if (!aead_open(message + MESSAGE_HEADER, message + MESSAGE_HEADER,
		       length - MESSAGE_OVERHEAD, sessions[peer].sending, counter))
		return false;
	nonces[peer][counter / 8] |= 1 << counter % 8;
	memset(message + 4, 0, MESSAGE_HEADER - 4);
	message[4] = peer;
	memset(message + length - MESSAGE_TAG, 0, MESSAGE_TAG);
	return true;
}

bool session_was_sealed(const uint8_t *message)
{
	uint32_t index;
	size_t i;

	if (memcmp(message, data_type, sizeof(data_type)))
		return false;
	memcpy(&index, message + 4, sizeof(index));
	for (i = 0; i < PEERS; i++)
		if (sessions[i].local_index == index)
			return true;
	for (i = 0; i < WRONG && i < wrong; i++)
		if (wrong_indices[i] == index)
			return true;
	return false;
}
