// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the AEAD that is composed here is the library's. A few lengths are compared when the
 * module is loaded; a test compares all.
 */

#include "bpf_aead.h"

#include <linux/init.h>
#include <linux/slab.h>
#include <linux/string.h>

static void __init fill(u8 *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = i * 7 + size;
}

/* Encrypt with that much memory that may be lent: what is in it and behind it must be the same. */
static bool __init encrypts(u8 *ours, const u8 *theirs, size_t length, size_t before, u64 nonce,
			    const u8 *key)
{
	fill(ours, length + WG_BPF_AEAD_ROOM);
	wg_bpf_aead_encrypt(ours + CHACHA_BLOCK_SIZE, length, before, nonce, key);
	return !memcmp(ours, theirs, length + WG_BPF_AEAD_ROOM);
}

/**
 * wg_bpf_aead_agrees - compare with the library for one length
 * @ours: WG_BPF_AEAD_ROOM bytes of memory more than @length
 * @theirs: likewise
 * @length: of the plaintext, in bytes
 *
 * Compares the ciphertext, with memory that may be lent and without, what becomes of such memory,
 * the plaintext, and what becomes of a message with a wrong tag.
 *
 * Return: whether all of it is the same.
 */
bool __init wg_bpf_aead_agrees(u8 *ours, u8 *theirs, size_t length)
{
	static const u8 key[CHACHA20POLY1305_KEY_SIZE] = "a key of which nothing is secret";
	const u64 nonce = 0x0123456789abcdefULL ^ length;
	const size_t total = length + WG_BPF_AEAD_ROOM;
	u8 *data = ours + CHACHA_BLOCK_SIZE;
	struct wg_bpf_stream stream;

	fill(theirs, total);
	chacha20poly1305_encrypt(theirs + CHACHA_BLOCK_SIZE, theirs + CHACHA_BLOCK_SIZE, length,
				 NULL, 0, nonce, key);
	if (!encrypts(ours, theirs, length, 0, nonce, key) ||
	    !encrypts(ours, theirs, length, CHACHA_BLOCK_SIZE, nonce, key))
		return false;

	wg_bpf_aead_stream(&stream, length, nonce, key);
	data[length] ^= 1;
	theirs[CHACHA_BLOCK_SIZE + length] ^= 1;
	if (wg_bpf_aead_decrypt(data, length, &stream, nonce, key) || memcmp(ours, theirs, total))
		return false;
	data[length] ^= 1;
	if (!wg_bpf_aead_decrypt(data, length, &stream, nonce, key))
		return false;
	fill(theirs, total);
	return !memcmp(data, theirs + CHACHA_BLOCK_SIZE, length);
}

/**
 * wg_bpf_aead_selftest - compare with the library, and use what is composed if it is the same
 *
 * Otherwise the library is used for everything.
 *
 * Return: 0, -ENOMEM, or -EKEYREJECTED if they disagree.
 */
int __init wg_bpf_aead_selftest(void)
{
	/* Where our code or the library's vector code takes another way. */
	static const u16 lengths[] __initconst = { 0, 15, 16, 64, 65, 192, 256, 448, 500, 1420 };
	const size_t most = lengths[ARRAY_SIZE(lengths) - 1] + WG_BPF_AEAD_ROOM;
	u8 *ours = kmalloc(most, GFP_KERNEL), *theirs = kmalloc(most, GFP_KERNEL);
	int i, ret = -ENOMEM;

	if (!ours || !theirs)
		goto out;
	ret = 0;
	wg_bpf_aead_composed = true;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		if (wg_bpf_aead_agrees(ours, theirs, lengths[i]))
			continue;
		wg_bpf_aead_composed = false;
		ret = -EKEYREJECTED;
		break;
	}
out:
	kfree(ours);
	kfree(theirs);
	return ret;
}
