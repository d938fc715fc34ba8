// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that the verifier must refuse, each for one reason, and two that it must not, which show
 * that the others fail for that reason alone.
 */

#include "kernel.h"

__u32 ifindex = 1;
__u8 address[16];
static struct bpf_wg_block block;
__u64 stored;

SEC("?xdp")
int good_xdp(struct xdp_md *ctx)
{
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);
	struct wg_peer *peer;

	if (!wg)
		return XDP_PASS;
	peer = bpf_wg_peer_allowedips_lookup(wg, address, 4);
	if (peer) {
		bpf_xdp_wg_peek(ctx, 0, 64, peer, &block);
		bpf_wg_peer_put(peer);
	}
	bpf_wg_device_put(wg);
	return XDP_PASS;
}

SEC("?tc")
int good_skb(struct __sk_buff *ctx)
{
	struct wg_device *wg = bpf_skb_wg_device_get_by_index(ctx, ifindex);
	struct wg_peer *peer;

	if (!wg)
		return 0;
	peer = bpf_wg_peer_hashtable_lookup(wg, 1);
	/* The peer may outlive the device. */
	bpf_wg_device_put(wg);
	if (!peer)
		return 0;
	bpf_skb_wg_encrypt(ctx, 0, 64, peer);
	bpf_wg_peer_put(peer);
	return 0;
}

SEC("?xdp")
int leaks_device(struct xdp_md *ctx)
{
	return bpf_xdp_wg_device_get_by_index(ctx, ifindex) ? XDP_PASS : XDP_DROP;
}

SEC("?xdp")
int leaks_device_by_port(struct xdp_md *ctx)
{
	return bpf_xdp_wg_device_get_by_port(ctx, 51820) ? XDP_PASS : XDP_DROP;
}

SEC("?xdp")
int leaks_peer(struct xdp_md *ctx)
{
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);

	if (!wg)
		return XDP_PASS;
	bpf_wg_peer_allowedips_lookup(wg, address, 4);
	bpf_wg_device_put(wg);
	return XDP_PASS;
}

SEC("?tc")
int leaks_peer_by_index(struct __sk_buff *ctx)
{
	struct wg_device *wg = bpf_skb_wg_device_get_by_index(ctx, ifindex);

	if (!wg)
		return 0;
	bpf_wg_peer_hashtable_lookup(wg, 1);
	bpf_wg_device_put(wg);
	return 0;
}

SEC("?xdp")
int device_not_checked(struct xdp_md *ctx)
{
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);
	struct wg_peer *peer = bpf_wg_peer_allowedips_lookup(wg, address, 4);

	if (peer)
		bpf_wg_peer_put(peer);
	if (wg)
		bpf_wg_device_put(wg);
	return XDP_PASS;
}

/* Use a peer without asking whether there is one: USE is the use. */
#define PEER_NOT_CHECKED(name, use)                                                                \
	SEC("?xdp")                                                                                \
	int name(struct xdp_md *ctx)                                                               \
	{                                                                                          \
		struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);               \
		struct wg_peer *peer;                                                              \
                                                                                                   \
		if (!wg)                                                                           \
			return XDP_PASS;                                                           \
		peer = bpf_wg_peer_allowedips_lookup(wg, address, 4);                              \
		use;                                                                               \
		if (peer)                                                                          \
			bpf_wg_peer_put(peer);                                                     \
		bpf_wg_device_put(wg);                                                             \
		return XDP_PASS;                                                                   \
	}

PEER_NOT_CHECKED(peer_not_checked_encrypt, bpf_xdp_wg_encrypt(ctx, 0, 64, peer))
PEER_NOT_CHECKED(peer_not_checked_decrypt, bpf_xdp_wg_decrypt(ctx, 0, 64, peer))
PEER_NOT_CHECKED(peer_not_checked_peek, bpf_xdp_wg_peek(ctx, 0, 64, peer, &block))
PEER_NOT_CHECKED(peer_not_checked_ident, bpf_wg_ip_ident(peer, 1, 2))
PEER_NOT_CHECKED(peer_not_checked_match, bpf_wg_endpoint_match(peer, (void *)address, 16))
PEER_NOT_CHECKED(peer_not_checked_route, bpf_wg_peer_route(peer, (void *)address, 16))
PEER_NOT_CHECKED(peer_not_checked_tuple, bpf_wg_endpoint_tuple_get(peer, (void *)address, 16))

SEC("?xdp")
int puts_unchecked_device(struct xdp_md *ctx)
{
	bpf_wg_device_put(bpf_xdp_wg_device_get_by_index(ctx, ifindex));
	return XDP_PASS;
}

SEC("?xdp")
int uses_peer_after_put(struct xdp_md *ctx)
{
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);
	struct wg_peer *peer;

	if (!wg)
		return XDP_PASS;
	peer = bpf_wg_peer_allowedips_lookup(wg, address, 4);
	bpf_wg_device_put(wg);
	if (!peer)
		return XDP_PASS;
	bpf_wg_peer_put(peer);
	bpf_xdp_wg_encrypt(ctx, 0, 64, peer);
	return XDP_PASS;
}

SEC("?xdp")
int uses_device_after_put(struct xdp_md *ctx)
{
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);
	struct wg_peer *peer;

	if (!wg)
		return XDP_PASS;
	bpf_wg_device_put(wg);
	peer = bpf_wg_peer_allowedips_lookup(wg, address, 4);
	if (peer)
		bpf_wg_peer_put(peer);
	return XDP_PASS;
}

SEC("?xdp")
int puts_twice(struct xdp_md *ctx)
{
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);

	if (!wg)
		return XDP_PASS;
	bpf_wg_device_put(wg);
	bpf_wg_device_put(wg);
	return XDP_PASS;
}

SEC("?xdp")
int takes_device_for_peer(struct xdp_md *ctx)
{
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);

	if (!wg)
		return XDP_PASS;
	bpf_xdp_wg_encrypt(ctx, 0, 64, (void *)wg);
	bpf_wg_device_put(wg);
	return XDP_PASS;
}

SEC("?xdp")
int makes_up_peer(struct xdp_md *ctx)
{
	bpf_xdp_wg_encrypt(ctx, 0, 64, (void *)&address);
	return XDP_PASS;
}

SEC("?xdp")
int makes_up_pointer(struct xdp_md *ctx)
{
	bpf_xdp_wg_encrypt(ctx, 0, 64, (void *)stored);
	return XDP_PASS;
}

/* A peer that is reached through memory is not one that a lookup returned. */
SEC("?xdp")
int walks_to_device(struct xdp_md *ctx)
{
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);

	if (!wg)
		return XDP_PASS;
	bpf_wg_peer_hashtable_lookup((void *)wg->dev, 1);
	bpf_wg_device_put(wg);
	return XDP_PASS;
}

SEC("?xdp")
int writes_to_peer(struct xdp_md *ctx)
{
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);
	struct wg_peer *peer;

	if (!wg)
		return XDP_PASS;
	peer = bpf_wg_peer_allowedips_lookup(wg, address, 4);
	bpf_wg_device_put(wg);
	if (!peer)
		return XDP_PASS;
	*(volatile __u64 *)peer = 0;
	bpf_wg_peer_put(peer);
	return XDP_PASS;
}

SEC("?xdp")
int makes_up_context(struct xdp_md *ctx)
{
	struct wg_device *wg =
		bpf_xdp_wg_device_get_by_index((void *)address, ctx->ingress_ifindex);

	if (wg)
		bpf_wg_device_put(wg);
	return XDP_PASS;
}

SEC("?xdp")
int address_too_small(struct xdp_md *ctx)
{
	__u8 small[4] = {};
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);
	struct wg_peer *peer;

	if (!wg)
		return XDP_PASS;
	peer = bpf_wg_peer_allowedips_lookup(wg, small, 16);
	if (peer)
		bpf_wg_peer_put(peer);
	bpf_wg_device_put(wg);
	return XDP_PASS;
}

SEC("?xdp")
int block_too_small(struct xdp_md *ctx)
{
	__u8 small[32] = {};
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);
	struct wg_peer *peer;

	if (!wg)
		return XDP_PASS;
	peer = bpf_wg_peer_allowedips_lookup(wg, address, 16);
	bpf_wg_device_put(wg);
	if (!peer)
		return XDP_PASS;
	bpf_xdp_wg_peek(ctx, 0, 64, peer, (void *)small);
	bpf_wg_peer_put(peer);
	return small[0];
}

SEC("?xdp")
int route_too_small(struct xdp_md *ctx)
{
	__u8 small[32] = {};
	struct wg_device *wg = bpf_xdp_wg_device_get_by_index(ctx, ifindex);
	struct wg_peer *peer;

	if (!wg)
		return XDP_PASS;
	peer = bpf_wg_peer_allowedips_lookup(wg, address, 16);
	bpf_wg_device_put(wg);
	if (!peer)
		return XDP_PASS;
	bpf_wg_peer_route(peer, (void *)small, sizeof(struct bpf_wg_route));
	bpf_wg_peer_put(peer);
	return small[0];
}

/*
 * Callbacks, which run later: a timer's in softirq, a work item's in process context, where
 * softirqs come in between. What belongs to the packet that is being processed is not theirs.
 */
struct later {
	struct bpf_wq work;
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct later);
} later SEC(".maps");

extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq,
				    int (*callback)(void *map, int *key, void *value),
				    unsigned int flags, void *aux__ign) __ksym;

#define LATER(name, call)                                                                          \
	static int name##_callback(void *map, int *key, void *value)                               \
	{                                                                                          \
		(void)map;                                                                         \
		(void)key;                                                                         \
		(void)value;                                                                       \
		stored = call;                                                                     \
		return 0;                                                                          \
	}                                                                                          \
                                                                                                   \
	SEC("?xdp")                                                                                \
	int name##_in_work(struct xdp_md *ctx)                                                     \
	{                                                                                          \
		int key = 0;                                                                       \
		struct later *value = bpf_map_lookup_elem(&later, &key);                           \
                                                                                                   \
		(void)ctx;                                                                         \
		if (value && !bpf_wq_init(&value->work, &later, 0))                                \
			bpf_wq_set_callback_impl(&value->work, name##_callback, 0, NULL);          \
		return XDP_PASS;                                                                   \
	}                                                                                          \
                                                                                                   \
	SEC("?xdp")                                                                                \
	int name##_in_timer(struct xdp_md *ctx)                                                    \
	{                                                                                          \
		int key = 0;                                                                       \
		struct later *value = bpf_map_lookup_elem(&later, &key);                           \
                                                                                                   \
		(void)ctx;                                                                         \
		if (value && !bpf_timer_init(&value->timer, &later, 1))                            \
			bpf_timer_set_callback(&value->timer, name##_callback);                    \
		return XDP_PASS;                                                                   \
	}

LATER(good, *key)
LATER(hands_over, bpf_xdp_wg_stream_hand_over(value))
LATER(takes_over, bpf_xdp_wg_stream_take_over(value, stored))
LATER(finds_device, bpf_xdp_wg_egress(value, ifindex))
LATER(makes_up_peer, bpf_wg_ip_ident(value, 1, 2))

/* Programs of one kind that call a kfunc of the other kind, with their own context. */
#define OTHER_KIND(section, name, context, call)                                                   \
	SEC(section)                                                                               \
	int name(struct context *ctx)                                                              \
	{                                                                                          \
		return call;                                                                       \
	}

OTHER_KIND("?xdp", xdp_calls_skb_checksum, xdp_md, bpf_skb_checksum((void *)ctx, 0, 14, 0))
OTHER_KIND("?xdp", xdp_calls_skb_egress, xdp_md, bpf_skb_wg_egress((void *)ctx, 1))
OTHER_KIND("?xdp", xdp_calls_skb_headroom, xdp_md, bpf_skb_wg_headroom((void *)ctx) > 0)
OTHER_KIND("?xdp", xdp_calls_skb_move, xdp_md, bpf_skb_wg_move((void *)ctx, 0, 14, 0))
OTHER_KIND("?tc", skb_calls_xdp_checksum, __sk_buff, bpf_xdp_checksum((void *)ctx, 0, 14, 0))
OTHER_KIND("?tc", skb_calls_xdp_move, __sk_buff, bpf_xdp_wg_move((void *)ctx, 0, 14, 0))
/* A kind that is offered none. */
OTHER_KIND("?cgroup_skb/ingress", cgroup_calls_checksum, __sk_buff,
	   bpf_skb_checksum(ctx, 0, 14, 0) > 0)

char _license[] SEC("license") = "GPL";
