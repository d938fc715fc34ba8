// SPDX-License-Identifier: GPL-2.0
/*
 * Encryption of a packet in place. What encrypt_packet() does with an skb is done here with memory
 * in one piece; what holds for every packet that is sent, whose key may be used and what is due for
 * its peer, is asked of the functions that send.c asks.
 *
 * All checks are made before the first write, so that after an error the packet is what it was and
 * can go to the stack.
 */

#include "bpf_internal.h"
#include "bpf_aead.h"
#include "messages.h"
#include "queueing.h"

#include <linux/unaligned.h>

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

u32 wg_bpf_inner_length(const struct wg_bpf_packet *packet, u32 offset, u32 length)
{
	if (length < MESSAGE_MINIMUM_LENGTH || !wg_bpf_within(packet, offset, length))
		return 0;
	return ip_length(packet->data + offset + sizeof(struct message_data),
			 length - MESSAGE_MINIMUM_LENGTH);
}

static void account_sent(struct wg_peer *peer, u32 length)
{
	struct wg_bpf_stats *stats = this_cpu_ptr(peer->bpf_stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->tx_bytes, length);
	u64_stats_update_end(&stats->syncp);
	dev_sw_netstats_tx_add(peer->device->dev, 1, length);
	wg_packet_before_sending(peer);
	wg_packet_after_sending(peer, true);
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
	int ret;

	if (length < MESSAGE_MINIMUM_LENGTH)
		return -EINVAL;
	if (!wg_bpf_within(packet, offset, length))
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
	if (unlikely(!keypair))
		return -ENOKEY;
	ret = wg_noise_sending_check(keypair);
	if (unlikely(ret))
		return ret;
	if (unlikely(!wg_noise_draw_nonce(keypair, &nonce)))
		return -EKEYEXPIRED;

	memset(plain + inner_len, 0, plain_len - inner_len);
	put_unaligned_le32(MESSAGE_DATA, message + offsetof(struct message_data, header));
	put_unaligned((__force u32)keypair->remote_index,
		      (u32 *)(message + offsetof(struct message_data, key_idx)));
	put_unaligned_le64(nonce, message + offsetof(struct message_data, counter));
	wg_bpf_aead_encrypt(plain, plain_len, plain - packet->start, nonce, keypair->sending.key);
	account_sent(peer, length);
	return 0;
}
