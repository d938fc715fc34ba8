// SPDX-License-Identifier: GPL-2.0
/*
 * What BPF programs have done to packet data: peek, encrypt, decrypt, move, checksum.
 *
 * The rules and the order of the checks are those of send.c and receive.c, and what a packet owes
 * to timers, counters and key refresh is paid there. A kfunc makes all its checks before its first
 * write, so that after an error the packet is what it was and can go to the stack; the exceptions
 * are named at bpf_xdp_wg_decrypt().
 */

#include "bpf_internal.h"
#include "bpf_aead.h"
#include "bpf_keystream.h"
#include "messages.h"
#include "peerlookup.h"
#include "queueing.h"
#include "timers.h"

#include <crypto/utils.h>
#include <linux/unaligned.h>
#include <net/checksum.h>

static bool within(const struct wg_bpf_packet *packet, u32 offset, u32 length)
{
	return offset <= packet->length && length <= packet->length - offset;
}

/* Length of the IP packet at @ip, which has @max bytes, by its own header; 0 if it is none. */
static u32 ip_length(const u8 *ip, u32 max)
{
	u32 length = 0;

	if (max >= sizeof(struct iphdr) && ip[0] >> 4 == 4)
		length = get_unaligned_be16(ip + offsetof(struct iphdr, tot_len));
	else if (max >= sizeof(struct ipv6hdr) && ip[0] >> 4 == 6)
		length = sizeof(struct ipv6hdr) +
			 get_unaligned_be16(ip + offsetof(struct ipv6hdr, payload_len));
	return length >= sizeof(struct iphdr) && length <= max ? length : 0;
}

static void account_sent(struct wg_peer *peer, u32 length)
{
	struct wg_bpf_stats *stats = this_cpu_ptr(peer->bpf_stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->tx_bytes, length);
	u64_stats_update_end(&stats->syncp);
	dev_sw_netstats_tx_add(peer->device->dev, 1, length);
	wg_packet_data_sent(peer);
}

static void account_received(struct wg_peer *peer, u32 length)
{
	struct wg_bpf_stats *stats = this_cpu_ptr(peer->bpf_stats);

	wg_packet_data_received(peer);
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->rx_bytes, length);
	u64_stats_update_end(&stats->syncp);
	dev_sw_netstats_rx_add(peer->device->dev, length);
}

/*
 * The bytes between the end of the inner packet and the tag are padding, and zeroed here: they are
 * whatever the frame or the buffer had there.
 */
int wg_bpf_encrypt(const struct wg_bpf_packet *packet, u32 offset, u32 length, struct wg_peer *peer)
{
	struct noise_keypair *keypair;
	u32 plain_len, inner_len;
	u8 *message, *plain;
	u64 nonce;

	if (length < MESSAGE_MINIMUM_LENGTH)
		return -EINVAL;
	if (!within(packet, offset, length))
		return -EFAULT;
	message = packet->data + offset;
	plain = message + sizeof(struct message_data);
	plain_len = length - MESSAGE_MINIMUM_LENGTH;
	inner_len = ip_length(plain, plain_len);
	if (!inner_len || plain_len - inner_len >= MESSAGE_PADDING_MULTIPLE)
		return -EPROTO;
	if (!wg_bpf_peer_usable(peer))
		return -ESHUTDOWN;

	keypair = rcu_dereference_bh(peer->keypairs.current_keypair);
	if (unlikely(!keypair || !READ_ONCE(keypair->sending.is_valid)))
		return -ENOKEY;
	if (unlikely(wg_birthdate_has_expired(keypair->sending.birthdate, REJECT_AFTER_TIME)))
		return -EKEYEXPIRED;
	nonce = atomic64_inc_return(&keypair->sending_counter) - 1;
	if (unlikely(nonce >= REJECT_AFTER_MESSAGES)) {
		WRITE_ONCE(keypair->sending.is_valid, false);
		return -EKEYEXPIRED;
	}

	memset(plain + inner_len, 0, plain_len - inner_len);
	put_unaligned_le32(MESSAGE_DATA, message + offsetof(struct message_data, header));
	put_unaligned((__force u32)keypair->remote_index,
		      (u32 *)(message + offsetof(struct message_data, key_idx)));
	put_unaligned_le64(nonce, message + offsetof(struct message_data, counter));
	wg_bpf_aead_encrypt(plain, plain_len, plain - packet->start, nonce, keypair->sending.key);
	account_sent(peer, length);
	return 0;
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

	if (length < MESSAGE_MINIMUM_LENGTH)
		return -EINVAL;
	if (!within(packet, offset, length))
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
	if (unlikely(keypair == rcu_access_pointer(peer->keypairs.next_keypair)))
		return -EAGAIN;
	if (unlikely(!READ_ONCE(keypair->receiving.is_valid)))
		return -ENOKEY;
	if (unlikely(wg_birthdate_has_expired(keypair->receiving.birthdate, REJECT_AFTER_TIME) ||
		     READ_ONCE(keypair->receiving_counter.counter) >= REJECT_AFTER_MESSAGES))
		return -EKEYEXPIRED;
	received->counter = get_unaligned_le64(message + offsetof(struct message_data, counter));
	if (unlikely(!wg_packet_counter_plausible(keypair, received->counter)))
		return -ESTALE;
	if (length == MESSAGE_MINIMUM_LENGTH)
		return -ENODATA;
	received->keypair = keypair;
	received->data = packet->data + offset + sizeof(struct message_data);
	received->length = length - MESSAGE_MINIMUM_LENGTH;
	return 0;
}

/* The key stream of a message, as far as peeks and decryptions share it. */
static struct wg_bpf_peeked *message_stream(const struct received *received)
{
	return wg_bpf_stream_get(received->keypair, received->counter, received->length);
}

int wg_bpf_decrypt(const struct wg_bpf_packet *packet, u32 offset, u32 length, struct wg_peer *peer)
{
	struct wg_bpf_peeked *peeked;
	struct received received;
	bool authentic;
	int ret;

	ret = receive_message(packet, offset, length, peer, &received);
	if (ret)
		return ret;
	peeked = message_stream(&received);
	authentic = wg_bpf_aead_decrypt(received.data, received.length, &peeked->stream,
					received.counter, received.keypair->receiving.key);
	wg_bpf_stream_used(peeked);
	if (unlikely(!authentic))
		return -EBADMSG;
	if (unlikely(!wg_packet_counter_validate(received.keypair, received.counter)))
		return -EALREADY;
	account_received(peer, length);
	return 0;
}

int wg_bpf_peek(const struct wg_bpf_packet *packet, u32 offset, u32 length, struct wg_peer *peer,
		u8 *block)
{
	struct received received;
	const u8 *stream;
	int i, ret;

	BUILD_BUG_ON(sizeof(struct bpf_wg_block) != CHACHA_BLOCK_SIZE);
	ret = receive_message(packet, offset, length, peer, &received);
	if (ret)
		return ret;
	stream = message_stream(&received)->stream.data_blocks;
	if (likely(received.length >= CHACHA_BLOCK_SIZE)) {
		crypto_xor_cpy(block, stream, received.data, CHACHA_BLOCK_SIZE);
		return CHACHA_BLOCK_SIZE;
	}
	for (i = 0; i < received.length; i++)
		block[i] = stream[i] ^ received.data[i];
	memset(block + i, 0, CHACHA_BLOCK_SIZE - i);
	return i;
}

s64 wg_bpf_checksum(const struct wg_bpf_packet *packet, u32 offset, u32 length, u32 seed)
{
	if (!within(packet, offset, length))
		return -EFAULT;
	return (__force u32)csum_partial(packet->data + offset, length, (__force __wsum)seed);
}

int wg_bpf_move(const struct wg_bpf_packet *packet, u32 to, u32 from, u32 length)
{
	if (!within(packet, to, length) || !within(packet, from, length))
		return -EFAULT;
	memmove(packet->data + to, packet->data + from, length);
	return 0;
}
