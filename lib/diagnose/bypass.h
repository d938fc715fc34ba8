/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_H
#define LIB_DIAGNOSE_BYPASS_H

#include <stdbool.h>
#include <stddef.h>
#include <net/if.h>
#include <linux/types.h>

#include "bpf/xdp_wg.h"
#include "netns/snapshot_types.h"

/*
 * What a packet would meet on its way through the stack, and not on the fast path: firewalls,
 * queues and filters. Packets pass because of it, or bypass it, as the program was told.
 * bypass_collect.h has what looks for them.
 */

enum bypass_kind {
	BYPASS_FIREWALL, /* a chain of netfilter, or a table of iptables */
	BYPASS_NAT, /* one that translates addresses */
	BYPASS_FLOWTABLE,
	BYPASS_QDISC,
	BYPASS_FILTER, /* of traffic control: a classifier or a program */
	BYPASS_KINDS,
};

/* Whose rules it is, which the program can be told to bypass. */
enum bypass_rules {
	BYPASS_NETFILTER,
	BYPASS_TC,
	BYPASS_RULES,
};

enum bypass_where {
	BYPASS_STACK, /* between arrival and departure */
	BYPASS_INGRESS, /* of an interface, after XDP */
	BYPASS_EGRESS, /* of an interface */
	BYPASS_BRIDGE, /* in the stack, of what comes or goes by bridges */
};

struct bypass_item {
	enum bypass_kind kind;
	enum bypass_where where;
	char device[IF_NAMESIZE]; /* "" in the stack */
	bool ahead; /* at a tc hook, before our program */
	bool forward; /* sees forwarded packets */
	/* If it translates, what of that which can go fast: */
	bool translates_all; /* packets to and from anywhere */
	char leaving[64]; /* those that leave by these interfaces, separated by commas */
	bool bypassed; /* packets that go fast bypass it; by bypass_conclude() */
	bool passed; /* packets pass because of it; likewise, and both may be so */
	char name[192]; /* with the interface's, if there is one */
};

/* A chain with rules that see samples only of what goes fast by netfilter's consent. */
struct bypass_sampled {
	char chain[128];
	char statements[80]; /* in words, separated by commas */
};

#define BYPASS_SAMPLED_MAX 16

struct bypass {
	struct bypass_item *items;
	size_t count;
	bool consent; /* all that do not bypass netfilter go by its consent; by bypass_conclude() */
	struct bypass_sampled sampled[BYPASS_SAMPLED_MAX]; /* if any program goes by it */
	size_t sampled_count;
	bool more_sampled; /* than there is room for */
};

/*
 * bypass_add() - Add an item, unless there is one of that kind and name.
 * @item: copied
 *
 * Return: 0, or -ENOMEM.
 */
int bypass_add(struct bypass *bypass, const struct bypass_item *item);

/*
 * bypass_conclude() - Leave only those in the list that packets do bypass, or pass because of,
 * according to where our programs are loaded and what they were told.
 */
void bypass_conclude(struct bypass *bypass, const struct snapshot *snapshot);

/* bypass_kind_name() - For machines: "firewall", "nat" and so on. The string is static. */
const char *bypass_kind_name(enum bypass_kind kind);

/*
 * bypass_sentence() - Say for one kind what is bypassed and what that means, without a full stop.
 * Return: whether there is anything of that kind.
 */
bool bypass_sentence(const struct bypass *bypass, enum bypass_kind kind, char *buf, size_t size);

/* bypass_rules_of() - Whose rules a kind is of. */
enum bypass_rules bypass_rules_of(enum bypass_kind kind);

/* bypass_reason() - What packets that pass because of such rules are counted as. */
enum xdp_wg_reason bypass_reason(enum bypass_rules rules);

/*
 * bypass_pass_sentence() - Say that packets pass because of rules, without a full stop.
 * @packets: how many did; 0 if it is not known
 *
 * Return: whether they do: there may be packets without any rules that are known.
 */
bool bypass_pass_sentence(const struct bypass *bypass, enum bypass_rules rules, __u64 packets,
			  char *buf, size_t size);

/*
 * bypass_sampled_sentence() - Say which rules see samples only, without a full stop.
 * Return: whether there are any.
 */
bool bypass_sampled_sentence(const struct bypass *bypass, char *buf, size_t size);

void bypass_free(struct bypass *bypass);

#endif /* LIB_DIAGNOSE_BYPASS_H */
