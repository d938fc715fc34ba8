/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netfilter's consent: what its witnesses see of the stack's way, and what programs are told of it.
 */
#ifndef _WG_BPF_CONSENT_H
#define _WG_BPF_CONSENT_H

#include "bpf_notes.h"

#include <linux/netfilter.h>

struct sk_buff;

#if IS_ENABLED(CONFIG_NETFILTER) && IS_ENABLED(CONFIG_NF_CONNTRACK)

/* bpf_witness.c */
int wg_bpf_witness_init(void);
void wg_bpf_witness_uninit(void);
extern char wg_bpf_witness_sign;
unsigned int wg_bpf_see_ingress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);
struct wg_bpf_notes *wg_bpf_witness_notes(struct net *net, unsigned long good);
struct wg_bpf_notes *wg_bpf_witness_look(struct net *net, const struct bpf_wg_flow *flow);

/**
 * wg_bpf_is_witness - whether an entry of a hook is one of the witnesses
 */
static inline bool wg_bpf_is_witness(const struct nf_hook_entry *entry)
{
	return entry->priv == &wg_bpf_witness_sign;
}

#else

static inline int wg_bpf_witness_init(void)
{
	return 0;
}

static inline void wg_bpf_witness_uninit(void)
{
}

static inline bool wg_bpf_is_witness(const struct nf_hook_entry *entry)
{
	return false;
}

#endif

#endif /* _WG_BPF_CONSENT_H */
