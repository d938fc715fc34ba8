// SPDX-License-Identifier: GPL-2.0
/*
 * The hooks that there is a program for.
 */
#include <string.h>

#include <linux/types.h>

#include "program/hook.h"
#include "bpf/xdp_wg.h"

static const struct {
	const char *name;
	const char *program;
	enum bpf_prog_type type;
} hooks[] = {
	[HOOK_XDP] = { "xdp", XDP_WG_PROG, BPF_PROG_TYPE_XDP },
	[HOOK_TC] = { "tc", XDP_WG_TC_PROG, BPF_PROG_TYPE_SCHED_CLS },
};

const char *hook_name(enum hook hook)
{
	return hooks[hook].name;
}

bool hook_parse(const char *name, enum hook *hook)
{
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		if (strcmp(name, hooks[i].name))
			continue;
		*hook = i;
		return true;
	}
	return false;
}

const char *hook_program(enum hook hook)
{
	return hooks[hook].program;
}

enum bpf_prog_type hook_prog_type(enum hook hook)
{
	return hooks[hook].type;
}
