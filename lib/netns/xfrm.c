// SPDX-License-Identifier: GPL-2.0
/*
 * IPsec policies.
 */
#include <sys/socket.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>

#include "netns/xfrm.h"
#include "util/netlink.h"

static int read_policies(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *table[XFRMA_SPD_MAX + 1];
	struct snapshot *snapshot = data;
	const struct xfrmu_spdinfo *info;

	netlink_attributes(message, sizeof(__u32), table, XFRMA_SPD_MAX);
	if (!table[XFRMA_SPD_INFO])
		return MNL_CB_OK;
	info = mnl_attr_get_payload(table[XFRMA_SPD_INFO]);
	snapshot->policies_in += info->incnt;
	snapshot->policies_out += info->outcnt;
	snapshot->policies_forward += info->fwdcnt;
	return MNL_CB_OK;
}

static int read_default_policies(const struct nlmsghdr *message, void *data)
{
	const struct xfrm_userpolicy_default *policies = mnl_nlmsg_get_payload(message);
	struct snapshot *snapshot = data;

	snapshot->policies_in += policies->in == XFRM_USERPOLICY_BLOCK;
	snapshot->policies_out += policies->out == XFRM_USERPOLICY_BLOCK;
	snapshot->policies_forward += policies->fwd == XFRM_USERPOLICY_BLOCK;
	return MNL_CB_OK;
}

void xfrm_collect(struct snapshot *snapshot)
{
	const struct xfrm_userpolicy_default defaults = {};
	union netlink_request request;
	struct netlink netlink = {};
	const __u32 flags = 0;

	if (netlink_open(&netlink, NETLINK_XFRM))
		return;
	netlink_start(&request, XFRM_MSG_GETSPDINFO, &flags, sizeof(flags));
	netlink_request(&netlink, &request, 0, read_policies, snapshot);
	netlink_start(&request, XFRM_MSG_GETDEFAULT, &defaults, sizeof(defaults));
	netlink_request(&netlink, &request, 0, read_default_policies, snapshot);
	netlink_close(&netlink);
}
