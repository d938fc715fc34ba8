/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_LANES_H
#define LIB_ATTACH_LANES_H

#include <bpf/libbpf.h>

/*
 * lanes_share() - Let the programs of another object see how far the queues of a cpumap are.
 * @datapath: the object whose program runs in the cpumap; loaded
 * @object: the other, not loaded yet, which may have no use for it
 *
 * Return: 0, or a negative errno, with a message printed.
 */
int lanes_share(const struct bpf_object *datapath, struct bpf_object *object);

#endif /* LIB_ATTACH_LANES_H */
