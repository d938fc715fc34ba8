/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Witnesses of netfilter at the ingress of devices.
 */
#ifndef _WG_BPF_INGRESS_H
#define _WG_BPF_INGRESS_H

#include <linux/kconfig.h>
#include <linux/types.h>

struct net;
struct net_device;

#if IS_ENABLED(CONFIG_NF_CONNTRACK) && defined(CONFIG_NETFILTER_INGRESS)

int wg_bpf_ingress_init(void);
void wg_bpf_ingress_uninit(void);
void wg_bpf_ingress_tend(struct net *net);
void wg_bpf_ingress_end(const struct net *net);
bool wg_bpf_ingress_is_seen(const struct net_device *dev);

#else

static inline int wg_bpf_ingress_init(void)
{
	return 0;
}

static inline void wg_bpf_ingress_uninit(void)
{
}

static inline void wg_bpf_ingress_tend(struct net *net)
{
}

static inline void wg_bpf_ingress_end(const struct net *net)
{
}

static inline bool wg_bpf_ingress_is_seen(const struct net_device *dev)
{
	return false;
}

#endif

#endif /* _WG_BPF_INGRESS_H */
