/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_COLLECT_H
#define LIB_DIAGNOSE_BYPASS_COLLECT_H

#include "attach/attachment.h"
#include "diagnose/bypass.h"
#include "netns/snapshot_types.h"

/*
 * bypass_collect() - Look for all that a packet could meet on its way through the stack of this
 * network namespace, and leave in the list what the fast path bypasses.
 * @attached: our programs
 * @snapshot: about the interfaces
 * @bypass: on success, for bypass_free()
 *
 * What the kernel does not support is not there. Return: 0, or a negative errno. Nothing is
 * printed: whoever asks can do without, and only gives less advice.
 */
int bypass_collect(const struct attachment_list *attached, const struct snapshot *snapshot,
		   struct bypass *bypass);

#endif /* LIB_DIAGNOSE_BYPASS_COLLECT_H */
