/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What packets were before the first chain of netfilter, to tell at the end of their way what rules
 * have done to them.
 */
#ifndef _WG_BPF_SNAPSHOT_H
#define _WG_BPF_SNAPSHOT_H

#include "bpf_types.h"

#include <linux/types.h>

struct net;
struct sk_buff;
struct wg_bpf_flow_key;
struct wg_bpf_snapshots;

/**
 * enum wg_bpf_change - what rules have done to a packet
 * @WG_BPF_CHANGE_NONE: nothing, but for its TTL if it was forwarded, and its connection's NAT
 * @WG_BPF_CHANGE_MARK: no more than to give it another mark or priority
 * @WG_BPF_CHANGE_OTHER: something else, or it is not known
 */
enum wg_bpf_change {
	WG_BPF_CHANGE_NONE,
	WG_BPF_CHANGE_MARK,
	WG_BPF_CHANGE_OTHER,
};

struct wg_bpf_snapshots __percpu *wg_bpf_snapshots_alloc(void);
void wg_bpf_snapshot_take(struct wg_bpf_snapshots __percpu *snapshots, const struct sk_buff *skb);
void wg_bpf_snapshot_take_early(struct wg_bpf_snapshots __percpu *snapshots,
				const struct sk_buff *skb);
void wg_bpf_snapshot_keep(struct wg_bpf_snapshots __percpu *snapshots, const struct sk_buff *skb);
void wg_bpf_snapshot_routed(struct wg_bpf_snapshots __percpu *snapshots, const struct sk_buff *skb);
bool wg_bpf_snapshot_mark(struct wg_bpf_snapshots __percpu *snapshots, const struct sk_buff *skb,
			  u32 *mark);
enum wg_bpf_change wg_bpf_snapshot_compare(struct wg_bpf_snapshots __percpu *snapshots,
					   const struct sk_buff *skb, const struct net *net,
					   bool forwarded, const struct wg_bpf_flow_key *key,
					   const struct bpf_wg_tuple *become);

#endif /* _WG_BPF_SNAPSHOT_H */
