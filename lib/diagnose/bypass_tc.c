// SPDX-License-Identifier: GPL-2.0
/*
 * What traffic control does to packets in this network namespace: qdiscs, filters, and the
 * programs at the tcx hooks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <bpf/bpf.h>

#include "diagnose/bypass_tc.h"
#include "diagnose/bypass_search.h"
#include "util/bpf_info.h"
#include "util/netdev.h"
#include "util/netlink.h"

#define MAX_PROGRAMS 64

static const char *const where_names[] = {
	[BYPASS_INGRESS] = "ingress",
	[BYPASS_EGRESS] = "egress",
};

static int add(struct bypass_search *search, struct bypass_item *item)
{
	snprintf(item->device, sizeof(item->device), "%s", search->device->name);
	return bypass_search_add(search, item) ? MNL_CB_ERROR : MNL_CB_OK;
}

/* The default qdiscs of the kernel, and others that delay packets as little. */
static bool only_queues(const char *kind)
{
	static const char *const names[] = {
		"noqueue", "mq", "pfifo_fast", "pfifo", "bfifo", "fq_codel", "fq",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(kind, names[i]))
			return true;
	return false;
}

/* A qdisc that queues nothing has only filters, at these hooks: 1 << where. */
static unsigned char filter_hooks(const char *kind)
{
	if (!strcmp(kind, "clsact"))
		return 1 << BYPASS_INGRESS | 1 << BYPASS_EGRESS;
	if (!strcmp(kind, "ingress"))
		return 1 << BYPASS_INGRESS;
	return 0;
}

int bypass_tc_qdisc(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);
	struct bypass_item item = { .kind = BYPASS_QDISC, .where = BYPASS_EGRESS };
	struct bypass_search *search = data;
	const struct nlattr *table[TCA_MAX + 1];
	const char *kind;

	search->device = snapshot_device(search->snapshot, header->tcm_ifindex);
	netlink_attributes(message, sizeof(*header), table, TCA_MAX);
	/* One without a handle is the default: nobody has asked for it. */
	if (!search->device || !table[TCA_KIND] || !header->tcm_handle)
		return MNL_CB_OK;
	kind = mnl_attr_get_str(table[TCA_KIND]);
	if (filter_hooks(kind)) {
		search->hooks[search->device - search->snapshot->devices] |= filter_hooks(kind);
		return MNL_CB_OK;
	}
	if (header->tcm_parent == TC_H_ROOT)
		search->queues = strcmp(kind, "mq") ? 0 : header->tcm_handle;
	/* One in a class of another is part of that one, unless that is mq. */
	if (only_queues(kind) ||
	    (header->tcm_parent != TC_H_ROOT &&
	     (!search->queues || TC_H_MAJ(header->tcm_parent) != search->queues)))
		return MNL_CB_OK;
	snprintf(item.name, sizeof(item.name), "%s on %s", kind, search->device->name);
	return add(search, &item);
}

static int read_filter(const struct nlmsghdr *message, void *data)
{
	struct bypass_search *search = data;
	struct bypass_item item = { .kind = BYPASS_FILTER, .where = search->where };
	const struct nlattr *table[TCA_MAX + 1];

	netlink_attributes(message, sizeof(struct tcmsg), table, TCA_MAX);
	if (!table[TCA_KIND])
		return MNL_CB_OK;
	snprintf(item.name, sizeof(item.name), "%s filter at %s of %s",
		 mnl_attr_get_str(table[TCA_KIND]), where_names[search->where],
		 search->device->name);
	return add(search, &item);
}

static int list_qdiscs(struct netlink *netlink, struct bypass_search *search)
{
	const struct tcmsg header = {};
	union netlink_request request;
	int err;

	netlink_start(&request, RTM_GETQDISC, &header, sizeof(header));
	err = netlink_request(netlink, &request, NLM_F_DUMP, bypass_tc_qdisc, search);
	return err == -EOPNOTSUPP ? 0 : err;
}

static int list_filters(struct netlink *netlink, struct bypass_search *search,
			enum bypass_where where)
{
	const struct tcmsg header = {
		.tcm_ifindex = search->device->ifindex,
		.tcm_parent = TC_H_MAKE(TC_H_CLSACT, where == BYPASS_INGRESS ? TC_H_MIN_INGRESS
									     : TC_H_MIN_EGRESS),
	};
	union netlink_request request;

	if (!(search->hooks[search->device - search->snapshot->devices] & 1 << where))
		return 0;
	search->where = where;
	netlink_start(&request, RTM_GETTFILTER, &header, sizeof(header));
	return netlink_request(netlink, &request, NLM_F_DUMP, read_filter, search);
}

static bool is_ours(const struct attachment_list *attached, __u32 prog_id)
{
	for (size_t i = 0; i < attached->count; i++)
		if (attached->entries[i].prog_id == prog_id)
			return true;
	return false;
}

static void program_name(__u32 id, char *buf, size_t size)
{
	struct bpf_prog_info info = {};
	int err;

	err = bpf_info_prog_by_id(id, &info);
	snprintf(buf, size, "%s", !err && info.name[0] ? info.name : "unnamed");
}

/* A kernel without the hook has no programs there. */
static void list_programs(const struct attachment_list *attached, struct bypass_search *search,
			  enum bypass_where where)
{
	LIBBPF_OPTS(bpf_prog_query_opts, query);
	__u32 ids[MAX_PROGRAMS], count, ours;

	query.prog_ids = ids;
	query.count = MAX_PROGRAMS;
	if (bpf_prog_query_opts(search->device->ifindex,
				where == BYPASS_INGRESS ? BPF_TCX_INGRESS : BPF_TCX_EGRESS, &query))
		return;
	count = query.count;
	for (ours = 0; ours < count && !is_ours(attached, ids[ours]); ours++)
		;
	for (__u32 i = 0; i < count; i++) {
		struct bypass_item item = { .kind = BYPASS_FILTER,
					    .where = where,
					    .ahead = ours < count && i < ours };
		char name[BPF_OBJ_NAME_LEN];

		if (is_ours(attached, ids[i]))
			continue;
		program_name(ids[i], name, sizeof(name));
		snprintf(item.name, sizeof(item.name), "program %s (%u) at %s of %s", name, ids[i],
			 where_names[where], search->device->name);
		add(search, &item);
	}
}

/* A WireGuard device has no driver that runs XDP programs: the stack does, as it does filters. */
static void list_generic(struct bypass_search *search)
{
	struct bypass_item item = { .kind = BYPASS_FILTER, .where = BYPASS_INGRESS };
	struct netdev_xdp xdp;

	if (!search->device->wireguard || netdev_xdp(search->device->ifindex, &xdp) ||
	    xdp.attached == XDP_MODE_UNSPEC)
		return;
	snprintf(item.name, sizeof(item.name), "XDP program on %s", search->device->name);
	add(search, &item);
}

int bypass_tc(const struct attachment_list *attached, const struct snapshot *snapshot,
	      struct bypass *bypass)
{
	struct bypass_search search = { .bypass = bypass, .snapshot = snapshot };
	struct netlink netlink = {};
	int err;

	search.hooks = calloc(snapshot->count + 1, sizeof(*search.hooks));
	if (!search.hooks)
		return -ENOMEM;
	err = netlink_open(&netlink, NETLINK_ROUTE);
	if (!err)
		err = list_qdiscs(&netlink, &search);
	for (size_t i = 0; !err && i < snapshot->count; i++) {
		search.device = &snapshot->devices[i];
		list_programs(attached, &search, BYPASS_INGRESS);
		list_programs(attached, &search, BYPASS_EGRESS);
		list_generic(&search);
		err = list_filters(&netlink, &search, BYPASS_INGRESS);
		if (!err)
			err = list_filters(&netlink, &search, BYPASS_EGRESS);
	}
	netlink_close(&netlink);
	free(search.hooks);
	return err ? err : search.err;
}
