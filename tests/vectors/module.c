// SPDX-License-Identifier: GPL-2.0
/*
 * The functions that encrypt and decrypt for BPF programs, by the module that has the same source
 * as WireGuard's (module/).
 */
#include <stdio.h>

#include "tests.h"
#include "tests/harness/harness.h"
#include "vector.h"

#define MODULE "/lib/modules/$(uname -r)/updates/vectors.ko"

/* What the module says that it has done is what there is to do. */
static void test_module(const void *arg)
{
	int done[FORMS], expected[FORMS] = {};
	const char *text;
	size_t i;

	(void)arg;
	text = test_shell_output("insmod " MODULE " 2>&1 || dmesg | grep ' vectors: wrong' | "
				 "tail -n 1");
	CHECK(!*text, "%s", text);
	text = test_shell_output("cat /sys/module/vectors/parameters/done");
	CHECK(sscanf(text, "%d,%d,%d,%d", &done[FORM_WHOLE], &done[FORM_NONCE], &done[FORM_TEXT],
		     &done[FORM_NONE]) == FORMS,
	      "the module says %s", text);
	test_shell("rmmod vectors");

	for (i = 0; i < VECTORS; i++)
		expected[vector_get(i).form]++;
	CHECK_BYTES("how many of each form there were", done, expected, sizeof(done));
	printf("# %zu vectors: %d of WireGuard's form. Not of its form: %d with a 96-bit nonce, of "
	       "which its key stream was decrypted with; %d with additional data, of which the "
	       "text was compared and the tag refused; %d that were refused\n",
	       VECTORS, done[FORM_WHOLE], done[FORM_NONCE], done[FORM_TEXT], done[FORM_NONE]);
}

void add_module_tests(void)
{
	test_add(test_module, NULL, "vectors/module");
}
