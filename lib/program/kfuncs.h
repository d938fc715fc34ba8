/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_PROGRAM_KFUNCS_H
#define LIB_PROGRAM_KFUNCS_H

#include <stdbool.h>

#include <bpf/btf.h>

/*
 * kfuncs_next() - Walk through the kernel functions that a BPF object calls.
 * @btf: type information as the file has it; libbpf rewrites the section .ksyms of its own copy
 * @position: 0 to begin with; changed
 *
 * Return: a name that lives as long as @btf, NULL after the last.
 */
const char *kfuncs_next(const struct btf *btf, unsigned int *position);

/* The types of the running kernel and of its wireguard module. */
struct kfuncs_kernel {
	struct btf *kernel;
	struct btf *module; /* NULL if it is not loaded, or has no types */
};

/*
 * kfuncs_kernel_open() - Read them. End with kfuncs_kernel_close(), also after an error.
 * Return: 0, or a negative errno.
 */
int kfuncs_kernel_open(struct kfuncs_kernel *kernel);

bool kfuncs_kernel_has(const struct kfuncs_kernel *kernel, const char *function);

void kfuncs_kernel_close(struct kfuncs_kernel *kernel);

/* kfuncs_module_loaded() - Whether the wireguard module is loaded, or in the kernel. */
bool kfuncs_module_loaded(void);

/*
 * kfuncs_check() - Check that the running kernel has all kernel functions that an object calls.
 * @path: the object file
 *
 * They are looked up in the kernel and in its wireguard module. Return: 0, or a negative errno,
 * with a message printed that says what is missing and what to do.
 */
int kfuncs_check(const char *path);

#endif /* LIB_PROGRAM_KFUNCS_H */
