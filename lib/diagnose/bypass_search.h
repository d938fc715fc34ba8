/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_SEARCH_H
#define LIB_DIAGNOSE_BYPASS_SEARCH_H

#include <libmnl/libmnl.h>

#include "attach/attachment.h"
#include "diagnose/bypass.h"

/*
 * bypass_collect() - Look for all that a packet could meet on its way through the stack of this
 * network namespace, and leave in the list what packets that go fast bypass.
 * @attached: our programs
 * @snapshot: about the interfaces
 * @bypass: on success, for bypass_free()
 *
 * What the kernel does not support is not there. Return: 0, or a negative errno. Nothing is
 * printed: it is only advice that is missing.
 */
int bypass_collect(const struct attachment_list *attached, const struct snapshot *snapshot,
		   struct bypass *bypass);

/* The parts of bypass_collect(). They return 0 or a negative errno, and only add. */
int bypass_netfilter(struct bypass *bypass);
int bypass_traffic_control(const struct attachment_list *attached, const struct snapshot *snapshot,
			   struct bypass *bypass);

/* What the callbacks below, of libmnl, need to know between two messages. */
struct bypass_search {
	struct bypass *bypass;
	const struct snapshot *snapshot;
	int err;
	/* For traffic control: */
	const struct snapshot_device *device;
	enum bypass_where where; /* of filters */
	__u32 queues; /* handle of the device's root qdisc if that only has others for each queue */
	unsigned char *hooks; /* for each device, where it may have filters: 1 << where */
};

/* bypass_chain() - Add a base chain of nftables, unless it lets everything through. */
int bypass_chain(const struct nlmsghdr *message, void *search);

/*
 * bypass_qdisc() - Add a qdisc, unless it is the kernel's default or does the same. Those of an
 * interface come root first.
 */
int bypass_qdisc(const struct nlmsghdr *message, void *search);

#endif /* LIB_DIAGNOSE_BYPASS_SEARCH_H */
