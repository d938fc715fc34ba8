/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_FIND_H
#define LIB_ATTACH_FIND_H

#include "attach/attachment.h"
#include "bpf/xdp_wg.h"

/*
 * attachment_find() - Find our programs by what is attached: by their name and their maps.
 * @ifindex: of the interface to search, 0 for all of the network namespace
 * @list: added to; end with attachment_free()
 *
 * Return: 0, or a negative errno, with a message printed.
 */
int attachment_find(int ifindex, struct attachment_list *list);

/*
 * attachment_counters() - Add up the counters of all attached programs of this version's layout.
 * @totals: XDP_WG_REASON_MAX entries, added to
 *
 * Programs share a map of counters, which is counted once. Programs of another layout are passed
 * over. Return: 0, or a negative errno, with a message printed.
 */
int attachment_counters(const struct attachment_list *list, struct xdp_wg_counter *totals);

#endif /* LIB_ATTACH_FIND_H */
