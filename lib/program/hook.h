/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_PROGRAM_HOOK_H
#define LIB_PROGRAM_HOOK_H

#include <stdbool.h>

#include <bpf/libbpf.h>

/* Where packets come to one of our programs. */
enum hook {
	HOOK_XDP,
	HOOK_TC, /* tcx ingress */
};

/* The strings that these return are static. */

/* hook_name() - "xdp" or "tc". */
const char *hook_name(enum hook hook);

/* hook_parse() - The opposite of hook_name(). Return: whether there is such a hook. */
bool hook_parse(const char *name, enum hook *hook);

/* hook_program() - The name of the program that runs the datapath at a hook. */
const char *hook_program(enum hook hook);

enum bpf_prog_type hook_prog_type(enum hook hook);

#endif /* LIB_PROGRAM_HOOK_H */
