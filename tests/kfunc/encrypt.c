// SPDX-License-Identifier: GPL-2.0
/*
 * Encryption in R1, checked with the keys of the session and another implementation of the cipher.
 */
#include <arpa/inet.h>

#include "tests.h"

static uint32_t padding_of(uint32_t length)
{
	return (16 - length % 16) % 16;
}

/*
 * A frame from A with room for what encapsulation adds: the inner packet is where encryption wants
 * it, and everything around it has bytes that must not change.
 */
static struct request encrypt_request(struct frame *frame, int family, uint32_t length)
{
	int six = family == AF_INET6;
	struct request request;
	uint32_t i;

	session_enter(&r1);
	request = request_peer(&r1, CALL_ENCRYPT);
	request.offset = MESSAGE_OFFSET;
	request.length = MESSAGE_OVERHEAD + length + padding_of(length);
	frame->length = 0;
	frame_put(frame, NULL, MESSAGE_OFFSET + MESSAGE_HEADER);
	frame_put_ip(frame, r1.host_address[six], r2.host_address[six], length);
	frame_put(frame, NULL, padding_of(length) + AEAD_TAG + 5);
	for (i = 0; i < MESSAGE_OFFSET + MESSAGE_HEADER; i++)
		frame->data[i] = 0xa0 + i;
	for (i = MESSAGE_OFFSET + MESSAGE_HEADER + length; i < frame->length; i++)
		frame->data[i] = 0xd0 + i;
	/* The tc test runs look at the protocol. */
	frame->data[12] = 8;
	frame->data[13] = 0;
	return request;
}

static void check_encrypted(enum kind kind, int family, uint32_t length)
{
	static const uint8_t zeros[16];
	struct frame before, after;
	struct session session, next;
	struct request request;
	uint8_t plain[FRAME_MAX];
	uint32_t end;

	session_keep_alive();
	session_read(&r1, &session);
	request = encrypt_request(&before, family, length);
	after = before;
	CHECK(!call_run(kind, "r1-a", &request, &after), "length %u: error %lld", length,
	      (long long)call_reply()->ret);
	session_read(&r1, &next);
	CHECK(next.counter == session.counter + 1, "length %u: %lld counters drawn", length,
	      (long long)(next.counter - session.counter));

	CHECK_EQ(after.length, before.length);
	message_check(after.data + MESSAGE_OFFSET, request.length, &session, session.counter,
		      plain);
	CHECK_BYTES("inner packet", plain, before.data + MESSAGE_OFFSET + MESSAGE_HEADER, length);
	CHECK_BYTES("padding", plain + length, zeros, padding_of(length));
	CHECK_BYTES("in front of the message", after.data, before.data, MESSAGE_OFFSET);
	end = MESSAGE_OFFSET + request.length;
	CHECK_BYTES("behind the message", after.data + end, before.data + end, before.length - end);
}

static void test_encrypt4(const void *arg)
{
	uint32_t length;

	for (length = 20; length <= 1500; length += length < 200 ? 1 : 37)
		check_encrypted(KIND(arg), AF_INET, length);
}

static void test_encrypt6(const void *arg)
{
	uint32_t length;

	for (length = 40; length <= 1500; length += length < 200 ? 1 : 37)
		check_encrypted(KIND(arg), AF_INET6, length);
}

static void encrypt_ten(const void *arg)
{
	struct request request;
	struct frame frame;
	int i;

	for (i = 0; i < 10; i++) {
		request = encrypt_request(&frame, AF_INET, 100);
		CHECK_EQ(call_run(KIND(arg), "r1-a", &request, &frame), 0);
	}
}

static void test_counters(const void *arg)
{
	static const struct transfer expected = {
		.sent = 10 * (112 + MESSAGE_OVERHEAD),
		.tx_bytes = 10 * (112 + MESSAGE_OVERHEAD),
		.tx_packets = 10,
		.counters = 10,
	};

	transfer_check(&r1, encrypt_ten, arg, &expected);
}

struct refused_call {
	enum kind kind;
	const struct request *request;
	const struct frame *frame;
	long long error;
};

static void run_refused(const void *arg)
{
	const struct refused_call *call = arg;

	check_error(call->kind, "r1-a", call->request, call->frame, call->error);
}

/* Check that a request fails, and that neither packet nor session know of it. */
static void check_refused(enum kind kind, const struct request *request, const struct frame *frame,
			  long long error)
{
	const struct refused_call call = { kind, request, frame, error };
	static const struct transfer nothing;

	transfer_check(&r1, run_refused, &call, &nothing);
}

static void test_too_short(const void *arg)
{
	struct request request;
	struct frame frame;
	uint32_t length;

	for (length = 0; length < MESSAGE_OVERHEAD; length += 31) {
		request = encrypt_request(&frame, AF_INET, 64);
		request.length = length;
		check_refused(KIND(arg), &request, &frame, -EINVAL);
	}
	/* Room for nothing but header and tag: there is no packet to encrypt. */
	request.length = MESSAGE_OVERHEAD;
	check_refused(KIND(arg), &request, &frame, -EPROTO);
}

static void test_outside(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request;
	struct frame frame;

	request = encrypt_request(&frame, AF_INET, 64);
	request.length = frame.length - request.offset + 1;
	check_refused(kind, &request, &frame, -EFAULT);
	request.length = UINT32_MAX;
	check_refused(kind, &request, &frame, -EFAULT);
	request.length = UINT32_MAX - request.offset + 1;
	check_refused(kind, &request, &frame, -EFAULT);
	request = encrypt_request(&frame, AF_INET, 64);
	request.offset = frame.length;
	check_refused(kind, &request, &frame, -EFAULT);
	request.offset = UINT32_MAX;
	check_refused(kind, &request, &frame, -EFAULT);
	request.offset = UINT32_MAX - request.length + 1;
	check_refused(kind, &request, &frame, -EFAULT);
}

static void test_no_packet(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request;
	struct frame frame;
	struct ip6_hdr *ip6;
	struct ip *ip;

	ip = (struct ip *)(frame.data + MESSAGE_OFFSET + MESSAGE_HEADER);
	ip6 = (struct ip6_hdr *)ip;
	request = encrypt_request(&frame, AF_INET, 64);
	ip->ip_v = 5;
	check_refused(kind, &request, &frame, -EPROTO);
	request = encrypt_request(&frame, AF_INET, 64);
	ip->ip_len = htons(19);
	check_refused(kind, &request, &frame, -EPROTO);
	ip->ip_len = htons(65);
	check_refused(kind, &request, &frame, -EPROTO);
	ip->ip_len = htons(48);
	check_refused(kind, &request, &frame, -EPROTO);
	request = encrypt_request(&frame, AF_INET6, 64);
	ip6->ip6_plen = htons(25);
	check_refused(kind, &request, &frame, -EPROTO);
	ip6->ip6_plen = htons(8);
	check_refused(kind, &request, &frame, -EPROTO);
	/* A header that does not fit itself. */
	request = encrypt_request(&frame, AF_INET6, 48);
	ip6->ip6_plen = 0;
	request.length = MESSAGE_OVERHEAD + 32;
	check_refused(kind, &request, &frame, -EPROTO);
	request = encrypt_request(&frame, AF_INET, 32);
	request.length = MESSAGE_OVERHEAD + 16;
	ip->ip_len = htons(16);
	check_refused(kind, &request, &frame, -EPROTO);
}

static void test_no_key(const void *arg)
{
	struct request request;
	struct frame frame;

	request = encrypt_request(&frame, AF_INET, 64);
	test_shell("umask 077; wg set wg0 peer $(wg genkey | tee /run/topology/X.key | wg pubkey) "
		   "allowed-ips 10.9.0.0/16");
	request_address(&request, "10.9.1.1");
	check_error(KIND(arg), "r1-a", &request, &frame, -ENOKEY);
	test_shell("wg set wg0 peer $(wg pubkey < /run/topology/X.key) remove");
}

/* Another key of the device's own ends its sessions before a handshake begins new ones. */
static void test_ended_session(const void *arg)
{
	struct request request;
	struct frame frame;

	request = encrypt_request(&frame, AF_INET, 64);
	test_shell("wg genkey | wg set wg0 private-key /proc/self/fd/0");
	check_error(KIND(arg), "r1-a", &request, &frame, -ENOKEY);
	request.call = CALL_ROUTE;
	request.size = sizeof(call_reply()->route);
	check_error(KIND(arg), "r1-a", &request, &frame, -ENOKEY);
	test_shell("wg set wg0 private-key /run/topology/R1.key");
	session_ping();
}

static void test_multi_buffer(const void *arg)
{
	struct request request;
	struct frame frame;

	(void)arg;
	request = encrypt_request(&frame, AF_INET, 64);
	frame_put(&frame, NULL, 5000);
	check_refused(XDP, &request, &frame, -EOPNOTSUPP);
}

static void test_gso(const void *arg)
{
	struct frame frame, copy;
	struct request request;

	(void)arg;
	request = encrypt_request(&frame, AF_INET, 64);
	copy = frame;
	call_prepare(&request);
	run_skb(call_prog_fd(SKB), netns_ifindex("r1-a"), &copy, 40);
	CHECK_EQ(call_reply()->ret, -EOPNOTSUPP);
	CHECK_BYTES("the packet", copy.data, frame.data, frame.length);
}

/* What is in front of a frame is its own. */
static void test_metadata(const void *arg)
{
	uint8_t meta[32], expected[32], plain[FRAME_MAX];
	struct session session;
	struct request request;
	struct frame frame;

	(void)arg;
	memset(meta, 0x77, sizeof(meta));
	memcpy(expected, meta, sizeof(meta));
	session_read(&r1, &session);
	request = encrypt_request(&frame, AF_INET, 300);
	/* The message begins with the frame, so that the ciphers are close to the metadata. */
	memmove(frame.data, frame.data + MESSAGE_OFFSET, frame.length - MESSAGE_OFFSET);
	frame.length -= MESSAGE_OFFSET;
	request.offset = 0;
	call_prepare(&request);
	run_xdp_meta(call_prog_fd(XDP), netns_ifindex("r1-a"), &frame, meta, sizeof(meta));
	CHECK_EQ(call_reply()->ret, 0);
	CHECK_BYTES("metadata", meta, expected, sizeof(meta));
	message_check(frame.data, request.length, &session, session.counter, plain);
}

/* A frame at the beginning of its buffer. */
static void test_little_headroom(const void *arg)
{
	static const uint8_t zeros[16];
	struct frame before, after;
	struct session session;
	struct request request;
	uint8_t plain[FRAME_MAX];
	uint32_t length;

	(void)arg;
	for (length = 20; length <= 1420; length += 35) {
		request = encrypt_request(&before, AF_INET, length);
		memmove(before.data, before.data + MESSAGE_OFFSET, before.length - MESSAGE_OFFSET);
		before.length -= MESSAGE_OFFSET;
		request.offset = 0;
		session_keep_alive();
		session_enter(&r1);
		for (request.headroom = 0; request.headroom <= 80; request.headroom += 4) {
			session_read(&r1, &session);
			call_prepare(&request);
			after = before;
			CHECK_EQ(run_xdp(call_moved_fd(), netns_ifindex("r1-a"), &after), XDP_PASS);
			CHECK_EQ(call_reply()->ret, 0);
			CHECK_EQ(after.length, before.length);
			message_check(after.data, request.length, &session, session.counter, plain);
			CHECK_BYTES("inner packet", plain, before.data + MESSAGE_HEADER, length);
			CHECK_BYTES("padding", plain + length, zeros, padding_of(length));
		}
	}
}

/* The largest message that fits into one buffer of a test run. */
static void test_largest(const void *arg)
{
	check_encrypted(KIND(arg), AF_INET, 3300);
	check_encrypted(KIND(arg), AF_INET6, 3300);
}

void add_encrypt_tests(void)
{
	add_both(test_encrypt4, "encrypt-4");
	add_both(test_encrypt6, "encrypt-6");
	add_both(test_largest, "encrypt-largest");
	add_both(test_counters, "encrypt-counters");
	add_both(test_too_short, "encrypt-too-short");
	add_both(test_outside, "encrypt-outside");
	add_both(test_no_packet, "encrypt-no-packet");
	add_both(test_no_key, "encrypt-no-key");
	add_both(test_ended_session, "encrypt-ended-session");
	test_add(test_metadata, NULL, "kfunc/encrypt-metadata/xdp");
	test_add(test_little_headroom, NULL, "kfunc/encrypt-little-headroom/xdp");
	test_add(test_multi_buffer, NULL, "kfunc/encrypt-multi-buffer/xdp");
	test_add(test_gso, NULL, "kfunc/encrypt-gso/skb");
}
