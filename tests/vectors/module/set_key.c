// SPDX-License-Identifier: GPL-2.0
/*
 * Put a key into a session. Nobody can choose the keys that a handshake comes to; a test that wants
 * one that was published finds out where WireGuard keeps the session's, and says so here. It has to
 * see to it that the session lives on meanwhile, and that nobody uses it.
 */
#include <crypto/chacha20poly1305.h>
#include <linux/hex.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

static unsigned long at;
module_param(at, ulong, 0);
MODULE_PARM_DESC(at, "address of the key in the kernel's memory");

static char *key = "";
module_param(key, charp, 0);
MODULE_PARM_DESC(key, "64 hexadecimal digits");

static int __init set_key_init(void)
{
	u8 bytes[CHACHA20POLY1305_KEY_SIZE];

	if (!at || strlen(key) != 2 * sizeof(bytes) || hex2bin(bytes, key, sizeof(bytes)))
		return -EINVAL;
	memcpy((void *)at, bytes, sizeof(bytes));
	return 0;
}
module_init(set_key_init);

static void __exit set_key_exit(void)
{
}
module_exit(set_key_exit);

MODULE_DESCRIPTION("Set the key of a WireGuard session");
MODULE_LICENSE("GPL");
