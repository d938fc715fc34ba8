/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_VETH_H
#define LIB_ATTACH_VETH_H

#include <stdbool.h>

#include <xdp/libxdp.h>

#include "attach/attachment.h"

/* last_matters() - Whether a program is the last one on an interface that minds how it goes. */
bool last_matters(const struct attached *entry, const struct xdp_multiprog *multiprog);

/*
 * last_detach() - Detach the last program, after all of its runs have ended.
 * @multiprog: what is attached, with that program
 *
 * veth takes its receive queues apart when the last XDP program leaves, and if GRO is on, it does
 * not wait for those that are still running: their packets have no device any more, and the
 * kernel's own helpers then follow a null pointer. A program that does nothing takes the last one's
 * place, until nothing else can be running.
 *
 * The pins of libxdp's dispatcher stay, for leftovers_remove(). Return: 0, or a negative errno.
 */
int last_detach(const struct attached *entry, const struct xdp_multiprog *multiprog);

/* last_remove_stale() - Detach what an interrupted last_detach() left on any interface. */
void last_remove_stale(void);

#endif /* LIB_ATTACH_VETH_H */
