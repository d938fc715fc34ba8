// SPDX-License-Identifier: GPL-2.0
/*
 * What the AEAD alone costs: the library's with a scatterlist, as WireGuard calls it, the library's
 * for data in one piece, and the one that is composed for the BPF datapath, all on the same bytes.
 * For a guest whose clock counts instructions.
 *
 * Loading it compares them, measures, writes a line for each run to the kernel's log, and always
 * fails: there is nothing to stay for. With measure=0 it only compares, and stays if they are the
 * same.
 */

#include "bpf_aead.h"
#include "compare.h"

#include <linux/bottom_half.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#define MESSAGES 64 /* at once, because the clock has its price too */
#define ROUNDS 16
#define RUNS 4
#define MOST 1420

static const u8 key[CHACHA20POLY1305_KEY_SIZE] = "a key of which nothing is secret";

/* @text has room in front of it and for the tag behind, and is in one page, as in a packet. */
struct message {
	u8 before[CHACHA_BLOCK_SIZE];
	u8 text[MOST + CHACHA20POLY1305_AUTHTAG_SIZE];
} __aligned(2048);

static bool encrypt_scatterlist(struct message *message, size_t length)
{
	struct scatterlist sg;

	sg_init_one(&sg, message->text, length + CHACHA20POLY1305_AUTHTAG_SIZE);
	return chacha20poly1305_encrypt_sg_inplace(&sg, length, NULL, 0, 1, key);
}

static bool decrypt_scatterlist(struct message *message, size_t length)
{
	struct scatterlist sg;

	sg_init_one(&sg, message->text, length + CHACHA20POLY1305_AUTHTAG_SIZE);
	return chacha20poly1305_decrypt_sg_inplace(&sg, length + CHACHA20POLY1305_AUTHTAG_SIZE,
						   NULL, 0, 1, key);
}

static bool encrypt_linear(struct message *message, size_t length)
{
	chacha20poly1305_encrypt(message->text, message->text, length, NULL, 0, 1, key);
	return true;
}

static bool decrypt_linear(struct message *message, size_t length)
{
	return chacha20poly1305_decrypt(message->text, message->text,
					length + CHACHA20POLY1305_AUTHTAG_SIZE, NULL, 0, 1, key);
}

static bool encrypt_composed(struct message *message, size_t length)
{
	wg_bpf_aead_encrypt(message->text, length, sizeof(message->before), 1, key);
	return true;
}

/* With the peek that the datapath makes for its decision, whose key stream is used again. */
static bool decrypt_composed(struct message *message, size_t length)
{
	struct wg_bpf_stream stream;

	wg_bpf_aead_stream(&stream, length, 1, key);
	return wg_bpf_aead_decrypt(message->text, length, &stream, 1, key);
}

static const struct {
	const char *name;
	bool (*encrypt)(struct message *message, size_t length);
	bool (*decrypt)(struct message *message, size_t length);
} aeads[] __initconst = {
	{ "scatterlist", encrypt_scatterlist, decrypt_scatterlist },
	{ "linear", encrypt_linear, decrypt_linear },
	{ "composed", encrypt_composed, decrypt_composed },
};

/* Inner packets, which WireGuard pads to 16 bytes as far as the tunnel's MTU allows. */
static const u16 lengths[] __initconst = { 64, 104, 128, 256, 512, 1024, 1420 };

static int __init measure(struct message *messages, int which, size_t length)
{
	const size_t padded = min_t(size_t, ALIGN(length, 16), MOST);
	u64 begin, middle, encrypt = 0, decrypt = 0;
	bool right = true;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		local_bh_disable();
		begin = ktime_get_ns();
		for (i = 0; i < MESSAGES; i++)
			right &= aeads[which].encrypt(&messages[i], padded);
		middle = ktime_get_ns();
		for (i = 0; i < MESSAGES; i++)
			right &= aeads[which].decrypt(&messages[i], padded);
		encrypt += middle - begin;
		decrypt += ktime_get_ns() - middle;
		local_bh_enable();
	}
	if (!right) {
		pr_err("bench_aead: %s failed with %zu bytes\n", aeads[which].name, length);
		return -EBADMSG;
	}
	pr_info("bench_aead: %s %zu %llu %llu\n", aeads[which].name, length,
		encrypt / (ROUNDS * MESSAGES), decrypt / (ROUNDS * MESSAGES));
	return 0;
}

static int __init measure_all(void)
{
	struct message *messages = kcalloc(MESSAGES, sizeof(*messages), GFP_KERNEL);
	int ret = 0, i, j;

	if (!messages)
		return -ENOMEM;
	for (i = 0; !ret && i < ARRAY_SIZE(aeads) * ARRAY_SIZE(lengths); i++) {
		for (j = 0; !ret && j < RUNS; j++)
			ret = measure(messages, i / ARRAY_SIZE(lengths),
				      lengths[i % ARRAY_SIZE(lengths)]);
	}
	kfree(messages);
	return ret ?: -EAGAIN;
}

static bool measures = true;
module_param_named(measure, measures, bool, 0);

static int __init bench_aead_init(void)
{
	int ret;

	ret = wg_bpf_aead_selftest();
	if (!ret)
		ret = compare_all();
	return ret || !measures ? ret : measure_all();
}
module_init(bench_aead_init);

static void __exit bench_aead_exit(void)
{
}
module_exit(bench_aead_exit);

MODULE_DESCRIPTION("Measure the AEAD of WireGuard");
MODULE_LICENSE("GPL");
