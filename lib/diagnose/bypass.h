/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_H
#define LIB_DIAGNOSE_BYPASS_H

#include <stdbool.h>
#include <stddef.h>
#include <net/if.h>

#include "netns/snapshot_types.h"

/*
 * What a packet on the fast path does not meet, although it would on its way through the stack:
 * firewalls, queues and filters. bypass_collect.h has what looks for them.
 */

enum bypass_kind {
	BYPASS_FIREWALL, /* a chain of netfilter, or a table of iptables */
	BYPASS_NAT, /* one that translates addresses */
	BYPASS_FLOWTABLE,
	BYPASS_QDISC,
	BYPASS_FILTER, /* of traffic control: a classifier or a program */
	BYPASS_KINDS,
};

enum bypass_where {
	BYPASS_STACK, /* between arrival and departure */
	BYPASS_INGRESS, /* of an interface, after XDP */
	BYPASS_EGRESS, /* of an interface */
};

struct bypass_item {
	enum bypass_kind kind;
	enum bypass_where where;
	char device[IF_NAMESIZE]; /* "" in the stack */
	bool ahead; /* at a tc hook, before our program */
	bool forward; /* sees forwarded packets */
	char name[192]; /* with the interface's, if there is one */
};

struct bypass {
	struct bypass_item *items;
	size_t count;
};

/*
 * bypass_add() - Add an item, unless there is one of that kind and name.
 * @item: copied
 *
 * Return: 0, or -ENOMEM.
 */
int bypass_add(struct bypass *bypass, const struct bypass_item *item);

/*
 * bypass_conclude() - Leave only those in the list that packets do bypass, according to where our
 * programs are loaded.
 */
void bypass_conclude(struct bypass *bypass, const struct snapshot *snapshot);

/* bypass_kind_name() - For machines: "firewall", "nat" and so on. The string is static. */
const char *bypass_kind_name(enum bypass_kind kind);

/*
 * bypass_sentence() - Say for one kind what is bypassed and what that means, without a full stop.
 * Return: whether there is anything of that kind.
 */
bool bypass_sentence(const struct bypass *bypass, enum bypass_kind kind, char *buf, size_t size);

void bypass_free(struct bypass *bypass);

#endif /* LIB_DIAGNOSE_BYPASS_H */
