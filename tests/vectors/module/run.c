// SPDX-License-Identifier: GPL-2.0
/*
 * The AEAD of the BPF datapath and the vectors that RFC 8439 and Wycheproof have published. Loading
 * this module checks it, and fails after a line in the log if anything is not as it must be. How
 * many there were of each form is in /sys/module/vectors/parameters/done.
 */

#include "bpf_aead.h"
#include "checks.h"
#include "vector.h"

#include <linux/module.h>
#include <linux/moduleparam.h>

static int done[FORMS];
module_param_array(done, int, NULL, 0444);

struct check {
	const char *words;
	bool (*holds)(const struct vector *vector);
};

#define MOST_CHECKS 5

static const struct check checks[FORMS][MOST_CHECKS] __initconst = {
	[FORM_WHOLE] = {
		{ "encrypting", seals },
		{ "decrypting", opens },
		{ "refusing a changed bit", refuses_changed_bits },
		{ "refusing another length", refuses_other_lengths },
		{ "refusing another nonce", refuses_other_nonces },
	},
	[FORM_NONCE] = {
		{ "decrypting with its key stream", opens_with_stream },
	},
	[FORM_TEXT] = {
		{ "enciphering", enciphers },
		{ "deciphering", deciphers },
		{ "refusing the tag over additional data", refuses },
	},
	[FORM_NONE] = {
		{ "refusing it", refuses },
	},
};

static int __init run(const struct vector *vector)
{
	const struct check *check = checks[vector->form];
	int i;

	for (i = 0; i < MOST_CHECKS && check[i].holds; i++) {
		if (check[i].holds(vector))
			continue;
		pr_err("vectors: wrong: %s, vector %zu of those to %s%s\n", check[i].words,
		       vector->number, vector->table,
		       wg_bpf_aead_composed ? "" : ", by the library alone");
		return -EKEYREJECTED;
	}
	return 0;
}

/* With the AEAD that is composed, and with what stands in for it, which knows no key stream. */
static int __init run_both(const struct vector *vector)
{
	int ret;

	if (vector->length > VECTOR_MOST)
		return -EOVERFLOW;
	ret = run(vector);
	if (!ret && vector->form == FORM_WHOLE) {
		wg_bpf_aead_composed = false;
		ret = run(vector);
		wg_bpf_aead_composed = true;
	}
	done[vector->form] += !ret;
	return ret;
}

static int __init run_all(void)
{
	struct vector vector;
	int ret = 0;
	size_t i;

	for (i = 0; !ret && i < VECTORS; i++) {
		vector = vector_get(i);
		ret = run_both(&vector);
	}
	return ret;
}

static int __init vectors_init(void)
{
	int ret;

	ret = checks_prepare();
	/* Without this the library would do all the work. */
	if (!ret)
		ret = wg_bpf_aead_selftest();
	if (!ret)
		ret = run_all();
	checks_finish();
	return ret;
}
module_init(vectors_init);

static void __exit vectors_exit(void)
{
}
module_exit(vectors_exit);

MODULE_DESCRIPTION("Check the AEAD of WireGuard against published vectors");
MODULE_LICENSE("GPL");
