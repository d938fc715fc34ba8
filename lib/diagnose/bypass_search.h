/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_SEARCH_H
#define LIB_DIAGNOSE_BYPASS_SEARCH_H

#include <linux/types.h>

#include "diagnose/bypass.h"
#include "netns/snapshot_types.h"

/* What the callbacks of bypass_nft.c and bypass_tc.c need to know between two messages. */
struct bypass_search {
	struct bypass *bypass;
	int err; /* the last of bypass_add() */
	const struct snapshot *snapshot;
	/* For traffic control: */
	const struct snapshot_device *device;
	enum bypass_where where; /* of filters */
	__u32 queues; /* handle of the device's root qdisc if that only has others for each queue */
	unsigned char *hooks; /* for each device, where it may have filters: 1 << where */
};

/* bypass_search_add() - bypass_add(), whose error is kept. Return: the error. */
static inline int bypass_search_add(struct bypass_search *search, const struct bypass_item *item)
{
	int err = bypass_add(search->bypass, item);

	if (err)
		search->err = err;
	return err;
}

#endif /* LIB_DIAGNOSE_BYPASS_SEARCH_H */
