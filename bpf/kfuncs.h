/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kfuncs of WireGuard, as far as the datapath uses them. What they do and return is documented
 * with their definitions, in patches/wireguard/bpf*.c.
 */
#ifndef BPF_KFUNCS_H
#define BPF_KFUNCS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "patches/wireguard/bpf_types.h"

/* Kernel types, of which only the named members are used, wherever they are (CO-RE). */
struct net_device {
	int ifindex;
} __attribute__((preserve_access_index));

struct wg_device {
	struct net_device *dev;
} __attribute__((preserve_access_index));

struct wg_peer {
} __attribute__((preserve_access_index));

/* The kernel's own, of any program. */
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

extern struct wg_peer *bpf_wg_peer_allowedips_lookup(struct wg_device *wg, const void *addr,
						     __u32 addr__sz) __ksym;
extern struct wg_peer *bpf_wg_peer_hashtable_lookup(struct wg_device *wg, __le32 idx) __ksym;
extern int bpf_wg_endpoint_match(struct wg_peer *peer, const struct bpf_wg_flow *flow,
				 __u32 flow__sz) __ksym;
extern int bpf_wg_peer_route(struct wg_peer *peer, struct bpf_wg_route *route,
			     __u32 route__sz) __ksym;
extern __u32 bpf_wg_ip_ident(struct wg_peer *peer, __be32 saddr, __be32 daddr) __ksym;
extern int bpf_wg_peer_queued(struct wg_peer *peer, __u32 received) __ksym;
extern int bpf_wg_consent_encrypt(struct wg_peer *peer, const struct bpf_wg_flow *flow,
				  const struct bpf_wg_route *route,
				  struct bpf_wg_consent *consent) __ksym;
extern int bpf_wg_consent_decrypt(struct wg_peer *peer, const struct bpf_wg_flow *outer,
				  const struct bpf_wg_flow *inner,
				  struct bpf_wg_consent *consent) __ksym;
extern void bpf_wg_consent_used(struct wg_peer *peer, const struct bpf_wg_consent *consent,
				__u32 inner, __u32 outer) __ksym;
extern void bpf_wg_device_put(struct wg_device *wg) __ksym;
extern void bpf_wg_peer_put(struct wg_peer *peer) __ksym;

extern struct wg_device *bpf_xdp_wg_device_get_by_index(struct xdp_md *ctx, __u32 ifindex) __ksym;
extern struct wg_device *bpf_xdp_wg_device_get_by_port(struct xdp_md *ctx, __u16 port) __ksym;
extern int bpf_xdp_wg_flow_validate(struct xdp_md *ctx, struct bpf_wg_flow *flow, __u32 flow__sz,
				    __u32 mark) __ksym;
extern int bpf_xdp_wg_flow_recall(struct xdp_md *ctx, const struct bpf_wg_flow *flow,
				  __u32 flow__sz, struct bpf_wg_recalled *recalled) __ksym;
extern int bpf_xdp_wg_hooks(struct xdp_md *ctx, __u32 iif, struct wg_device *wg,
			    struct bpf_wg_egress *egress, __u32 flags) __ksym;
extern int bpf_xdp_wg_sent(struct xdp_md *ctx, __u32 ifindex, __u32 port, __u32 length) __ksym;
extern int bpf_xdp_wg_received(struct xdp_md *ctx, __u32 ifindex, __u32 length) __ksym;
extern int bpf_xdp_wg_ingress(struct xdp_md *ctx, const void *addresses, __u32 addresses__sz,
			      struct bpf_wg_ingress *ingress) __ksym;
extern int bpf_xdp_wg_bridge_sees(struct xdp_md *ctx, struct wg_peer *peer, __u32 flow,
				  __u32 received) __ksym;
extern int bpf_xdp_wg_unfinished(struct xdp_md *ctx, struct bpf_wg_unfinished *unfinished,
				 __u32 unfinished__sz) __ksym;
extern int bpf_xdp_wg_own_mac(struct xdp_md *ctx, const void *mac, __u32 mac__sz) __ksym;
extern int bpf_xdp_wg_neigh_probe(struct xdp_md *ctx, __u32 ifindex, const void *addr,
				  __u32 addr__sz) __ksym;
extern int bpf_xdp_wg_peek(struct xdp_md *ctx, __u32 offset, __u32 length, struct wg_peer *peer,
			   struct bpf_wg_block *block) __ksym;
extern void bpf_xdp_wg_stream_forget(struct xdp_md *ctx) __ksym;
extern __u64 bpf_xdp_wg_stream_hand_over(struct xdp_md *ctx) __ksym;
extern int bpf_xdp_wg_stream_take_over(struct xdp_md *ctx, __u64 ticket) __ksym;
extern int bpf_xdp_wg_encrypt(struct xdp_md *ctx, __u32 offset, __u32 length,
			      struct wg_peer *peer) __ksym;
extern int bpf_xdp_wg_decrypt(struct xdp_md *ctx, __u32 offset, __u32 length,
			      struct wg_peer *peer) __ksym;
extern int bpf_xdp_wg_move(struct xdp_md *ctx, __u32 to, __u32 from, __u32 length) __ksym;
extern __s64 bpf_xdp_checksum(struct xdp_md *ctx, __u32 offset, __u32 length, __u32 seed) __ksym;

extern struct wg_device *bpf_skb_wg_device_get_by_index(struct __sk_buff *ctx,
							__u32 ifindex) __ksym;
extern struct wg_device *bpf_skb_wg_device_get_by_port(struct __sk_buff *ctx, __u16 port) __ksym;
extern int bpf_skb_wg_flow_validate(struct __sk_buff *ctx, struct bpf_wg_flow *flow, __u32 flow__sz,
				    __u32 mark) __ksym;
extern int bpf_skb_wg_flow_recall(struct __sk_buff *ctx, const struct bpf_wg_flow *flow,
				  __u32 flow__sz, struct bpf_wg_recalled *recalled) __ksym;
extern int bpf_skb_wg_hooks(struct __sk_buff *ctx, __u32 iif, struct wg_device *wg,
			    struct bpf_wg_egress *egress, __u32 flags) __ksym;
extern int bpf_skb_wg_received(struct __sk_buff *ctx, __u32 ifindex, __u32 length) __ksym;
extern int bpf_skb_wg_ingress(struct __sk_buff *ctx, const void *addresses, __u32 addresses__sz,
			      struct bpf_wg_ingress *ingress) __ksym;
extern int bpf_skb_wg_bridge_sees(struct __sk_buff *ctx, struct wg_peer *peer, __u32 flow,
				  __u32 received) __ksym;
extern int bpf_skb_wg_own_mac(struct __sk_buff *ctx, const void *mac, __u32 mac__sz) __ksym;
extern int bpf_skb_wg_neigh_probe(struct __sk_buff *ctx, __u32 ifindex, const void *addr,
				  __u32 addr__sz) __ksym;
extern int bpf_skb_wg_peek(struct __sk_buff *ctx, __u32 offset, __u32 length, struct wg_peer *peer,
			   struct bpf_wg_block *block) __ksym;
extern void bpf_skb_wg_stream_forget(struct __sk_buff *ctx) __ksym;
extern int bpf_skb_wg_encrypt(struct __sk_buff *ctx, __u32 offset, __u32 length,
			      struct wg_peer *peer) __ksym;
extern int bpf_skb_wg_decrypt(struct __sk_buff *ctx, __u32 offset, __u32 length,
			      struct wg_peer *peer) __ksym;
extern int bpf_skb_wg_move(struct __sk_buff *ctx, __u32 to, __u32 from, __u32 length) __ksym;
extern int bpf_skb_wg_finish(struct __sk_buff *ctx, __u32 end) __ksym;
extern __u32 bpf_skb_wg_headroom(struct __sk_buff *ctx) __ksym;
extern __s64 bpf_skb_checksum(struct __sk_buff *ctx, __u32 offset, __u32 length, __u32 seed) __ksym;

extern int bpf_skb_wg_encapsulated(struct __sk_buff *ctx, struct wg_peer *peer,
				   __u32 family) __ksym;
extern int bpf_skb_wg_decapsulated(struct __sk_buff *ctx, struct wg_peer *peer) __ksym;

#endif /* BPF_KFUNCS_H */
