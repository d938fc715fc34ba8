/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_BPF_INFO_H
#define LIB_UTIL_BPF_INFO_H

#include <linux/bpf.h>
#include <linux/types.h>

/*
 * What the kernel tells of its BPF objects. All of these return 0 or a negative errno, which is
 * -ENOENT where nothing has the id any more. Nothing is printed.
 */

/*
 * bpf_info_prog() - Ask about a program.
 * @info: on input, where lists of the program are to be written, such as map_ids, and the rest 0
 */
int bpf_info_prog(int fd, struct bpf_prog_info *info);
int bpf_info_prog_by_id(__u32 id, struct bpf_prog_info *info);

/* bpf_info_map() - Ask about a map. */
int bpf_info_map(int fd, struct bpf_map_info *info);

/* These only ask for the number that names the object as long as it exists. */
int bpf_info_prog_id(int fd, __u32 *id);
int bpf_info_map_id(int fd, __u32 *id);
int bpf_info_link_id(int fd, __u32 *id);

#endif /* LIB_UTIL_BPF_INFO_H */
