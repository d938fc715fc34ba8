/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_VETH_H
#define LIB_ATTACH_VETH_H

#include <stdbool.h>

#include <xdp/libxdp.h>

#include "attach/attachment.h"

/* veth_is_last() - Whether a program is the last one on an interface that minds how it goes. */
bool veth_is_last(const struct attachment *entry, const struct xdp_multiprog *multiprog);

/*
 * veth_detach_last() - Detach the last program, after all of its runs have ended.
 * @multiprog: what is attached, with that program
 *
 * veth takes its receive queues apart when the last XDP program leaves, and if GRO is on, it does
 * not wait for those that are still running: their packets have no device any more, and the
 * kernel's own helpers then follow a null pointer. A program that does nothing takes the last one's
 * place, until nothing else can be running.
 *
 * The pins of libxdp's dispatcher stay, for dispatcher_pins_remove(). Return: 0, or a negative
 * errno.
 */
int veth_detach_last(const struct attachment *entry, const struct xdp_multiprog *multiprog);

/*
 * veth_remove_stale() - Detach what an interrupted veth_detach_last() left on any interface.
 * Return: 0, or a negative errno, with a warning printed.
 */
int veth_remove_stale(void);

#endif /* LIB_ATTACH_VETH_H */
