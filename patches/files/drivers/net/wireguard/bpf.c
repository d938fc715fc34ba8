// SPDX-License-Identifier: GPL-2.0
/*
 * Lookups of devices and peers for BPF programs, and the registration of all kfuncs.
 */

#include "bpf.h"
#include "allowedips.h"
#include "peerlookup.h"

#include <linux/module.h>

/* The WireGuard device to hand out for @dev, if the packets of @net may use it now. */
static struct wg_device *usable_device(struct wg_device *wg, const struct net *net)
{
	if (!wg || !net_eq(dev_net(wg->dev), net) || !netif_running(wg->dev))
		return NULL;
	return wg;
}

static struct wg_device *device_by_index(struct net *net, u32 ifindex)
{
	struct net_device *dev = dev_get_by_index_rcu(net, ifindex);

	return dev ? usable_device(wg_device_from_netdev(dev), net) : NULL;
}

__bpf_kfunc_start_defs();

/**
 * bpf_xdp_wg_device_get_by_index - find the WireGuard device that a route leaves by
 * @xdp_ctx: the packet, whose receiving device tells the network namespace
 * @ifindex: interface index
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: the device, to be released with bpf_wg_device_put(), or NULL when @ifindex is no
 * WireGuard device of the namespace or is down.
 */
__bpf_kfunc struct wg_device *bpf_xdp_wg_device_get_by_index(struct xdp_md *xdp_ctx, __u32 ifindex)
{
	return device_by_index(dev_net(wg_bpf_xdp_dev(xdp_ctx)), ifindex);
}

/**
 * bpf_skb_wg_device_get_by_index - like bpf_xdp_wg_device_get_by_index(), for tc
 * @skb_ctx: the packet
 * @ifindex: interface index
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: the device, to be released with bpf_wg_device_put(), or NULL.
 */
__bpf_kfunc struct wg_device *bpf_skb_wg_device_get_by_index(struct __sk_buff *skb_ctx,
							     __u32 ifindex)
{
	return device_by_index(dev_net(wg_bpf_skb_dev(skb_ctx)), ifindex);
}

/**
 * bpf_xdp_wg_device_get_by_port - find the WireGuard device that a datagram is for
 * @xdp_ctx: the packet, whose receiving device tells the network namespace
 * @port: UDP destination port, host byte order
 *
 * Only a device whose socket and whose interface are both in the packet's namespace is found: one
 * that was created elsewhere and moved here receives its outer packets there.
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: the device, to be released with bpf_wg_device_put(), or NULL when none listens there.
 */
__bpf_kfunc struct wg_device *bpf_xdp_wg_device_get_by_port(struct xdp_md *xdp_ctx, __u16 port)
{
	const struct net *net = dev_net(wg_bpf_xdp_dev(xdp_ctx));

	return usable_device(wg_device_lookup_port(net, port), net);
}

/**
 * bpf_skb_wg_device_get_by_port - like bpf_xdp_wg_device_get_by_port(), for tc
 * @skb_ctx: the packet
 * @port: UDP destination port, host byte order
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock.
 * Return: the device, to be released with bpf_wg_device_put(), or NULL when none listens there.
 */
__bpf_kfunc struct wg_device *bpf_skb_wg_device_get_by_port(struct __sk_buff *skb_ctx, __u16 port)
{
	const struct net *net = dev_net(wg_bpf_skb_dev(skb_ctx));

	return usable_device(wg_device_lookup_port(net, port), net);
}

/**
 * bpf_wg_peer_allowedips_lookup - find the peer that an inner address belongs to
 * @wg: the device
 * @addr: IPv4 or IPv6 address, network byte order: the destination to send, the source to validate
 * @addr__sz: 4 or 16, which tells the family
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock and no reference count.
 * Return: the peer, to be released with bpf_wg_peer_put(), or NULL when there is none, when it is
 * being removed, or when @addr__sz is no address's.
 */
__bpf_kfunc struct wg_peer *bpf_wg_peer_allowedips_lookup(struct wg_device *wg, const void *addr,
							  __u32 addr__sz)
{
	if (addr__sz != sizeof(struct in_addr) && addr__sz != sizeof(struct in6_addr))
		return NULL;
	return wg_allowedips_lookup_rcu(&wg->peer_allowedips, addr__sz * BITS_PER_BYTE, addr);
}

/**
 * bpf_wg_peer_hashtable_lookup - find the peer of a received data message
 * @wg: the device
 * @idx: receiver index of the message, as it stands there
 *
 * Context: softirq or bottom halves off, under RCU. Takes no lock and no reference count.
 * Return: the peer, to be released with bpf_wg_peer_put(), or NULL when no keypair has this index
 * (a handshake's index does not count) or its peer is being removed.
 */
__bpf_kfunc struct wg_peer *bpf_wg_peer_hashtable_lookup(struct wg_device *wg, __le32 idx)
{
	struct index_hashtable_entry *entry;
	struct wg_peer *peer;

	entry = wg_index_hashtable_lookup_rcu(wg->index_hashtable, INDEX_HASHTABLE_KEYPAIR, idx);
	if (!entry)
		return NULL;
	/* wg_index_hashtable_lookup() clears it when it finds the last reference gone. */
	peer = READ_ONCE(entry->peer);
	return peer && !READ_ONCE(peer->is_dead) ? peer : NULL;
}

/**
 * bpf_wg_device_put - end the use of a device
 * @wg: what a bpf_*_wg_device_get_by_*() returned
 *
 * RCU keeps the device for the program's run, so there is nothing to count down.
 *
 * Context: any.
 */
__bpf_kfunc void bpf_wg_device_put(struct wg_device *wg)
{
}

/**
 * bpf_wg_peer_put - end the use of a peer
 * @peer: what a bpf_wg_peer_*_lookup() returned
 *
 * RCU keeps the peer for the program's run, so there is nothing to count down.
 *
 * Context: any.
 */
__bpf_kfunc void bpf_wg_peer_put(struct wg_peer *peer)
{
}

__bpf_kfunc_end_defs();

/*
 * Those that take no packet are for both kinds of program. A set holds only one kind's contexts: to
 * the other kind's verifier a context is plain memory, which a program could make up.
 */
#define COMMON_KFUNCS                                                                              \
	BTF_ID_FLAGS(func, bpf_wg_peer_allowedips_lookup,                                          \
		     KF_ACQUIRE | KF_RET_NULL | KF_TRUSTED_ARGS)                                   \
	BTF_ID_FLAGS(func, bpf_wg_peer_hashtable_lookup,                                           \
		     KF_ACQUIRE | KF_RET_NULL | KF_TRUSTED_ARGS)                                   \
	BTF_ID_FLAGS(func, bpf_wg_endpoint_tuple_get, KF_TRUSTED_ARGS)                             \
	BTF_ID_FLAGS(func, bpf_wg_endpoint_match, KF_TRUSTED_ARGS)                                 \
	BTF_ID_FLAGS(func, bpf_wg_peer_route, KF_TRUSTED_ARGS)                                     \
	BTF_ID_FLAGS(func, bpf_wg_ip_ident, KF_TRUSTED_ARGS)                                       \
	BTF_ID_FLAGS(func, bpf_wg_device_put, KF_RELEASE)                                          \
	BTF_ID_FLAGS(func, bpf_wg_peer_put, KF_RELEASE)

BTF_KFUNCS_START(wg_xdp_kfuncs)
COMMON_KFUNCS
BTF_ID_FLAGS(func, bpf_xdp_wg_device_get_by_index, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_xdp_wg_device_get_by_port, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_xdp_wg_flow_validate)
BTF_ID_FLAGS(func, bpf_xdp_wg_own_mac)
BTF_ID_FLAGS(func, bpf_xdp_wg_egress)
BTF_ID_FLAGS(func, bpf_xdp_wg_neigh_probe)
BTF_ID_FLAGS(func, bpf_xdp_wg_peek, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_xdp_wg_encrypt, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_xdp_wg_decrypt, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_xdp_wg_move)
BTF_ID_FLAGS(func, bpf_xdp_checksum)
BTF_KFUNCS_END(wg_xdp_kfuncs)

BTF_KFUNCS_START(wg_skb_kfuncs)
COMMON_KFUNCS
BTF_ID_FLAGS(func, bpf_skb_wg_device_get_by_index, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_skb_wg_device_get_by_port, KF_ACQUIRE | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_skb_wg_flow_validate)
BTF_ID_FLAGS(func, bpf_skb_wg_own_mac)
BTF_ID_FLAGS(func, bpf_skb_wg_egress)
BTF_ID_FLAGS(func, bpf_skb_wg_neigh_probe)
BTF_ID_FLAGS(func, bpf_skb_wg_peek, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_wg_encrypt, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_wg_decrypt, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, bpf_skb_checksum)
BTF_KFUNCS_END(wg_skb_kfuncs)

static const struct btf_kfunc_id_set xdp_set = {
	.owner = THIS_MODULE,
	.set = &wg_xdp_kfuncs,
};

static const struct btf_kfunc_id_set skb_set = {
	.owner = THIS_MODULE,
	.set = &wg_skb_kfuncs,
};

/**
 * wg_bpf_init - register the kfuncs
 *
 * They go with the module; programs that use them hold a reference to it.
 *
 * Return: 0, or a negative errno, -ENOENT when the module was built without BTF.
 */
int __init wg_bpf_init(void)
{
	int ret;

	ret = register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &xdp_set);
	return ret ?: register_btf_kfunc_id_set(BPF_PROG_TYPE_SCHED_CLS, &skb_set);
}
