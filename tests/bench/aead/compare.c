// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the AEAD that is composed for the BPF datapath is the library's, over all edges of the
 * library's vector code: each length up to where it repeats itself, and on from there in steps.
 */

#include "compare.h"

#include "bpf_aead.h"

#include <linux/init.h>
#include <linux/printk.h>
#include <linux/slab.h>

#define MOST 2048
#define EACH 600 /* more than what eight blocks of ChaCha20 encipher */
#define STEP 16

int __init compare_all(void)
{
	u8 *ours = kmalloc(MOST + WG_BPF_AEAD_ROOM, GFP_KERNEL);
	u8 *theirs = kmalloc(MOST + WG_BPF_AEAD_ROOM, GFP_KERNEL);
	size_t length;
	int ret = -ENOMEM;

	if (!ours || !theirs)
		goto out;
	ret = 0;
	for (length = 0; length <= MOST; length += length < EACH ? 1 : STEP) {
		if (wg_bpf_aead_agrees(ours, theirs, length))
			continue;
		pr_err("bench_aead: %zu bytes are not what the library makes of them\n", length);
		ret = -EKEYREJECTED;
		break;
	}
out:
	kfree(ours);
	kfree(theirs);
	return ret;
}
