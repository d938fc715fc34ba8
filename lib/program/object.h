/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_PROGRAM_OBJECT_H
#define LIB_PROGRAM_OBJECT_H

#include <bpf/libbpf.h>

#include "bpf/xdp_wg.h"

/*
 * object_open() - Open the BPF object and check that it is what we need.
 * @program: name of the program that is needed; no other is loaded
 * @type: of that program
 * @object: on success, an object that is not loaded yet, for the caller to close
 *
 * Return: 0, or a negative errno, with a message printed.
 */
int object_open(const char *path, const char *program, enum bpf_prog_type type,
		struct bpf_object **object);

/*
 * object_configure() - Write the options of one program and where its counters are.
 * @object: from object_open()
 * @config: copied
 * @counters_path: the pin to share or to make, NULL for counters of its own
 *
 * Return: 0, or a negative errno, with a message printed.
 */
int object_configure(struct bpf_object *object, const struct xdp_wg_config *config,
		     const char *counters_path);

#endif /* LIB_PROGRAM_OBJECT_H */
