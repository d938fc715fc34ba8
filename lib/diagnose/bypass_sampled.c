// SPDX-License-Identifier: GPL-2.0
/*
 * Rules that do something with each packet that they match, and see only samples of a flow that
 * goes fast by netfilter's consent.
 */
#include <stdio.h>
#include <string.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#include "diagnose/bypass_name.h"
#include "diagnose/bypass_sampled.h"
#include "diagnose/bypass_search.h"
#include "util/netlink.h"

/* Expressions of nftables, and matches and targets of iptables, by the word for what they do. */
static const struct {
	const char *name;
	const char *word;
} statements[] = {
	{ "limit", "limit" },	    { "hashlimit", "limit" },
	{ "quota", "quota" },	    { "queue", "queue" },
	{ "NFQUEUE", "queue" },	    { "log", "log" },
	{ "LOG", "log" },	    { "NFLOG", "log" },
	{ "counter", "counter" },   { "objref", "named object" },
	{ "dynset", "set update" }, { "recent", "set update" },
	{ "SET", "set update" },    { "dup", "copy" },
	{ "TEE", "copy" },	    { "numgen", "statistic" },
	{ "connbytes", "limit" },   { "statistic", "statistic" },
};

static const char *find_word(const char *name)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (!strcmp(statements[i].name, name))
			return statements[i].word;
	return NULL;
}

/* iptables puts a counter on every rule; its tables have these names, in families of their own. */
static bool is_iptables(unsigned char family, const char *table)
{
	static const char *const tables[] = { "filter", "nat", "mangle", "raw", "security" };

	if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6)
		return false;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (!strcmp(tables[i], table))
			return true;
	return false;
}

/* The name of an expression, or of the extension of iptables that it calls. */
static const char *expression_name(const struct nlattr **expr)
{
	const char *name = mnl_attr_get_str(expr[NFTA_EXPR_NAME]);
	const struct nlattr *extension[NFTA_TARGET_MAX + 1];

	if ((strcmp(name, "match") && strcmp(name, "target")) || !expr[NFTA_EXPR_DATA])
		return name;
	netlink_nested(expr[NFTA_EXPR_DATA], extension, NFTA_TARGET_MAX);
	return extension[NFTA_TARGET_NAME] ? mnl_attr_get_str(extension[NFTA_TARGET_NAME]) : name;
}

static struct bypass_sampled *find_chain(struct bypass *bypass, const char *chain)
{
	struct bypass_sampled *sampled;

	for (size_t i = 0; i < bypass->sampled_count; i++)
		if (!strcmp(bypass->sampled[i].chain, chain))
			return &bypass->sampled[i];
	if (bypass->sampled_count == BYPASS_SAMPLED_MAX) {
		bypass->more_sampled = true;
		return NULL;
	}
	sampled = &bypass->sampled[bypass->sampled_count++];
	snprintf(sampled->chain, sizeof(sampled->chain), "%s", chain);
	sampled->statements[0] = '\0';
	return sampled;
}

static void add_word(struct bypass *bypass, const char *chain, const char *word)
{
	struct bypass_sampled *sampled = find_chain(bypass, chain);
	size_t len;

	if (!sampled || strstr(sampled->statements, word))
		return;
	len = strlen(sampled->statements);
	snprintf(sampled->statements + len, sizeof(sampled->statements) - len, "%s%s",
		 len ? ", " : "", word);
}

int bypass_sampled_rule(const struct nlmsghdr *message, void *data)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *rule[NFTA_RULE_MAX + 1], *expr[NFTA_EXPR_MAX + 1], *element;
	struct bypass_search *search = data;
	char chain[sizeof(search->bypass->sampled[0].chain)];
	const char *word;

	netlink_attributes(message, sizeof(*header), rule, NFTA_RULE_MAX);
	if (!rule[NFTA_RULE_EXPRESSIONS] ||
	    !bypass_name(header->nfgen_family, rule[NFTA_RULE_TABLE], rule[NFTA_RULE_CHAIN], chain,
			 sizeof(chain)))
		return MNL_CB_OK;
	mnl_attr_for_each_nested(element, rule[NFTA_RULE_EXPRESSIONS]) {
		netlink_nested(element, expr, NFTA_EXPR_MAX);
		word = expr[NFTA_EXPR_NAME] ? find_word(expression_name(expr)) : NULL;
		if (word &&
		    (strcmp(word, "counter") ||
		     !is_iptables(header->nfgen_family, mnl_attr_get_str(rule[NFTA_RULE_TABLE]))))
			add_word(search->bypass, chain, word);
	}
	return MNL_CB_OK;
}
