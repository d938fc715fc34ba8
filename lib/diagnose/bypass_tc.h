/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_TC_H
#define LIB_DIAGNOSE_BYPASS_TC_H

#include <libmnl/libmnl.h>

#include "attach/attachment.h"
#include "diagnose/bypass.h"
#include "netns/snapshot_types.h"

/*
 * bypass_tc() - Look for what traffic control does to packets: qdiscs, filters, programs at tcx.
 * @attached: our programs, which are left out
 * @snapshot: about the interfaces
 * @bypass: added to
 *
 * Return: 0, or a negative errno.
 */
int bypass_tc(const struct attachment_list *attached, const struct snapshot *snapshot,
	      struct bypass *bypass);

/*
 * bypass_tc_qdisc() - Add a qdisc, unless it is the kernel's default or does the same.
 * @message: as the kernel lists qdiscs: those of an interface come root first
 * @data: a struct bypass_search
 *
 * Return: what libmnl expects of a callback.
 */
int bypass_tc_qdisc(const struct nlmsghdr *message, void *data);

#endif /* LIB_DIAGNOSE_BYPASS_TC_H */
