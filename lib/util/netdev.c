// SPDX-License-Identifier: GPL-2.0
/*
 * XDP as the driver of an interface supports it, and the names of its modes.
 */
#include <string.h>

#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/netdev.h>

#include "util/netdev.h"

static const char *const mode_names[] = {
	[XDP_MODE_UNSPEC] = "unspecified",
	[XDP_MODE_NATIVE] = "native",
	[XDP_MODE_SKB] = "skb",
	[XDP_MODE_HW] = "hw",
};

int netdev_xdp(int ifindex, struct netdev_xdp *xdp)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int err;

	err = bpf_xdp_query(ifindex, 0, &query);
	if (err)
		return err;

	xdp->native = query.feature_flags & NETDEV_XDP_ACT_BASIC;
	xdp->transmit = query.feature_flags & NETDEV_XDP_ACT_NDO_XMIT;
	/* A program in hardware stands beside the others and says nothing about them. */
	if (query.drv_prog_id)
		xdp->attached = XDP_MODE_NATIVE;
	else if (query.skb_prog_id)
		xdp->attached = XDP_MODE_SKB;
	else
		xdp->attached = XDP_MODE_UNSPEC;
	return 0;
}

const char *mode_name(enum xdp_attach_mode mode)
{
	return mode_names[mode];
}

bool mode_parse(const char *name, enum xdp_attach_mode *mode)
{
	for (size_t i = 0; i < sizeof(mode_names) / sizeof(mode_names[0]); i++) {
		if (strcmp(name, mode_names[i]))
			continue;
		*mode = i;
		return true;
	}
	return false;
}
