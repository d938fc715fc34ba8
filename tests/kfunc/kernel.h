/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kfuncs and the kernel's types, declared apart from the datapath's own header so that a
 * change there cannot hide a change of what the module offers. verifier.c compares these, and the
 * structures that they share, with the module's BTF.
 */
#ifndef TESTS_KERNEL_H
#define TESTS_KERNEL_H

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "exchange.h"

#define KERNEL __attribute__((preserve_access_index))

struct net_device {
	int ifindex;
} KERNEL;

struct wg_device {
	struct net_device *dev;
} KERNEL;

typedef struct {
	__s64 counter;
} KERNEL atomic64_t;

struct noise_symmetric_key {
	__u8 key[KEY_SIZE];
	__u64 birthdate;
} KERNEL;

struct index_hashtable_entry {
	__u32 index;
} KERNEL;

struct noise_keypair {
	struct index_hashtable_entry entry;
	struct noise_symmetric_key sending;
	atomic64_t sending_counter;
	struct noise_symmetric_key receiving;
	__u32 remote_index;
} KERNEL;

struct noise_keypairs {
	struct noise_keypair *current_keypair;
} KERNEL;

struct noise_handshake {
	struct index_hashtable_entry entry;
	__u8 remote_static[KEY_SIZE];
} KERNEL;

struct wg_peer {
	struct noise_keypairs keypairs;
	struct noise_handshake handshake;
} KERNEL;

extern struct wg_peer *bpf_wg_peer_allowedips_lookup(struct wg_device *wg, const void *addr,
						     __u32 addr__sz) __ksym;
extern struct wg_peer *bpf_wg_peer_hashtable_lookup(struct wg_device *wg, __le32 idx) __ksym;
extern int bpf_wg_endpoint_tuple_get(struct wg_peer *peer, struct bpf_sock_tuple *tuple,
				     __u32 tuple__sz) __ksym;
extern int bpf_wg_endpoint_match(struct wg_peer *peer, const struct bpf_wg_flow *flow,
				 __u32 flow__sz) __ksym;
extern int bpf_wg_peer_route(struct wg_peer *peer, struct bpf_wg_route *route,
			     __u32 route__sz) __ksym;
extern int bpf_wg_peer_queued(struct wg_peer *peer, __u32 received) __ksym;
extern __u32 bpf_wg_ip_ident(struct wg_peer *peer, __be32 saddr, __be32 daddr) __ksym;
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

#define DECLARE_KFUNCS(kind, context)                                                              \
	extern struct wg_device *bpf_##kind##_wg_device_get_by_index(struct context *ctx,          \
								     __u32 ifindex) __ksym;        \
	extern struct wg_device *bpf_##kind##_wg_device_get_by_port(struct context *ctx,           \
								    __u16 port) __ksym;            \
	extern int bpf_##kind##_wg_flow_validate(struct context *ctx, struct bpf_wg_flow *flow,    \
						 __u32 flow__sz, __u32 mark) __ksym;               \
	extern int bpf_##kind##_wg_flow_recall(struct context *ctx,                                \
					       const struct bpf_wg_flow *flow, __u32 flow__sz,     \
					       struct bpf_wg_recalled *recalled) __ksym;           \
	extern int bpf_##kind##_wg_hooks(struct context *ctx, __u32 iif, struct wg_device *wg,     \
					 struct bpf_wg_egress *egress, __u32 flags) __ksym;        \
	extern int bpf_##kind##_wg_received(struct context *ctx, __u32 ifindex, __u32 length)      \
		__ksym;                                                                            \
	extern int bpf_##kind##_wg_ingress(struct context *ctx, const void *addresses,             \
					   __u32 addresses__sz, struct bpf_wg_ingress *ingress)    \
		__ksym;                                                                            \
	extern int bpf_##kind##_wg_bridge_sees(struct context *ctx, struct wg_peer *peer,          \
					       __u32 flow, __u32 received) __ksym;                 \
	extern int bpf_##kind##_wg_own_mac(struct context *ctx, const void *mac, __u32 mac__sz)    \
		__ksym;                                                                            \
	extern int bpf_##kind##_wg_egress(struct context *ctx, __u32 ifindex) __ksym;              \
	extern int bpf_##kind##_wg_neigh_probe(struct context *ctx, __u32 ifindex,                 \
					       const void *addr, __u32 addr__sz) __ksym;           \
	extern int bpf_##kind##_wg_peek(struct context *ctx, __u32 offset, __u32 length,           \
					struct wg_peer *peer, struct bpf_wg_block *block) __ksym;  \
	extern void bpf_##kind##_wg_stream_forget(struct context *ctx) __ksym;                     \
	extern __u64 bpf_##kind##_wg_stream_hand_over(struct context *ctx) __ksym;                 \
	extern int bpf_##kind##_wg_stream_take_over(struct context *ctx, __u64 ticket) __ksym;     \
	extern int bpf_##kind##_wg_encrypt(struct context *ctx, __u32 offset, __u32 length,        \
					   struct wg_peer *peer) __ksym;                           \
	extern int bpf_##kind##_wg_decrypt(struct context *ctx, __u32 offset, __u32 length,        \
					   struct wg_peer *peer) __ksym;                           \
	extern int bpf_##kind##_wg_move(struct context *ctx, __u32 to, __u32 from, __u32 length)   \
		__ksym;                                                                            \
	extern __s64 bpf_##kind##_checksum(struct context *ctx, __u32 offset, __u32 length,        \
					   __u32 seed) __ksym;

DECLARE_KFUNCS(xdp, xdp_md)
DECLARE_KFUNCS(skb, __sk_buff)

extern int bpf_skb_wg_finish(struct __sk_buff *ctx, __u32 end) __ksym;
extern int bpf_skb_wg_encapsulated(struct __sk_buff *ctx, struct wg_peer *peer,
				   __u32 family) __ksym;
extern int bpf_skb_wg_decapsulated(struct __sk_buff *ctx, struct wg_peer *peer) __ksym;
extern int bpf_xdp_wg_unfinished(struct xdp_md *ctx, struct bpf_wg_unfinished *unfinished,
				 __u32 unfinished__sz) __ksym;
extern int bpf_xdp_wg_sent(struct xdp_md *ctx, __u32 ifindex, __u32 port, __u32 length) __ksym;
extern __u32 bpf_skb_wg_headroom(struct __sk_buff *ctx) __ksym;

#endif /* TESTS_KERNEL_H */
