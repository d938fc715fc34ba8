// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <linux/netfilter.h>

#include "diagnose/bypass_name.h"

static const char *family_name(unsigned char family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_NETDEV:
		return "netdev";
	case NFPROTO_BRIDGE:
		return "bridge";
	}
	/* What is filtered of ARP, the fast path does not take. */
	return NULL;
}

bool bypass_name(unsigned char family, const struct nlattr *table, const struct nlattr *object,
		 char *buf, size_t size)
{
	const char *name = family_name(family);

	if (!name || !table || !object)
		return false;
	snprintf(buf, size, "%s %s %s", name, mnl_attr_get_str(table), mnl_attr_get_str(object));
	return true;
}
