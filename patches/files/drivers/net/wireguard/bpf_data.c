// SPDX-License-Identifier: GPL-2.0
/*
 * What BPF programs have done to packet data: peek, encrypt, decrypt, move, checksum.
 *
 * The rules and the order of the checks are those of send.c and receive.c, and what a packet owes
 * to timers, counters and key refresh is paid there. A kfunc makes all its checks before its first
 * write, so that after an error the packet is what it was and can go to the stack; the exceptions
 * are named at bpf_xdp_wg_decrypt().
 */

#include "bpf.h"
#include "messages.h"
#include "peerlookup.h"
#include "queueing.h"
#include "timers.h"

#include <crypto/chacha.h>
#include <crypto/chacha20poly1305.h>
#include <linux/unaligned.h>
#include <net/checksum.h>

/**
 * struct linear - the part of a packet that is in one piece of memory
 * @data: first byte, where offset 0 of the kfuncs is
 * @length: in bytes
 */
struct linear {
	u8 *data;
	u32 length;
};

static int xdp_linear(struct xdp_md *ctx, struct linear *packet)
{
	struct xdp_buff *xdp = (struct xdp_buff *)ctx;

	if (xdp_buff_has_frags(xdp))
		return -EOPNOTSUPP;
	packet->data = xdp->data;
	packet->length = xdp->data_end - xdp->data;
	return 0;
}

static void skb_linear(struct __sk_buff *ctx, struct linear *packet)
{
	struct sk_buff *skb = (struct sk_buff *)ctx;

	packet->data = skb->data;
	packet->length = skb_headlen(skb);
}

/*
 * An skb that may be written in place. The verifier does not know that a kfunc could move packet
 * data, so nothing here may: what had to be copied first is refused.
 */
static int skb_linear_writable(struct __sk_buff *ctx, struct linear *packet)
{
	struct sk_buff *skb = (struct sk_buff *)ctx;

	if (skb_shared(skb) || skb_cloned(skb) || skb_has_shared_frag(skb))
		return -EBUSY;
	if (skb_is_gso(skb) || skb_is_nonlinear(skb))
		return -EOPNOTSUPP;
	skb_linear(ctx, packet);
	return 0;
}

static bool within(const struct linear *packet, u32 offset, u32 length)
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

	WRITE_ONCE(stats->tx_bytes, stats->tx_bytes + length);
	dev_sw_netstats_tx_add(peer->device->dev, 1, length);
	wg_packet_data_sent(peer);
}

static void account_received(struct wg_peer *peer, u32 length)
{
	struct wg_bpf_stats *stats = this_cpu_ptr(peer->bpf_stats);

	wg_packet_data_received(peer);
	WRITE_ONCE(stats->rx_bytes, stats->rx_bytes + length);
	dev_sw_netstats_rx_add(peer->device->dev, length);
}

/*
 * The bytes between the end of the inner packet and the tag are padding, and zeroed here: they are
 * whatever the frame or the buffer had there.
 */
static int encrypt_message(const struct linear *packet, u32 offset, u32 length,
			   struct wg_peer *peer)
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
	chacha20poly1305_encrypt(plain, plain, plain_len, NULL, 0, nonce, keypair->sending.key);
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
static int receive_message(const struct linear *packet, u32 offset, u32 length,
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

static int decrypt_message(const struct linear *packet, u32 offset, u32 length,
			   struct wg_peer *peer)
{
	struct received received;
	int ret;

	ret = receive_message(packet, offset, length, peer, &received);
	if (ret)
		return ret;
	/* Verifies the tag before it writes the first byte. */
	if (unlikely(!chacha20poly1305_decrypt(received.data, received.data,
					       noise_encrypted_len(received.length), NULL, 0,
					       received.counter, received.keypair->receiving.key)))
		return -EBADMSG;
	if (unlikely(!wg_packet_counter_validate(received.keypair, received.counter)))
		return -EALREADY;
	account_received(peer, length);
	return 0;
}

/*
 * RFC 8439, section 2.8: block 0 of the key stream makes the Poly1305 key, and the plaintext is
 * enciphered from block 1 on.
 */
static int peek_message(const struct linear *packet, u32 offset, u32 length, struct wg_peer *peer,
			u8 *block, u32 size)
{
	u32 state[CHACHA_STATE_WORDS], key[CHACHA_KEY_SIZE / sizeof(u32)];
	struct received received;
	__le64 iv[2];
	int i, ret;

	if (size != CHACHA_BLOCK_SIZE)
		return -EINVAL;
	ret = receive_message(packet, offset, length, peer, &received);
	if (ret)
		return ret;

	for (i = 0; i < ARRAY_SIZE(key); i++)
		key[i] = get_unaligned_le32(received.keypair->receiving.key + i * sizeof(u32));
	iv[0] = cpu_to_le64(1);
	iv[1] = cpu_to_le64(received.counter);
	chacha_init_generic(state, key, (const u8 *)iv);
	chacha20_block(state, block);
	ret = min_t(u32, received.length, CHACHA_BLOCK_SIZE);
	for (i = 0; i < ret; i++)
		block[i] ^= received.data[i];
	memset(block + ret, 0, CHACHA_BLOCK_SIZE - ret);

	memzero_explicit(state, sizeof(state));
	memzero_explicit(key, sizeof(key));
	return ret;
}

static s64 checksum(const struct linear *packet, u32 offset, u32 length, u32 seed)
{
	if (!within(packet, offset, length))
		return -EFAULT;
	return (__force u32)csum_partial(packet->data + offset, length, (__force __wsum)seed);
}

__bpf_kfunc_start_defs();

/**
 * bpf_xdp_wg_peek - decipher the beginning of a data message without touching it
 * @xdp_ctx: the packet
 * @offset: of the WireGuard header from the start of the frame, in bytes
 * @length: of the WireGuard message: header 16, plaintext, tag 16
 * @peer: the peer that bpf_wg_peer_hashtable_lookup() found for its receiver index
 * @block: takes the first bytes of the plaintext; the rest is zeroed
 * @block__sz: 64, one block of ChaCha20
 *
 * What it returns is not authenticated yet. It may choose the packet's path, which an attacker who
 * can flip bits could choose as well by sending garbage; it must not change any state.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: number of bytes in @block, 1 to 64, or
 * -EINVAL for a wrong @block__sz or a length that no message has,
 * -EOPNOTSUPP for a packet in several buffers,
 * -EFAULT when the message is not within the packet,
 * -EPROTO when it is no data message,
 * -ESHUTDOWN for a peer that is being removed or whose device is down,
 * -ENOENT when the receiver index is not one of @peer's,
 * -EAGAIN for the first packet under a new key, which the kernel must see,
 * -ENOKEY or -EKEYEXPIRED without a valid key,
 * -ESTALE for a counter that was received before or is too old,
 * -ENODATA for a keepalive.
 */
__bpf_kfunc int bpf_xdp_wg_peek(struct xdp_md *xdp_ctx, __u32 offset, __u32 length,
				struct wg_peer *peer, void *block, __u32 block__sz)
{
	struct linear packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	return ret ?: peek_message(&packet, offset, length, peer, block, block__sz);
}

/**
 * bpf_skb_wg_peek - like bpf_xdp_wg_peek(), for tc
 * @skb_ctx: the packet, of which the message must be in the linear part
 * @offset: of the WireGuard header from the start of the packet data, in bytes
 * @length: of the WireGuard message
 * @peer: the peer
 * @block: takes the first bytes of the plaintext
 * @block__sz: 64
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: as bpf_xdp_wg_peek().
 */
__bpf_kfunc int bpf_skb_wg_peek(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
				struct wg_peer *peer, void *block, __u32 block__sz)
{
	struct linear packet;

	skb_linear(skb_ctx, &packet);
	return peek_message(&packet, offset, length, peer, block, block__sz);
}

/**
 * bpf_xdp_wg_encrypt - make a packet a data message, in place
 * @xdp_ctx: the packet
 * @offset: where the WireGuard header goes, from the start of the frame, in bytes
 * @length: of the WireGuard message: header 16, inner packet and its padding, tag 16
 * @peer: the peer to send to
 *
 * The inner packet stands at @offset + 16; its length is read from its own header, and what
 * follows up to the tag, less than 16 bytes, becomes zero padding. Writes the header, draws the
 * counter, and does for the peer what sending a packet does: transfer and device counters, timers,
 * the start of a new handshake when the key nears its end.
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: 0, or, with the packet untouched,
 * -EINVAL for a length that no message has,
 * -EOPNOTSUPP for a packet in several buffers,
 * -EFAULT when the message would not be within the packet,
 * -EPROTO when there is no IP packet of fitting length to encrypt,
 * -ESHUTDOWN for a peer that is being removed or whose device is down,
 * -ENOKEY without a valid key, -EKEYEXPIRED with one that is too old or used up.
 */
__bpf_kfunc int bpf_xdp_wg_encrypt(struct xdp_md *xdp_ctx, __u32 offset, __u32 length,
				   struct wg_peer *peer)
{
	struct linear packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	return ret ?: encrypt_message(&packet, offset, length, peer);
}

/**
 * bpf_skb_wg_encrypt - like bpf_xdp_wg_encrypt(), for tc
 * @skb_ctx: the packet
 * @offset: where the WireGuard header goes, from the start of the packet data, in bytes
 * @length: of the WireGuard message
 * @peer: the peer to send to
 *
 * A checksum that the sender left to hardware is finished before the packet is encrypted.
 *
 * Context: softirq or bottom halves off, under RCU.
 * Return: as bpf_xdp_wg_encrypt(), and -EBUSY when others see the same packet data. -EOPNOTSUPP is
 * for packets that are not linear or wait for segmentation.
 */
__bpf_kfunc int bpf_skb_wg_encrypt(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
				   struct wg_peer *peer)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	struct linear packet;
	int ret;

	ret = skb_linear_writable(skb_ctx, &packet);
	if (ret)
		return ret;
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return -EOPNOTSUPP;
	ret = encrypt_message(&packet, offset, length, peer);
	if (ret)
		return ret;
	skb->ip_summed = CHECKSUM_NONE;
	return 0;
}

/**
 * bpf_xdp_wg_decrypt - decrypt a data message, in place
 * @xdp_ctx: the packet
 * @offset: of the WireGuard header from the start of the frame, in bytes
 * @length: of the WireGuard message: header 16, plaintext, tag 16
 * @peer: the peer that bpf_wg_peer_hashtable_lookup() found for its receiver index
 *
 * The inner packet stands at @offset + 16 afterwards, followed by its padding. Does for the peer
 * what receiving a packet does: transfer and device counters, timers, key refresh. The caller has
 * made sure, with bpf_xdp_wg_peek(), that the inner source is allowed for @peer.
 *
 * Context: softirq or bottom halves off, under RCU. Takes the replay window's lock.
 * Return: 0, or the errors of bpf_xdp_wg_peek(), with the packet untouched, or one of two after
 * which the packet must be dropped, as the kernel does: -EBADMSG when the tag is wrong, and
 * -EALREADY when another CPU has received this counter meanwhile (the packet is plaintext then).
 */
__bpf_kfunc int bpf_xdp_wg_decrypt(struct xdp_md *xdp_ctx, __u32 offset, __u32 length,
				   struct wg_peer *peer)
{
	struct linear packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	return ret ?: decrypt_message(&packet, offset, length, peer);
}

/**
 * bpf_skb_wg_decrypt - like bpf_xdp_wg_decrypt(), for tc
 * @skb_ctx: the packet
 * @offset: of the WireGuard header from the start of the packet data, in bytes
 * @length: of the WireGuard message
 * @peer: the peer
 *
 * The checksums of the inner packet need no check afterwards, since the tag covers them.
 *
 * Context: softirq or bottom halves off, under RCU. Takes the replay window's lock.
 * Return: as bpf_xdp_wg_decrypt(), and -EBUSY when others see the same packet data. -EOPNOTSUPP is
 * for packets that are not linear or wait for segmentation.
 */
__bpf_kfunc int bpf_skb_wg_decrypt(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
				   struct wg_peer *peer)
{
	struct sk_buff *skb = (struct sk_buff *)skb_ctx;
	struct linear packet;
	int ret;

	ret = skb_linear_writable(skb_ctx, &packet);
	if (ret)
		return ret;
	ret = decrypt_message(&packet, offset, length, peer);
	if (ret)
		return ret;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
	return 0;
}

/**
 * bpf_xdp_wg_move - move a part of a packet within it
 * @xdp_ctx: the packet
 * @to: offset to move to, from the start of the frame, in bytes
 * @from: offset to move from, likewise; the two parts may overlap
 * @length: in bytes
 *
 * Makes room behind a packet whose buffer can only grow in front.
 *
 * Context: softirq or bottom halves off.
 * Return: 0, -EOPNOTSUPP for a packet in several buffers, -EFAULT when a part is not within it.
 */
__bpf_kfunc int bpf_xdp_wg_move(struct xdp_md *xdp_ctx, __u32 to, __u32 from, __u32 length)
{
	struct linear packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	if (ret)
		return ret;
	if (!within(&packet, to, length) || !within(&packet, from, length))
		return -EFAULT;
	memmove(packet.data + to, packet.data + from, length);
	return 0;
}

/**
 * bpf_xdp_checksum - sum packet data for the Internet checksum (RFC 1071)
 * @xdp_ctx: the packet
 * @offset: of the first byte from the start of the frame
 * @length: in bytes
 * @seed: sum so far, not folded; 0 to begin
 *
 * Context: any.
 * Return: the sum, 32 bits, not folded and not inverted, in the byte order of the data; or
 * -EOPNOTSUPP for a packet in several buffers, -EFAULT when the part is not within it.
 */
__bpf_kfunc __s64 bpf_xdp_checksum(struct xdp_md *xdp_ctx, __u32 offset, __u32 length, __u32 seed)
{
	struct linear packet;
	int ret;

	ret = xdp_linear(xdp_ctx, &packet);
	return ret ?: checksum(&packet, offset, length, seed);
}

/**
 * bpf_skb_checksum - like bpf_xdp_checksum(), for tc
 * @skb_ctx: the packet, of which the part must be in the linear part
 * @offset: of the first byte from the start of the packet data
 * @length: in bytes
 * @seed: sum so far, not folded; 0 to begin
 *
 * Context: any.
 * Return: as bpf_xdp_checksum(), but for -EOPNOTSUPP.
 */
__bpf_kfunc __s64 bpf_skb_checksum(struct __sk_buff *skb_ctx, __u32 offset, __u32 length,
				   __u32 seed)
{
	struct linear packet;

	skb_linear(skb_ctx, &packet);
	return checksum(&packet, offset, length, seed);
}

__bpf_kfunc_end_defs();
