// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>

#include <libmnl/libmnl.h>

#include "diagnose/bypass.h"
#include "diagnose/bypass_sampled.h"
#include "diagnose/bypass_search.h"

static struct bypass bypass;
static struct bypass_search search = { .bypass = &bypass };

static int set_up(void **state __attribute__((unused)))
{
	memset(&bypass, 0, sizeof(bypass));
	return 0;
}

/* A rule with one expression, or one that calls an extension of iptables. */
static void rule(unsigned char family, const char *table, const char *chain, const char *name,
		 const char *extension)
{
	struct nlattr *list, *element, *data;
	struct nfgenmsg *header;
	struct nlmsghdr *message;
	char buf[1024];

	message = mnl_nlmsg_put_header(buf);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->nfgen_family = family;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, table);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
	mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	if (extension)
		mnl_attr_put_strz(message, NFTA_TARGET_NAME, extension);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
	assert_int_equal(bypass_sampled_rule(message, &search), MNL_CB_OK);
}

static void expect(const char *want)
{
	char text[4096];

	assert_int_equal(bypass_sampled_sentence(&bypass, text, sizeof(text)), !!want);
	if (want)
		assert_string_equal(text, want);
}

TEST(rules_for_each_packet_are_named)
{
	rule(NFPROTO_INET, "fw", "forward", "cmp", NULL);
	rule(NFPROTO_INET, "fw", "forward", "ct", NULL);
	rule(NFPROTO_ARP, "fw", "forward", "limit", NULL);
	expect(NULL);
	rule(NFPROTO_INET, "fw", "forward", "limit", NULL);
	rule(NFPROTO_INET, "fw", "forward", "limit", NULL);
	rule(NFPROTO_INET, "fw", "forward", "counter", NULL);
	rule(NFPROTO_INET, "fw", "drops", "log", NULL);
	expect("with --conntrack, rules for each packet see samples only: inet fw forward (limit, "
	       "counter), inet fw drops (log)");
}

TEST(iptables_counts_everywhere)
{
	rule(NFPROTO_IPV4, "filter", "FORWARD", "counter", NULL);
	rule(NFPROTO_IPV4, "filter", "FORWARD", "match", "conntrack");
	rule(NFPROTO_IPV4, "filter", "FORWARD", "target", "ACCEPT");
	expect(NULL);
	rule(NFPROTO_IPV4, "filter", "FORWARD", "match", "hashlimit");
	rule(NFPROTO_IPV6, "filter", "FORWARD", "target", "NFQUEUE");
	expect("with --conntrack, rules for each packet see samples only: ip filter FORWARD "
	       "(limit), ip6 filter FORWARD (queue)");
}

TEST(a_table_of_nft_may_have_any_name)
{
	rule(NFPROTO_INET, "filter", "forward", "counter", NULL);
	expect("with --conntrack, rules for each packet see samples only: inet filter forward "
	       "(counter)");
}

TEST(many_chains_are_not_all_named)
{
	char chain[16], text[128], all[4096];

	for (int i = 0; i < BYPASS_SAMPLED_MAX + 1; i++) {
		snprintf(chain, sizeof(chain), "c%d", i);
		rule(NFPROTO_INET, "fw", chain, "log", NULL);
	}
	assert_true(bypass.more_sampled);
	assert_true(bypass_sampled_sentence(&bypass, text, sizeof(text)));
	assert_true(strlen(text) < sizeof(text));
	assert_true(bypass_sampled_sentence(&bypass, all, sizeof(all)));
	assert_non_null(strstr(all, "inet fw c15 (log) and others"));
	assert_null(strstr(all, "c16"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rules_for_each_packet_are_named, set_up),
		cmocka_unit_test_setup(iptables_counts_everywhere, set_up),
		cmocka_unit_test_setup(a_table_of_nft_may_have_any_name, set_up),
		cmocka_unit_test_setup(many_chains_are_not_all_named, set_up),
	};

	return cmocka_run_group_tests_name("sampled", tests, NULL, NULL);
}
