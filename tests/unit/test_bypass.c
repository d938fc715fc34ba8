// SPDX-License-Identifier: GPL-2.0
#include "unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "diagnose/bypass_nat.h"
#include "diagnose/bypass_nft.h"
#include "diagnose/bypass_search.h"
#include "diagnose/bypass_tc.h"

/* eth0 and eth1 are loaded, and bypass everything; eth2 and the tunnel wg0 are not. */
enum {
	ETH0,
	ETH1,
	ETH2,
	WG0,
	DEVICES,
};

static struct snapshot_device devices[DEVICES];
static struct snapshot snapshot = { .devices = devices, .count = DEVICES };
static struct bypass bypass;
static struct bypass_search search;
static unsigned char hooks[DEVICES];

static int set_up(void **state __attribute__((unused)))
{
	static const struct snapshot_device good[DEVICES] = {
		[ETH0] = { .ifindex = 2,
			   .name = "eth0",
			   .up = true,
			   .ethernet = true,
			   .loaded = true,
			   .bypasses_netfilter = true,
			   .bypasses_tc = true },
		[ETH1] = { .ifindex = 3,
			   .name = "eth1",
			   .up = true,
			   .ethernet = true,
			   .loaded = true,
			   .bypasses_netfilter = true,
			   .bypasses_tc = true },
		[ETH2] = { .ifindex = 4, .name = "eth2", .up = true, .ethernet = true },
		[WG0] = { .ifindex = 5, .name = "wg0", .up = true, .wireguard = true },
	};

	memcpy(devices, good, sizeof(devices));
	memset(hooks, 0, sizeof(hooks));
	search = (struct bypass_search){ .bypass = &bypass, .snapshot = &snapshot, .hooks = hooks };
	return 0;
}

static int tear_down(void **state __attribute__((unused)))
{
	bypass_free(&bypass);
	return 0;
}

static void put(enum bypass_kind kind, enum bypass_where where, const char *device, bool ahead)
{
	struct bypass_item item = {
		.kind = kind, .where = where, .ahead = ahead, .translates_all = true
	};

	snprintf(item.device, sizeof(item.device), "%s", device);
	snprintf(item.name, sizeof(item.name), "%d at %d of %s%s", kind, where, device,
		 ahead ? ", ahead" : "");
	assert_int_equal(bypass_add(&bypass, &item), 0);
}

static bool has(const char *name)
{
	for (size_t i = 0; i < bypass.count; i++)
		if (!strcmp(bypass.items[i].name, name))
			return true;
	return false;
}

TEST(nothing_is_bypassed_where_nothing_is_loaded)
{
	devices[ETH0].loaded = devices[ETH1].loaded = false;
	put(BYPASS_FIREWALL, BYPASS_STACK, "", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	put(BYPASS_QDISC, BYPASS_EGRESS, "eth0", false);
	put(BYPASS_QDISC, BYPASS_EGRESS, "wg0", false);
	bypass_conclude(&bypass, &snapshot);
	assert_int_equal(bypass.count, 0);
}

TEST(xdp_bypasses_the_stack_and_its_edges)
{
	put(BYPASS_FIREWALL, BYPASS_STACK, "", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", true);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth2", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "wg0", false);
	put(BYPASS_QDISC, BYPASS_EGRESS, "eth1", false);
	put(BYPASS_QDISC, BYPASS_EGRESS, "eth2", false);
	put(BYPASS_QDISC, BYPASS_EGRESS, "eth9", false);
	bypass_conclude(&bypass, &snapshot);
	assert_true(has("0 at 0 of "));
	assert_true(has("4 at 1 of eth0"));
	assert_true(has("4 at 1 of eth0, ahead"));
	assert_true(has("4 at 1 of wg0"));
	assert_true(has("3 at 2 of eth1"));
	assert_true(has("3 at 2 of eth2"));
	assert_int_equal(bypass.count, 6);
}

TEST(vlan_devices_belong_to_the_port_below)
{
	devices[ETH2].lower = 3;
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth2", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth2", true);
	bypass_conclude(&bypass, &snapshot);
	assert_true(has("4 at 1 of eth2"));
	assert_true(has("4 at 1 of eth2, ahead"));
	assert_true(bypass.items[0].bypassed && !bypass.items[0].passed);
	devices[ETH1].bypasses_tc = false;
	bypass_conclude(&bypass, &snapshot);
	assert_true(!bypass.items[0].bypassed && bypass.items[0].passed);
	devices[ETH1].loaded = false;
	bypass_conclude(&bypass, &snapshot);
	assert_int_equal(bypass.count, 0);
}

/* What is at a bridge, or is about all bridges, is so for its ports. */
TEST(bridges_have_ports)
{
	devices[ETH2].bridge = true;
	devices[ETH1].master = devices[ETH2].ifindex;
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth2", false);
	put(BYPASS_FIREWALL, BYPASS_BRIDGE, "", false);
	bypass_conclude(&bypass, &snapshot);
	assert_int_equal(bypass.count, 2);
	devices[ETH0].native = devices[ETH1].native = false;
	bypass_conclude(&bypass, &snapshot);
	assert_int_equal(bypass.count, 2);
	devices[ETH1].loaded = false;
	bypass_conclude(&bypass, &snapshot);
	assert_int_equal(bypass.count, 0);
}

TEST(tc_leaves_by_the_queues)
{
	devices[ETH0].tc = devices[ETH1].tc = true;
	put(BYPASS_FIREWALL, BYPASS_STACK, "", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", true);
	put(BYPASS_QDISC, BYPASS_EGRESS, "eth1", false);
	put(BYPASS_QDISC, BYPASS_EGRESS, "wg0", false);
	bypass_conclude(&bypass, &snapshot);
	assert_true(has("0 at 0 of "));
	assert_true(has("4 at 1 of eth0"));
	assert_true(has("3 at 2 of wg0"));
	assert_int_equal(bypass.count, 3);
}

TEST(down_devices_do_not_count)
{
	devices[ETH0].up = devices[WG0].up = false;
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	put(BYPASS_QDISC, BYPASS_EGRESS, "wg0", false);
	bypass_conclude(&bypass, &snapshot);
	assert_int_equal(bypass.count, 0);
}

static const struct bypass_item *find(const char *name)
{
	for (size_t i = 0; i < bypass.count; i++)
		if (!strcmp(bypass.items[i].name, name))
			return &bypass.items[i];
	fail_msg("there is no \"%s\"", name);
	return NULL;
}

static void expect(const char *name, bool bypassed, bool passed)
{
	assert_int_equal(find(name)->bypassed, bypassed);
	assert_int_equal(find(name)->passed, passed);
}

TEST(rules_decide_by_default)
{
	devices[ETH0].bypasses_netfilter = devices[ETH1].bypasses_netfilter = false;
	devices[ETH0].bypasses_tc = devices[ETH1].bypasses_tc = false;
	put(BYPASS_FIREWALL, BYPASS_STACK, "", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	put(BYPASS_QDISC, BYPASS_EGRESS, "eth2", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth2", false);
	bypass_conclude(&bypass, &snapshot);
	assert_int_equal(bypass.count, 3);
	expect("0 at 0 of ", false, true);
	expect("4 at 1 of eth0", false, true);
	expect("3 at 2 of eth2", false, true);
}

TEST(each_program_has_its_options)
{
	devices[ETH1].bypasses_netfilter = false;
	devices[ETH0].bypasses_tc = false;
	put(BYPASS_FIREWALL, BYPASS_STACK, "", false);
	put(BYPASS_FLOWTABLE, BYPASS_STACK, "", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth1", false);
	put(BYPASS_FILTER, BYPASS_EGRESS, "wg0", false);
	bypass_conclude(&bypass, &snapshot);
	expect("0 at 0 of ", true, true);
	expect("2 at 0 of ", true, true);
	expect("4 at 1 of eth0", false, true);
	expect("4 at 1 of eth1", true, false);
	expect("4 at 2 of wg0", true, true);
}

/* Those at the egress of XDP's packets are not on the way of tc's, but for netfilter's. */
TEST(tc_passes_for_what_it_skips)
{
	devices[ETH0].tc = devices[ETH1].tc = true;
	devices[ETH0].bypasses_tc = devices[ETH1].bypasses_tc = false;
	put(BYPASS_FIREWALL, BYPASS_EGRESS, "eth1", false);
	put(BYPASS_QDISC, BYPASS_EGRESS, "eth1", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", true);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	bypass_conclude(&bypass, &snapshot);
	assert_int_equal(bypass.count, 2);
	expect("0 at 2 of eth1", true, false);
	expect("4 at 1 of eth0", false, true);
}

TEST(items_are_listed_once)
{
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	put(BYPASS_QDISC, BYPASS_INGRESS, "eth0", false);
	assert_int_equal(bypass.count, 2);
}

TEST(sentences_name_everything)
{
	char text[256];

	assert_false(bypass_sentence(&bypass, BYPASS_FIREWALL, text, sizeof(text)));
	put(BYPASS_FIREWALL, BYPASS_STACK, "", false);
	put(BYPASS_FIREWALL, BYPASS_INGRESS, "eth0", false);
	assert_false(bypass_sentence(&bypass, BYPASS_FIREWALL, text, sizeof(text)));
	bypass_conclude(&bypass, &snapshot);
	assert_true(bypass_sentence(&bypass, BYPASS_FIREWALL, text, sizeof(text)));
	assert_string_equal(text, "packets that go fast bypass the firewall: 0 at 0 of , "
				  "0 at 1 of eth0");
	assert_false(bypass_sentence(&bypass, BYPASS_NAT, text, sizeof(text)));

	put(BYPASS_NAT, BYPASS_STACK, "", false);
	bypass_conclude(&bypass, &snapshot);
	assert_true(bypass_sentence(&bypass, BYPASS_NAT, text, sizeof(text)));
	assert_non_null(strstr(text, "or the tunnel itself if its port is redirected"));

	bypass.items[1].forward = true;
	bypass_sentence(&bypass, BYPASS_FIREWALL, text, sizeof(text));
	assert_non_null(strstr(text, "MSS clamping"));

	for (int i = 0; i < 100; i++) {
		snprintf(bypass.items[0].name, sizeof(bypass.items[0].name), "%d", i);
		put(BYPASS_FIREWALL, BYPASS_STACK, "", false);
		bypass.items[bypass.count - 1].bypassed = true;
	}
	bypass_sentence(&bypass, BYPASS_FIREWALL, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text));
}

TEST(packets_pass_because_of_rules)
{
	char text[512];

	assert_false(bypass_pass_sentence(&bypass, BYPASS_NETFILTER, 0, text, sizeof(text)));
	assert_true(bypass_pass_sentence(&bypass, BYPASS_NETFILTER, 1, text, sizeof(text)));
	assert_string_equal(text,
			    "1 packet passed because netfilter has hooks that are no tables "
			    "(nft list hooks), or had rules: this is the default, and nothing is "
			    "broken; with --conntrack, flows that it lets through go fast");

	devices[ETH0].bypasses_netfilter = devices[ETH0].bypasses_tc = false;
	put(BYPASS_FIREWALL, BYPASS_STACK, "", false);
	put(BYPASS_FIREWALL, BYPASS_INGRESS, "eth0", false);
	put(BYPASS_FIREWALL, BYPASS_INGRESS, "eth1", false);
	put(BYPASS_FILTER, BYPASS_INGRESS, "eth0", false);
	bypass_conclude(&bypass, &snapshot);
	assert_true(bypass_pass_sentence(&bypass, BYPASS_NETFILTER, 0, text, sizeof(text)));
	assert_string_equal(text, "packets pass because netfilter has rules (0 at 0 of , "
				  "0 at 1 of eth0): this is the default, and nothing is broken; "
				  "with --conntrack, flows that it lets through go fast");
	devices[ETH0].conntrack = true;
	bypass_conclude(&bypass, &snapshot);
	assert_true(bypass_pass_sentence(&bypass, BYPASS_NETFILTER, 0, text, sizeof(text)));
	assert_string_equal(text,
			    "packets pass because netfilter has rules (0 at 0 of , "
			    "0 at 1 of eth0): with --conntrack, flows go fast once it has let "
			    "them through, unless it changes them in another way than by NAT");
	assert_true(bypass_pass_sentence(&bypass, BYPASS_TC, 25, text, sizeof(text)));
	assert_string_equal(text, "25 packets passed because traffic control has rules (4 at 1 of "
				  "eth0): this is the default, and nothing is broken");

	for (int i = 0; i < 20; i++) {
		struct bypass_item item = { .kind = BYPASS_NAT,
					    .passed = true,
					    .translates_all = true };

		snprintf(item.name, sizeof(item.name), "%d", i);
		assert_int_equal(bypass_add(&bypass, &item), 0);
	}
	bypass_pass_sentence(&bypass, BYPASS_NETFILTER, 7, text, sizeof(text));
	assert_non_null(strstr(text, ", 0, 1, 2, 3 and 16 more): with --conntrack"));
}

/* A base chain as nf_tables describes it; @device NULL for those of the stack. */
static void chain(unsigned char family, const char *type, __u32 hook, const char *device,
		  __u32 rules, __u32 policy)
{
	struct nfgenmsg *header;
	struct nlmsghdr *message;
	struct nlattr *nest, *names;
	char buf[512];

	message = mnl_nlmsg_put_header(buf);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->nfgen_family = family;
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, "t");
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, "c");
	nest = mnl_attr_nest_start(message, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(hook));
	if (device) {
		names = mnl_attr_nest_start(message, NFTA_HOOK_DEVS);
		mnl_attr_put_strz(message, NFTA_DEVICE_NAME, device);
		mnl_attr_nest_end(message, names);
	}
	mnl_attr_nest_end(message, nest);
	mnl_attr_put_u32(message, NFTA_CHAIN_POLICY, htonl(policy));
	mnl_attr_put_u32(message, NFTA_CHAIN_USE, htonl(rules));
	mnl_attr_put_strz(message, NFTA_CHAIN_TYPE, type);
	assert_int_equal(bypass_nft_chain(message, &search), MNL_CB_OK);
	assert_int_equal(search.err, 0);
}

TEST(chains_are_read)
{
	chain(NFPROTO_INET, "filter", NF_INET_FORWARD, NULL, 2, NF_ACCEPT);
	assert_int_equal(bypass.count, 1);
	assert_string_equal(bypass.items[0].name, "inet t c");
	assert_int_equal(bypass.items[0].kind, BYPASS_FIREWALL);
	assert_int_equal(bypass.items[0].where, BYPASS_STACK);
	assert_true(bypass.items[0].forward);

	chain(NFPROTO_IPV6, "nat", NF_INET_POST_ROUTING, NULL, 1, NF_ACCEPT);
	assert_int_equal(bypass.count, 2);
	assert_string_equal(bypass.items[1].name, "ip6 t c");
	assert_int_equal(bypass.items[1].kind, BYPASS_NAT);
	assert_false(bypass.items[1].forward);
}

TEST(chains_of_devices_are_read)
{
	chain(NFPROTO_NETDEV, "filter", NF_NETDEV_INGRESS, "eth0", 1, NF_ACCEPT);
	chain(NFPROTO_NETDEV, "filter", NF_NETDEV_EGRESS, "eth1", 1, NF_ACCEPT);
	chain(NFPROTO_INET, "filter", NF_INET_INGRESS, "eth1", 1, NF_ACCEPT);
	assert_int_equal(bypass.count, 3);
	assert_string_equal(bypass.items[0].name, "netdev t c on eth0");
	assert_string_equal(bypass.items[0].device, "eth0");
	assert_int_equal(bypass.items[0].where, BYPASS_INGRESS);
	assert_int_equal(bypass.items[1].where, BYPASS_EGRESS);
	assert_string_equal(bypass.items[2].name, "inet t c on eth1");
	assert_int_equal(bypass.items[2].where, BYPASS_INGRESS);
}

TEST(harmless_chains_are_not)
{
	chain(NFPROTO_INET, "filter", NF_INET_FORWARD, NULL, 0, NF_ACCEPT);
	chain(NFPROTO_ARP, "filter", 0, NULL, 1, NF_ACCEPT);
	chain(NFPROTO_BRIDGE, "filter", NF_INET_FORWARD, NULL, 1, NF_DROP);
	assert_int_equal(bypass.count, 0);
	chain(NFPROTO_INET, "filter", NF_INET_FORWARD, NULL, 0, NF_DROP);
	assert_int_equal(bypass.count, 1);
	/* Translation looks at every packet, with rules or without. */
	chain(NFPROTO_INET, "nat", NF_INET_POST_ROUTING, NULL, 0, NF_ACCEPT);
	assert_int_equal(bypass.count, 2);
}

static struct nlattr *expression(struct nlmsghdr *message, const char *name, struct nlattr **data)
{
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
	*data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	return element;
}

static void end_expression(struct nlmsghdr *message, struct nlattr *element, struct nlattr *data)
{
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
}

static void compare(struct nlmsghdr *message, __u32 key, __u32 op, const void *value, size_t len)
{
	struct nlattr *element, *data, *nest;

	element = expression(message, "meta", &data);
	mnl_attr_put_u32(message, NFTA_META_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(message, NFTA_META_KEY, htonl(key));
	end_expression(message, element, data);
	element = expression(message, "cmp", &data);
	mnl_attr_put_u32(message, NFTA_CMP_SREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(message, NFTA_CMP_OP, htonl(op));
	nest = mnl_attr_nest_start(message, NFTA_CMP_DATA);
	mnl_attr_put(message, NFTA_DATA_VALUE, len, value);
	mnl_attr_nest_end(message, nest);
	end_expression(message, element, data);
}

/* A rule of the chain "c" of "t": what is compared must match, and then it is masqueraded. */
static void rule(__u32 key, __u32 op, const void *value, size_t len)
{
	static const __u32 protocol = 6;
	struct nlattr *list, *element, *data;
	struct nfgenmsg *header;
	struct nlmsghdr *message;
	char buf[1024];

	message = mnl_nlmsg_put_header(buf);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->nfgen_family = NFPROTO_IPV4;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, "t");
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, "c");
	list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	compare(message, NFT_META_L4PROTO, NFT_CMP_EQ, &protocol, 1);
	if (value)
		compare(message, key, op, value, len);
	element = expression(message, "masq", &data);
	end_expression(message, element, data);
	mnl_attr_nest_end(message, list);
	assert_int_equal(bypass_nat_rule(message, &search), MNL_CB_OK);
}

static void rule_for(const char *oifname)
{
	char name[IF_NAMESIZE] = "";

	snprintf(name, sizeof(name), "%s", oifname);
	rule(NFT_META_OIFNAME, NFT_CMP_EQ, name, sizeof(name));
}

static void nat_chain(void)
{
	bypass_free(&bypass);
	chain(NFPROTO_IPV4, "nat", NF_INET_POST_ROUTING, NULL, 1, NF_ACCEPT);
}

/* Expect what is said of the chain: NULL for nothing. */
static void expect_translation(const char *want)
{
	char text[512];

	devices[ETH0].bypasses_netfilter = true;
	devices[ETH1].bypasses_netfilter = false;
	bypass_conclude(&bypass, &snapshot);
	assert_int_equal(bypass.count, 1);
	assert_true(bypass.items[0].passed);
	assert_int_equal(bypass.items[0].bypassed, !!want);
	assert_int_equal(bypass_sentence(&bypass, BYPASS_NAT, text, sizeof(text)), !!want);
	if (want)
		assert_non_null(strstr(text, want));
	assert_true(bypass_pass_sentence(&bypass, BYPASS_NETFILTER, 2, text, sizeof(text)));
	assert_string_equal(text,
			    want ? "2 packets passed because netfilter has rules (ip t c): this "
				   "is the default, and nothing is broken; with --conntrack, "
				   "flows that it lets through go fast"
				 : "2 packets passed because netfilter has rules (ip t c): this "
				   "is the default, and nothing is broken; they are only seen, "
				   "not translated, by ip t c; with --conntrack, flows that it "
				   "lets through go fast");
}

TEST(masquerade_elsewhere_is_not_blamed)
{
	static const __u32 tunnel = 5, none = 99;

	nat_chain();
	expect_translation(NULL);
	nat_chain();
	rule_for("ppp0");
	rule_for("eth");
	rule(NFT_META_OIFNAME, NFT_CMP_EQ, "ppp", 3);
	rule(NFT_META_OIF, NFT_CMP_EQ, &none, sizeof(none));
	expect_translation(NULL);

	nat_chain();
	rule_for("wg0");
	expect_translation(
		"translation: ip t c (of packets that leave by wg0); what it translates");
	nat_chain();
	rule_for("ppp0");
	rule_for("eth2");
	rule_for("eth1");
	rule_for("eth2");
	expect_translation("ip t c (of packets that leave by eth2, eth1);");
	nat_chain();
	rule(NFT_META_OIFNAME, NFT_CMP_EQ, "wg", 2);
	expect_translation("leave by wg0)");
	nat_chain();
	rule(NFT_META_OIF, NFT_CMP_EQ, &tunnel, sizeof(tunnel));
	expect_translation("leave by wg0)");
}

TEST(translation_without_an_interface_is_for_all)
{
	nat_chain();
	rule_for("ppp0");
	rule(0, 0, NULL, 0);
	expect_translation("translation: ip t c; what it translates");
	nat_chain();
	rule(NFT_META_OIFNAME, NFT_CMP_NEQ, "ppp0", 5);
	expect_translation("translation: ip t c; what it translates");
	/* The answers come from somewhere else. */
	nat_chain();
	rule(NFT_META_IIFNAME, NFT_CMP_EQ, "ppp0", 5);
	expect_translation("translation: ip t c; what it translates");
}

/* Interfaces that no packet leaves by that goes fast. */
TEST(translation_is_for_interfaces_that_transmit)
{
	devices[ETH2].ethernet = false;
	nat_chain();
	rule_for("eth2");
	expect_translation(NULL);
	devices[ETH2].ethernet = true;
	devices[ETH2].up = false;
	nat_chain();
	rule_for("eth2");
	expect_translation(NULL);
}

TEST(many_interfaces_are_as_good_as_all)
{
	nat_chain();
	for (int i = 0; i < 20; i++) {
		snprintf(devices[ETH2].name, sizeof(devices[ETH2].name), "eth%d", i);
		rule_for(devices[ETH2].name);
	}
	expect_translation("translation: ip t c; what it translates");
}

static void qdisc(const char *kind, int ifindex, __u32 handle, __u32 parent)
{
	struct tcmsg *header;
	struct nlmsghdr *message;
	char buf[256];

	message = mnl_nlmsg_put_header(buf);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->tcm_ifindex = ifindex;
	header->tcm_handle = handle;
	header->tcm_parent = parent;
	mnl_attr_put_strz(message, TCA_KIND, kind);
	assert_int_equal(bypass_tc_qdisc(message, &search), MNL_CB_OK);
	assert_int_equal(search.err, 0);
}

TEST(shapers_are_found)
{
	qdisc("fq_codel", 2, 0, TC_H_ROOT);
	qdisc("cake", 2, 0, TC_H_ROOT);
	qdisc("fq", 2, 0x80010000, TC_H_ROOT);
	qdisc("noqueue", 5, 0, TC_H_ROOT);
	qdisc("htb", 99, 0x10000, TC_H_ROOT);
	assert_int_equal(bypass.count, 0);
	qdisc("htb", 3, 0x10000, TC_H_ROOT);
	qdisc("sfq", 3, 0x20000, 0x10001);
	assert_int_equal(bypass.count, 1);
	assert_string_equal(bypass.items[0].name, "htb on eth1");
	assert_string_equal(bypass.items[0].device, "eth1");
	assert_int_equal(bypass.items[0].kind, BYPASS_QDISC);
}

TEST(shapers_of_queues_are_found)
{
	qdisc("mq", 2, 0x10000, TC_H_ROOT);
	qdisc("fq_codel", 2, 0x20000, 0x10001);
	qdisc("cake", 2, 0x30000, 0x10002);
	qdisc("cake", 2, 0x40000, 0x10003);
	assert_int_equal(bypass.count, 1);
	assert_string_equal(bypass.items[0].name, "cake on eth0");
}

TEST(hooks_of_filters_are_noted)
{
	qdisc("clsact", 2, 0xffff0000, TC_H_CLSACT);
	qdisc("ingress", 3, 0xffff0000, TC_H_INGRESS);
	assert_int_equal(bypass.count, 0);
	assert_int_equal(hooks[ETH0], 1 << BYPASS_INGRESS | 1 << BYPASS_EGRESS);
	assert_int_equal(hooks[ETH1], 1 << BYPASS_INGRESS);
}

#define BYPASS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BYPASS_TEST(nothing_is_bypassed_where_nothing_is_loaded),
		BYPASS_TEST(xdp_bypasses_the_stack_and_its_edges),
		BYPASS_TEST(vlan_devices_belong_to_the_port_below),
		BYPASS_TEST(bridges_have_ports),
		BYPASS_TEST(tc_leaves_by_the_queues),
		BYPASS_TEST(down_devices_do_not_count),
		BYPASS_TEST(rules_decide_by_default),
		BYPASS_TEST(each_program_has_its_options),
		BYPASS_TEST(tc_passes_for_what_it_skips),
		BYPASS_TEST(items_are_listed_once),
		BYPASS_TEST(sentences_name_everything),
		BYPASS_TEST(packets_pass_because_of_rules),
		BYPASS_TEST(chains_are_read),
		BYPASS_TEST(chains_of_devices_are_read),
		BYPASS_TEST(harmless_chains_are_not),
		BYPASS_TEST(masquerade_elsewhere_is_not_blamed),
		BYPASS_TEST(translation_without_an_interface_is_for_all),
		BYPASS_TEST(translation_is_for_interfaces_that_transmit),
		BYPASS_TEST(many_interfaces_are_as_good_as_all),
		BYPASS_TEST(shapers_are_found),
		BYPASS_TEST(shapers_of_queues_are_found),
		BYPASS_TEST(hooks_of_filters_are_noted),
	};

	return cmocka_run_group_tests_name("bypass", tests, NULL, NULL);
}
