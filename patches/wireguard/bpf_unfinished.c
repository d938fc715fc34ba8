// SPDX-License-Identifier: GPL-2.0
/*
 * What the sender of a frame has left to a device: a checksum, a VLAN tag beside the packet, the
 * segmentation. An XDP program sees nothing of it, and sent on as it is, such a frame would be
 * wrong.
 *
 * It stands in the skb that the frame was made of, and there is a way to that only in veth's own
 * driver. Everywhere else it is known whether something of the kind can be at all.
 */

#include "bpf_internal.h"

#include <linux/cache.h>
#include <linux/if_vlan.h>
#include <net/netdev_rx_queue.h>
#include <net/rtnetlink.h>

/**
 * struct from_skb - what veth gives its programs as a context
 * @xdp: what all drivers give
 * @skb: what the frame was made of, NULL for one that came as an XDP frame
 *
 * It is the driver's own and in no header: see ask_layout().
 */
struct from_skb {
	struct xdp_buff xdp;
	struct sk_buff *skb;
};

enum layout {
	LAYOUT_UNKNOWN,
	LAYOUT_KNOWN,
	LAYOUT_OTHER,
};

static int veth_layout __read_mostly = LAYOUT_UNKNOWN;

static bool is_kind(const struct net_device *dev, const char *kind)
{
	return dev->rtnl_link_ops && !strcmp(dev->rtnl_link_ops->kind, kind);
}

/* The same, spelt out, for every packet. */
static bool is_veth(const struct net_device *dev)
{
	const char *kind;

	if (!dev->rtnl_link_ops)
		return false;
	kind = dev->rtnl_link_ops->kind;
	return kind[0] == 'v' && kind[1] == 'e' && kind[2] == 't' && kind[3] == 'h' && !kind[4];
}

/* The hash that the driver finds in the skb behind a context, or 0. Elsewhere it finds NULL. */
static u32 hash_behind(const struct net_device *dev, struct sk_buff *skb)
{
	struct {
		struct from_skb from;
		void *elsewhere[8];
	} context = { .from.skb = skb };
	enum xdp_rss_hash_type type;
	u32 hash = 0;

	if (dev->xdp_metadata_ops->xmo_rx_hash((struct xdp_md *)&context, &hash, &type))
		return 0;
	return hash;
}

/*
 * Have the driver itself read an skb that is known here, and another: where it finds them is where
 * it keeps them. One that has changed finds NULL there, which it has to expect.
 */
static noinline_for_stack enum layout ask_layout(const struct net_device *dev)
{
	static const u32 hashes[] = { 0x5bd1e995, 0x1b873593 };
	struct sk_buff skb = { .l4_hash = 1 };
	int i;

	if (!dev->xdp_metadata_ops || !dev->xdp_metadata_ops->xmo_rx_hash || hash_behind(dev, NULL))
		return LAYOUT_OTHER;
	for (i = 0; i < ARRAY_SIZE(hashes); i++) {
		skb.hash = hashes[i];
		if (hash_behind(dev, &skb) != hashes[i])
			return LAYOUT_OTHER;
	}
	return LAYOUT_KNOWN;
}

static bool is_layout_known(const struct net_device *dev)
{
	int layout = READ_ONCE(veth_layout);

	if (unlikely(layout == LAYOUT_UNKNOWN)) {
		layout = ask_layout(dev);
		WRITE_ONCE(veth_layout, layout);
	}
	return layout == LAYOUT_KNOWN;
}

/* Generic XDP, and test runs of programs, go by the queues that every device has. */
static bool is_device_queue(const struct net_device *dev, const struct xdp_rxq_info *rxq)
{
	const struct netdev_rx_queue *queue = container_of(rxq, struct netdev_rx_queue, xdp_rxq);

	return queue >= dev->_rx && queue < dev->_rx + dev->num_rx_queues;
}

/*
 * What the other end of a pair may have left undone: @sum if that can be a checksum, @otherwise if
 * it can be nothing, or there is no other end.
 */
static int peer_unfinished(struct net_device *dev, int sum, int otherwise)
{
	netdev_features_t left = 0;
	struct net_device *peer;

	if (!dev->netdev_ops->ndo_get_peer_dev)
		return otherwise;
	rcu_read_lock();
	peer = dev->netdev_ops->ndo_get_peer_dev(dev);
	if (peer)
		left = READ_ONCE(peer->features);
	rcu_read_unlock();
	if (left & (NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_STAG_TX))
		return BPF_WG_UNFINISHED_TAG;
	return left & (NETIF_F_CSUM_MASK | NETIF_F_SCTP_CRC) ? sum : otherwise;
}

static int skb_unfinished(struct sk_buff *skb, const struct xdp_buff *xdp,
			  struct bpf_wg_unfinished *unfinished)
{
	s64 start, field;

	if (skb_vlan_tag_present(skb))
		return BPF_WG_UNFINISHED_TAG;
	if (skb_is_gso(skb))
		return BPF_WG_UNFINISHED_SEGMENTS;
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return BPF_WG_FINISHED;
	start = skb->head + skb->csum_start - (u8 *)xdp->data;
	field = start + skb->csum_offset;
	if (skb_csum_is_sctp(skb) || start < 0 ||
	    field + sizeof(__sum16) > xdp->data_end - xdp->data || field > U16_MAX)
		return BPF_WG_UNFINISHED_OTHER;
	unfinished->start = start;
	unfinished->field = field;
	return BPF_WG_UNFINISHED_SUM;
}

static int veth_unfinished(struct net_device *dev, const struct xdp_buff *xdp,
			   struct bpf_wg_unfinished *unfinished)
{
	struct sk_buff *skb;

	if (unlikely(!is_layout_known(dev)))
		return peer_unfinished(dev, BPF_WG_UNSEEN, BPF_WG_UNSEEN);
	skb = container_of(xdp, struct from_skb, xdp)->skb;
	/* Whoever has made an XDP frame of an skb has lost what was said of it. */
	return likely(skb) ? skb_unfinished(skb, xdp, unfinished) : BPF_WG_UNSEEN;
}

/*
 * In generic XDP nothing is seen of the skb. By the time that a device gets it from one below, a
 * tag is beside it, whatever the offloads. Who writes to a tap says where the checksum is to go,
 * and that may be anywhere.
 */
static int generic_unfinished(struct net_device *dev, const struct xdp_buff *xdp)
{
	if (xdp_get_shared_info_from_buff(xdp)->gso_size)
		return BPF_WG_UNFINISHED_SEGMENTS;
	if (!list_empty(&dev->adj_list.lower) && !is_vlan_dev(dev))
		return BPF_WG_UNFINISHED_TAG;
	if (is_kind(dev, "tun"))
		return BPF_WG_UNFINISHED_OTHER;
	return peer_unfinished(dev, BPF_WG_UNFINISHED_OTHER, BPF_WG_UNSEEN_SKB);
}

/* Xen's network takes over what the other end has left, and looks at that behind XDP only. */
static bool is_xen(const struct net_device *dev)
{
	const struct device *parent = dev->dev.parent;

	return parent && parent->bus && !strcmp(parent->bus->name, "xen");
}

int wg_bpf_unfinished(const struct xdp_buff *xdp, struct net_device *dev,
		      struct bpf_wg_unfinished *unfinished, u32 size)
{
	if (size != sizeof(*unfinished))
		return -EINVAL;
	if (!dev)
		return -ENODEV;
	/*
	 * The context is that of veth's driver if its queue has the NAPI instance that polls it,
	 * also while the driver takes it apart. No other queue of a veth has one: not those that
	 * every device has, that of a test run with live frames, of a cpumap or of a devmap.
	 */
	if (xdp->rxq->napi_id && is_veth(dev))
		return veth_unfinished(dev, xdp, unfinished);
	if (is_device_queue(dev, xdp->rxq))
		return generic_unfinished(dev, xdp);
	if (is_veth(dev) || !xdp_rxq_info_is_reg(xdp->rxq))
		return peer_unfinished(dev, BPF_WG_UNSEEN, BPF_WG_UNSEEN);
	return is_kind(dev, "tun") || is_xen(dev) ? BPF_WG_UNSEEN : BPF_WG_FINISHED;
}
