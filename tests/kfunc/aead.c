// SPDX-License-Identifier: GPL-2.0
/*
 * The AEAD that is composed of the kernel's ciphers, by the module that also measures it: it has
 * the same source as WireGuard's, and loads only if the two agree for all lengths.
 */
#include "tests.h"

static void test_agrees(const void *arg)
{
	(void)arg;
	test_shell("insmod /lib/modules/$(uname -r)/updates/bench_aead.ko measure=0");
	test_shell("rmmod bench_aead");
}

/* What WireGuard says if its own short comparison failed; the library then does the work. */
static void test_used(const void *arg)
{
	(void)arg;
	test_shell("! dmesg | grep 'BPF programs encrypt at the library.s pace'");
}

void add_aead_tests(void)
{
	test_add(test_agrees, NULL, "kfunc/aead-agrees");
	test_add(test_used, NULL, "kfunc/aead-used");
}
