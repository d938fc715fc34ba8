/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_KFUNCS_H
#define LIB_KFUNCS_H

#include <bpf/btf.h>

/*
 * kfuncs_next() - Walk through the kernel functions that a BPF object calls.
 * @btf: type information as the file has it; libbpf rewrites the section .ksyms of its own copy
 * @position: 0 to begin with; changed
 *
 * Return: a name that lives as long as @btf, NULL after the last.
 */
const char *kfuncs_next(const struct btf *btf, unsigned int *position);

/*
 * kfuncs_check() - Check that the running kernel has all kernel functions that an object calls.
 * @path: the object file
 *
 * They are looked up in the kernel and in its wireguard module. Return: 0, or a negative errno,
 * with a message printed that says what is missing and what to do.
 */
int kfuncs_check(const char *path);

#endif /* LIB_KFUNCS_H */
