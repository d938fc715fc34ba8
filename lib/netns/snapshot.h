/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_NETNS_SNAPSHOT_H
#define LIB_NETNS_SNAPSHOT_H

#include "attach/attachment.h"
#include "netns/snapshot_types.h"

/*
 * snapshot_take() - Ask the kernel how this network namespace is set up.
 * @attached: our programs
 * @snapshot: on success, for snapshot_free()
 *
 * Return: 0, or a negative errno. Nothing is printed: whoever asks can do
 * without, and only gives less advice.
 */
int snapshot_take(const struct attachment_list *attached, struct snapshot *snapshot);

void snapshot_free(struct snapshot *snapshot);

#endif /* LIB_NETNS_SNAPSHOT_H */
