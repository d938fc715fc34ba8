// SPDX-License-Identifier: GPL-2.0
/*
 * Decryption of a data message in place, and the peek that comes before it. What decrypt_packet()
 * does with an skb is done here with memory in one piece; what holds for every message that is
 * received, whose key and counter may be used and what is due for its peer, is asked of the
 * functions that receive.c asks.
 *
 * All checks are made before the first write, so that after an error the packet is what it was and
 * can go to the stack; the exceptions are named at bpf_xdp_wg_decrypt().
 */

#include "bpf_internal.h"
#include "bpf_aead.h"
#include "bpf_keystream.h"
#include "messages.h"
#include "peerlookup.h"
#include "queueing.h"

#include <crypto/utils.h>
#include <linux/unaligned.h>

static void account_received(struct wg_peer *peer, u32 length)
{
	struct wg_bpf_stats *stats = this_cpu_ptr(peer->bpf_stats);

	wg_packet_authenticated(peer, false);
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->rx_bytes, length);
	u64_stats_update_end(&stats->syncp);
	dev_sw_netstats_rx_add(peer->device->dev, length);
}

/**
 * struct received - a data message that may be deciphered
 * @keypair: its keypair
 * @counter: its counter, host byte order
 * @data: its ciphertext
 * @length: length of the plaintext, in bytes; @data has 16 more
 */
struct received {
	struct noise_keypair *keypair;
	u64 counter;
	u8 *data;
	u32 length;
};

/*
 * What came before a session was confirmed is waited for no longer than this, in jiffies: it may be
 * lost or forged, and where the stack cannot keep up, there is always something underway.
 */
#define PATIENCE (HZ / 4)

/* Leave a message to the stack, and remember. */
static bool hold_back(struct noise_keypair *keypair, u64 counter)
{
	s64 held = atomic64_read(&keypair->bpf_held);

	while ((u64)held <= counter)
		if (atomic64_try_cmpxchg(&keypair->bpf_held, &held, counter + 1))
			break;
	return true;
}

/*
 * Whether a message is the stack's, which must see what confirms a keypair; or would overtake one
 * that is. The stack takes them in order: it has got all that came before when it has accepted the
 * last that was left to it, or the one right before this, and the peer's queue is empty.
 */
static bool is_early(struct wg_peer *peer, struct noise_keypair *keypair, u64 counter)
{
	u64 last;

	if (unlikely(keypair == rcu_access_pointer(peer->keypairs.next_keypair))) {
		WRITE_ONCE(keypair->bpf_held_at, jiffies);
		return hold_back(keypair, counter);
	}
	last = atomic64_read(&keypair->bpf_held);
	if (likely(!last))
		return false;
	if (time_after(jiffies, READ_ONCE(keypair->bpf_held_at) + PATIENCE)) {
		atomic64_set(&keypair->bpf_held, 0);
		return false;
	}
	last = min(last, counter);
	if (last && wg_packet_counter_plausible(&keypair->receiving_counter, last - 1))
		return hold_back(keypair, counter);
	smp_rmb(); /* It is in the queue until it is accepted and has gone on. */
	return wg_bpf_is_receiving(peer) && hold_back(keypair, counter);
}

/*
 * Find the keypair of a message and check all that can be checked without deciphering it. A keypair
 * that no packet has confirmed yet is left to the kernel: the first one promotes it, and releases
 * packets that wait for it.
 */
static int receive_message(const struct wg_bpf_packet *packet, u32 offset, u32 length,
			   struct wg_peer *peer, struct received *received)
{
	struct index_hashtable_entry *entry;
	struct noise_keypair *keypair;
	const u8 *message;
	__le32 index;
	int ret;

	if (length < MESSAGE_MINIMUM_LENGTH)
		return -EINVAL;
	if (!wg_bpf_within(packet, offset, length))
		return -EFAULT;
	message = packet->data + offset;
	if (get_unaligned_le32(message + offsetof(struct message_data, header)) != MESSAGE_DATA)
		return -EPROTO;
	if (!wg_bpf_peer_usable(peer))
		return -ESHUTDOWN;

	index = (__force __le32)get_unaligned(
		(const u32 *)(message + offsetof(struct message_data, key_idx)));
	entry = wg_index_hashtable_lookup_rcu(peer->device->index_hashtable,
					      INDEX_HASHTABLE_KEYPAIR, index);
	if (unlikely(!entry || READ_ONCE(entry->peer) != peer))
		return -ENOENT;
	keypair = container_of(entry, struct noise_keypair, entry);
	ret = wg_noise_receiving_check(keypair);
	if (unlikely(ret))
		return ret;
	received->counter = get_unaligned_le64(message + offsetof(struct message_data, counter));
	if (unlikely(!wg_packet_counter_plausible(&keypair->receiving_counter, received->counter)))
		return -ESTALE;
	if (is_early(peer, keypair, received->counter))
		return -EAGAIN;
	if (length == MESSAGE_MINIMUM_LENGTH)
		return -ENODATA;
	received->keypair = keypair;
	received->data = packet->data + offset + sizeof(struct message_data);
	received->length = length - MESSAGE_MINIMUM_LENGTH;
	return 0;
}

/* Where there is no memory yet in which a peek could leave its key stream. */
static noinline bool decrypt_apart(const struct received *received)
{
	struct wg_bpf_stream stream;
	bool authentic;

	wg_bpf_aead_stream(&stream, received->length, received->counter,
			   received->keypair->receiving.key);
	authentic = wg_bpf_aead_decrypt(received->data, received->length, &stream,
					received->counter, received->keypair->receiving.key);
	memzero_explicit(&stream, sizeof(stream));
	return authentic;
}

static bool decrypt(const struct received *received)
{
	struct wg_bpf_peeked *peeked;
	bool authentic;

	peeked = wg_bpf_stream_get(received->keypair, received->counter, received->length);
	if (unlikely(!peeked))
		return decrypt_apart(received);
	authentic = wg_bpf_aead_decrypt(received->data, received->length, &peeked->stream,
					received->counter, received->keypair->receiving.key);
	wg_bpf_stream_used(peeked);
	return authentic;
}

int wg_bpf_decrypt(const struct wg_bpf_packet *packet, u32 offset, u32 length, struct wg_peer *peer)
{
	struct received received;
	int ret;

	ret = receive_message(packet, offset, length, peer, &received);
	if (ret)
		return ret;
	if (unlikely(!decrypt(&received)))
		return -EBADMSG;
	if (unlikely(!wg_packet_counter_validate(&received.keypair->receiving_counter,
						 received.counter)))
		return -EALREADY;
	account_received(peer, length);
	return 0;
}

/* Decipher the first block. Return: how many bytes of it there are. */
static int reveal(const struct received *received, const struct wg_bpf_stream *stream, u8 *block)
{
	int i;

	if (likely(received->length >= CHACHA_BLOCK_SIZE)) {
		crypto_xor_cpy(block, stream->data_blocks, received->data, CHACHA_BLOCK_SIZE);
		return CHACHA_BLOCK_SIZE;
	}
	for (i = 0; i < received->length; i++)
		block[i] = stream->data_blocks[i] ^ received->data[i];
	memset(block + i, 0, CHACHA_BLOCK_SIZE - i);
	return i;
}

static noinline int peek_apart(const struct received *received, u8 *block)
{
	struct wg_bpf_stream stream;
	int ret;

	wg_bpf_aead_stream(&stream, received->length, received->counter,
			   received->keypair->receiving.key);
	ret = reveal(received, &stream, block);
	memzero_explicit(&stream, sizeof(stream));
	return ret;
}

int wg_bpf_peek(const struct wg_bpf_packet *packet, u32 offset, u32 length, struct wg_peer *peer,
		u8 *block)
{
	struct wg_bpf_peeked *peeked;
	struct received received;
	int ret;

	BUILD_BUG_ON(sizeof(struct bpf_wg_block) != CHACHA_BLOCK_SIZE);
	ret = receive_message(packet, offset, length, peer, &received);
	if (ret)
		return ret;
	peeked = wg_bpf_stream_get(received.keypair, received.counter, received.length);
	if (unlikely(!peeked))
		return peek_apart(&received, block);
	return reveal(&received, &peeked->stream, block);
}
