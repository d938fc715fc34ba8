// SPDX-License-Identifier: GPL-2.0
/*
 * The vectors for ChaCha20-Poly1305 that RFC 8439 and Wycheproof have published: by the functions
 * that encrypt and decrypt for BPF programs, by those that the tests compare with, and through the
 * kfuncs that decrypt.
 */
#include "tests.h"
#include "tests/harness/harness.h"
#include "tests/kfunc/session.h"

static void prepare(void)
{
	call_load();
	session_ping();
}

/* A session that was given a key is no session any more. */
static void restore(void)
{
	test_shell("rmmod vectors set_key 2> /dev/null || true");
	session_renew();
}

int main(int argc, char **argv)
{
	add_module_tests();
	add_harness_tests();
	add_kfunc_tests();
	return test_main(argc, argv, prepare, session_keep_fresh, restore);
}
