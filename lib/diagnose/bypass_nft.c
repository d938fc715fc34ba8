// SPDX-License-Identifier: GPL-2.0
/*
 * What netfilter does to packets in this network namespace: the chains and flowtables of
 * nftables, and the tables of iptables.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "diagnose/bypass_name.h"
#include "diagnose/bypass_nat.h"
#include "diagnose/bypass_nft.h"
#include "diagnose/bypass_sampled.h"
#include "diagnose/bypass_search.h"
#include "util/netlink.h"

static bool is_nat(const struct nlattr **table)
{
	return table[NFTA_CHAIN_TYPE] && !strcmp(mnl_attr_get_str(table[NFTA_CHAIN_TYPE]), "nat");
}

/*
 * Without rules, a chain whose policy is to accept is as good as none, unless it is for
 * translation: then conntrack looks at every packet.
 */
static bool is_idle(const struct nlattr **table)
{
	return !is_nat(table) && table[NFTA_CHAIN_USE] &&
	       !mnl_attr_get_u32(table[NFTA_CHAIN_USE]) && table[NFTA_CHAIN_POLICY] &&
	       ntohl(mnl_attr_get_u32(table[NFTA_CHAIN_POLICY])) == NF_ACCEPT;
}

static void add_on_device(struct bypass_search *search, const struct bypass_item *item,
			  const struct nlattr *device)
{
	struct bypass_item copy = *item;
	size_t len = strlen(copy.name);

	snprintf(copy.device, sizeof(copy.device), "%s", mnl_attr_get_str(device));
	snprintf(copy.name + len, sizeof(copy.name) - len, " on %s", copy.device);
	bypass_search_add(search, &copy);
}

/* A chain that is bound to devices counts for each of them. */
static void add_device_chain(struct bypass_search *search, struct bypass_item *item,
			     const struct nlattr **hook)
{
	const struct nlattr *device;

	if (hook[NFTA_HOOK_DEV]) {
		add_on_device(search, item, hook[NFTA_HOOK_DEV]);
	} else if (hook[NFTA_HOOK_DEVS]) {
		mnl_attr_for_each_nested(device, hook[NFTA_HOOK_DEVS])
			if (mnl_attr_get_type(device) == NFTA_DEVICE_NAME)
				add_on_device(search, item, device);
	}
}

int bypass_nft_chain(const struct nlmsghdr *message, void *data)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[NFTA_CHAIN_MAX + 1], *hook[NFTA_HOOK_MAX + 1];
	struct bypass_item item = {};
	__u32 number;

	netlink_attributes(message, sizeof(*header), table, NFTA_CHAIN_MAX);
	if (!table[NFTA_CHAIN_HOOK] || is_idle(table) ||
	    !bypass_name(header->nfgen_family, table[NFTA_CHAIN_TABLE], table[NFTA_CHAIN_NAME],
			 item.name, sizeof(item.name)))
		return MNL_CB_OK;
	netlink_nested(table[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_MAX);
	if (!hook[NFTA_HOOK_HOOKNUM])
		return MNL_CB_OK;
	number = ntohl(mnl_attr_get_u32(hook[NFTA_HOOK_HOOKNUM]));

	if (is_nat(table))
		item.kind = BYPASS_NAT;
	if (header->nfgen_family == NFPROTO_NETDEV) {
		item.where = number == NF_NETDEV_EGRESS ? BYPASS_EGRESS : BYPASS_INGRESS;
		add_device_chain(data, &item, hook);
	} else if (header->nfgen_family == NFPROTO_BRIDGE) {
		/* The hooks of bridges have the same numbers. */
		if (number == NF_INET_FORWARD)
			return MNL_CB_OK;
		item.where = BYPASS_BRIDGE;
		bypass_search_add(data, &item);
	} else if (number == NF_INET_INGRESS) {
		item.where = BYPASS_INGRESS;
		add_device_chain(data, &item, hook);
	} else {
		item.forward = number == NF_INET_FORWARD;
		bypass_search_add(data, &item);
	}
	return MNL_CB_OK;
}

static int read_flowtable(const struct nlmsghdr *message, void *data)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[NFTA_FLOWTABLE_MAX + 1];
	struct bypass_item item = { .kind = BYPASS_FLOWTABLE };

	netlink_attributes(message, sizeof(*header), table, NFTA_FLOWTABLE_MAX);
	if (bypass_name(header->nfgen_family, table[NFTA_FLOWTABLE_TABLE],
			table[NFTA_FLOWTABLE_NAME], item.name, sizeof(item.name)))
		bypass_search_add(data, &item);
	return MNL_CB_OK;
}

static int list(struct netlink *netlink, struct bypass_search *search, __u16 type,
		mnl_cb_t callback)
{
	const struct nfgenmsg header = { .nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0 };
	union netlink_request request;
	int err;

	netlink_start(&request, NFNL_SUBSYS_NFTABLES << 8 | type, &header, sizeof(header));
	err = netlink_request(netlink, &request, NLM_F_DUMP, callback, search);
	/* What a kernel without nftables, or without flowtables, says. */
	return err == -EINVAL || err == -EOPNOTSUPP ? 0 : err;
}

/* The kernel lists the tables of iptables that are in use, which nftables does not show. */
static void add_iptables(struct bypass_search *search, const char *command, const char *path)
{
	char table[64];
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return;
	while (fscanf(file, "%63s", table) == 1) {
		struct bypass_item item = {
			.kind = strcmp(table, "nat") ? BYPASS_FIREWALL : BYPASS_NAT,
			.forward = strcmp(table, "nat") && strcmp(table, "raw"),
			.translates_all = true,
		};

		snprintf(item.name, sizeof(item.name), "%s %s", command, table);
		bypass_search_add(search, &item);
	}
	fclose(file);
}

/* What the kernel has where br_netfilter is loaded. */
#define BR_NETFILTER_PATH "/proc/sys/net/bridge/bridge-nf-call-iptables"

/* It has hooks at all bridges, to show what they forward to iptables, and is no table. */
static void add_br_netfilter(struct bypass_search *search)
{
	const struct bypass_item item = {
		.kind = BYPASS_FIREWALL,
		.where = BYPASS_BRIDGE,
		.name = "br_netfilter",
	};

	if (!access(BR_NETFILTER_PATH, F_OK))
		bypass_search_add(search, &item);
}

static bool has_nat(const struct bypass *bypass)
{
	for (size_t i = 0; i < bypass->count; i++)
		if (bypass->items[i].kind == BYPASS_NAT)
			return true;
	return false;
}

static bool is_any_consenting(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->devices[i].loaded && snapshot->devices[i].conntrack)
			return true;
	return false;
}

/* All rules are listed once, for those who look for translation and for what sees samples. */
static int read_rule(const struct nlmsghdr *message, void *data)
{
	const struct bypass_search *search = data;
	int ret = bypass_nat_rule(message, data);

	return is_any_consenting(search->snapshot) ? bypass_sampled_rule(message, data) : ret;
}

int bypass_nft(const struct snapshot *snapshot, struct bypass *bypass)
{
	struct bypass_search search = { .bypass = bypass, .snapshot = snapshot };
	struct netlink netlink = {};
	int err;

	add_iptables(&search, "iptables", "/proc/net/ip_tables_names");
	add_iptables(&search, "ip6tables", "/proc/net/ip6_tables_names");
	add_br_netfilter(&search);

	err = netlink_open(&netlink, NETLINK_NETFILTER);
	if (err)
		return err == -EPROTONOSUPPORT ? search.err : err;
	err = list(&netlink, &search, NFT_MSG_GETCHAIN, bypass_nft_chain);
	if (!err && (has_nat(bypass) || is_any_consenting(snapshot)))
		err = list(&netlink, &search, NFT_MSG_GETRULE, read_rule);
	if (!err)
		err = list(&netlink, &search, NFT_MSG_GETFLOWTABLE, read_flowtable);
	netlink_close(&netlink);
	return err ? err : search.err;
}
