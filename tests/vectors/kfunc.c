// SPDX-License-Identifier: GPL-2.0
/*
 * Vectors through the kfuncs that decrypt: those that a data message can be, in a session of R1
 * that was given the vector's key.
 */
#include <endian.h>
#include <stdio.h>

#include "tests.h"
#include "tests/kfunc/tests.h"
#include "vector.h"

#define MODULE "/lib/modules/$(uname -r)/updates/set_key.ko"

/* The kernel's memory is written to: nothing may use the key, and the session must not end. */
static void set_receiving_key(struct session *session, const uint8_t *key)
{
	char digits[2 * AEAD_KEY + 1];
	int i;

	for (i = 0; i < AEAD_KEY; i++)
		snprintf(digits + 2 * i, 3, "%02x", key[i]);
	session_read(&r1, session);
	test_shell("insmod " MODULE " at=%#llx key=%s && rmmod set_key",
		   (unsigned long long)call_reply()->receiving_at, digits);
	session_read(&r1, session);
	CHECK_BYTES("key of the session", session->receiving, key, AEAD_KEY);
}

/* Messages that carry nothing are left to the stack. */
static void check_empty(enum kind kind, const struct request *request, const struct frame *frame)
{
	check_error(kind, "r1-r2", request, frame, -ENODATA);
}

static void check_decrypted(enum kind kind, const struct request *request,
			    const struct frame *frame, const struct vector *vector)
{
	struct frame after = *frame;

	CHECK_EQ(call_run(kind, "r1-r2", request, &after), 0);
	CHECK_EQ(after.length, frame->length);
	CHECK_BYTES("plaintext", after.data + MESSAGE_OFFSET + MESSAGE_HEADER, vector->plain,
		    vector->length);
	check_error(kind, "r1-r2", request, frame, -ESTALE);
}

/* One changed byte in the text, in the tag, and in the counter. */
static void check_changed(enum kind kind, const struct request *request, const struct frame *frame)
{
	const uint32_t end = MESSAGE_OFFSET + request->length;
	const uint32_t places[] = { MESSAGE_OFFSET + 8, MESSAGE_OFFSET + MESSAGE_HEADER,
				    end - AEAD_TAG - 1, end - AEAD_TAG, end - 1 };
	struct frame changed;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		changed = *frame;
		changed.data[places[i]] ^= 0x80;
		check_error(kind, "r1-r2", request, &changed, -EBADMSG);
	}
}

static void check_peek(enum kind kind, struct request request, const struct frame *frame,
		       const struct vector *vector)
{
	const size_t seen = vector->length < PEEK_SIZE ? vector->length : PEEK_SIZE;
	struct frame same = *frame;

	request.call = CALL_PEEK;
	CHECK_EQ(call_run(kind, "r1-r2", &request, &same), seen);
	CHECK_BYTES("block", call_reply()->block.data, vector->plain, seen);
}

static void check_vector(enum kind kind, const struct vector *vector)
{
	struct session session;
	struct message message;
	struct request request;
	struct frame frame;
	uint64_t counter;

	memcpy(&counter, vector->nonce, sizeof(counter));
	session_renew();
	set_receiving_key(&session, vector->key);
	message_seal(&message, &session, le64toh(counter), vector->plain, vector->length);
	memcpy(message.data + MESSAGE_HEADER, vector->sealed, vector->length + AEAD_TAG);
	receive_frame(&frame, &message);
	request = request_index(&r1, CALL_DECRYPT, session.local_index);
	request.offset = MESSAGE_OFFSET;
	request.length = message.length;
	if (!vector->length) {
		check_empty(kind, &request, &frame);
		return;
	}
	check_peek(kind, request, &frame, vector);
	check_changed(kind, &request, &frame);
	check_decrypted(kind, &request, &frame, vector);
}

static void test_kfunc(const void *arg)
{
	int decrypted = 0, empty = 0;
	struct vector vector;
	size_t i;

	for (i = VECTORS_ENCRYPT; i < VECTORS; i++) {
		vector = vector_get(i);
		if (vector.form != FORM_WHOLE)
			continue;
		check_vector(KIND(arg), &vector);
		if (vector.length)
			decrypted++;
		else
			empty++;
	}
	session_renew();
	CHECK(decrypted, "there was nothing to decrypt");
	printf("# %zu vectors to decrypt: %d were. Not of a data message's form: %d of a keepalive's, "
	       "left to the stack, and %zu that no message of WireGuard's can be\n",
	       VECTORS_DECRYPT, decrypted, empty, VECTORS_DECRYPT - decrypted - empty);
}

void add_kfunc_tests(void)
{
	static const enum kind kinds[] = { XDP, SKB };

	test_add(test_kfunc, &kinds[XDP], "vectors/kfunc/xdp");
	test_add(test_kfunc, &kinds[SKB], "vectors/kfunc/skb");
}
