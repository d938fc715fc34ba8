// SPDX-License-Identifier: GPL-2.0
/*
 * Which packets the rules of a chain for translation are about. The kernel leads every packet
 * through such a chain, but many a rule is only for those that leave by one interface, and where
 * no packet leaves that goes fast, it loses nothing by being bypassed.
 *
 * A rule about the interface where packets arrive tells nothing: the answers to what it translates
 * come from another, and must be translated back.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "diagnose/bypass_name.h"
#include "diagnose/bypass_nat.h"
#include "diagnose/bypass_search.h"
#include "util/netlink.h"

/* The interface that a rule wants packets to leave by. */
struct leaving {
	const struct nlattr *value; /* its number, or the beginning of its name; NULL for any */
	bool is_name;
};

static __u32 number(const struct nlattr *attr)
{
	return attr ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

/* What the expression loads into a register, if it is the interface. Return: the register. */
static __u32 read_meta(const struct nlattr *data, bool *is_name)
{
	const struct nlattr *meta[NFTA_META_MAX + 1];

	netlink_nested(data, meta, NFTA_META_MAX);
	if (!meta[NFTA_META_KEY] || !meta[NFTA_META_DREG])
		return 0;
	*is_name = number(meta[NFTA_META_KEY]) == NFT_META_OIFNAME;
	return *is_name || number(meta[NFTA_META_KEY]) == NFT_META_OIF
		       ? number(meta[NFTA_META_DREG])
		       : 0;
}

/* What the register has to be equal to. */
static const struct nlattr *read_cmp(const struct nlattr *data, __u32 wanted)
{
	const struct nlattr *cmp[NFTA_CMP_MAX + 1], *value[NFTA_DATA_MAX + 1];

	netlink_nested(data, cmp, NFTA_CMP_MAX);
	if (!cmp[NFTA_CMP_OP] || number(cmp[NFTA_CMP_OP]) != NFT_CMP_EQ ||
	    number(cmp[NFTA_CMP_SREG]) != wanted || !cmp[NFTA_CMP_DATA])
		return NULL;
	netlink_nested(cmp[NFTA_CMP_DATA], value, NFTA_DATA_MAX);
	return value[NFTA_DATA_VALUE];
}

/* All expressions of a rule must match: one about the interface is enough. */
static struct leaving read_expressions(const struct nlattr *expressions)
{
	const struct nlattr *element, *expr[NFTA_EXPR_MAX + 1];
	struct leaving leaving = {};
	__u32 loaded = 0;

	mnl_attr_for_each_nested(element, expressions) {
		netlink_nested(element, expr, NFTA_EXPR_MAX);
		if (!expr[NFTA_EXPR_NAME] || !expr[NFTA_EXPR_DATA])
			continue;
		if (loaded && !strcmp(mnl_attr_get_str(expr[NFTA_EXPR_NAME]), "cmp"))
			leaving.value = read_cmp(expr[NFTA_EXPR_DATA], loaded);
		if (leaving.value)
			break;
		loaded = 0;
		if (!strcmp(mnl_attr_get_str(expr[NFTA_EXPR_NAME]), "meta"))
			loaded = read_meta(expr[NFTA_EXPR_DATA], &leaving.is_name);
	}
	return leaving;
}

/* A name with its end, or without it: "ppp*" is all that begin so. */
static bool is_meant(const struct leaving *leaving, const struct snapshot_device *device)
{
	const char *value = mnl_attr_get_payload(leaving->value);
	size_t len = mnl_attr_get_payload_len(leaving->value);
	__u32 ifindex;

	if (leaving->is_name)
		return !strncmp(device->name, value, len < IF_NAMESIZE ? len : IF_NAMESIZE);
	if (len != sizeof(ifindex))
		return true;
	memcpy(&ifindex, value, sizeof(ifindex));
	return device->ifindex == (int)ifindex;
}

/* Into a tunnel, or with an Ethernet header, which is all that the fast path writes. */
static bool is_left_fast(const struct snapshot_device *device)
{
	return device->up && (device->wireguard || device->ethernet);
}

static bool is_listed(const char *list, const char *name)
{
	size_t len = strlen(name), word;

	for (; *list; list += word + strspn(list + word, ", ")) {
		word = strcspn(list, ",");
		if (word == len && !memcmp(list, name, len))
			return true;
	}
	return false;
}

/* Where there are too many to list, it is as good as all. */
static void add_leaving(struct bypass_item *item, const char *name)
{
	size_t len = strlen(item->leaving), size = sizeof(item->leaving);

	if (is_listed(item->leaving, name))
		return;
	if (len + strlen(name) + 3 > size)
		item->translates_all = true;
	else
		snprintf(item->leaving + len, size - len, "%s%s", len ? ", " : "", name);
}

static void add_rule(struct bypass_item *item, const struct leaving *leaving,
		     const struct snapshot *snapshot)
{
	if (!leaving->value)
		item->translates_all = true;
	for (size_t i = 0; leaving->value && i < snapshot->count; i++)
		if (is_left_fast(&snapshot->devices[i]) && is_meant(leaving, &snapshot->devices[i]))
			add_leaving(item, snapshot->devices[i].name);
}

int bypass_nat_rule(const struct nlmsghdr *message, void *data)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[NFTA_RULE_MAX + 1];
	struct bypass_search *search = data;
	struct leaving leaving = {};
	char name[sizeof(((struct bypass_item *)0)->name)];

	netlink_attributes(message, sizeof(*header), table, NFTA_RULE_MAX);
	if (!table[NFTA_RULE_TABLE] || !table[NFTA_RULE_CHAIN] ||
	    !bypass_name(header->nfgen_family, table[NFTA_RULE_TABLE], table[NFTA_RULE_CHAIN], name,
			 sizeof(name)))
		return MNL_CB_OK;
	if (table[NFTA_RULE_EXPRESSIONS])
		leaving = read_expressions(table[NFTA_RULE_EXPRESSIONS]);
	for (size_t i = 0; i < search->bypass->count; i++) {
		struct bypass_item *item = &search->bypass->items[i];

		if (item->kind == BYPASS_NAT && !strcmp(item->name, name))
			add_rule(item, &leaving, search->snapshot);
	}
	return MNL_CB_OK;
}
