// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a frame between a port and the device that IP knows, above it, and what stands before
 * the packet at the port. The stack hands a packet from device to device; an XDP frame takes all of
 * the way at once, and so must have what each of them would have done.
 */

#include "bpf_internal.h"

#include <linux/if_vlan.h>
#include <net/dsa.h>

#if IS_ENABLED(CONFIG_VLAN_8021Q)

static const struct net_device *below(const struct net_device *dev)
{
	return vlan_dev_priv(dev)->real_dev;
}

/*
 * The VLAN device that the stack hands a frame with a tag to, or NULL. What is on a bridge or bond
 * that @dev belongs to is not what it asks for at @dev.
 */
static struct net_device *above(struct net_device *dev, __be16 proto, u16 id)
{
	struct net_device *vlan;

	rcu_read_lock();
	vlan = __vlan_find_dev_deep_rcu(dev, proto, id);
	rcu_read_unlock();
	return vlan && below(vlan) == dev ? vlan : NULL;
}

/*
 * Whether a VLAN device does no more with a frame than to take its tag off. A priority that it
 * gives to the packet would be seen by rules.
 */
static bool only_untags(const struct net_device *dev)
{
	const struct vlan_dev_priv *vlan = vlan_dev_priv(dev);

	return READ_ONCE(vlan->flags) & VLAN_FLAG_REORDER_HDR &&
	       !READ_ONCE(vlan->nr_ingress_mappings);
}

/*
 * Note the tag of a VLAN device, if it is the same for all packets and stands where tags do. A
 * priority goes by that of the packet, which a frame does not have. Without VLAN_FLAG_REORDER_HDR,
 * the stack writes tags with the Ethernet header, and a second one before or behind the first.
 */
static int note_tag(const struct net_device *dev, struct bpf_wg_egress *egress, int tag)
{
	const struct vlan_dev_priv *vlan = vlan_dev_priv(dev);

	if (READ_ONCE(vlan->nr_egress_mappings) ||
	    !(READ_ONCE(vlan->flags) & VLAN_FLAG_REORDER_HDR))
		return -ENETDOWN;
	egress->tag_proto[tag] = vlan->vlan_proto;
	egress->tag_tci[tag] = htons(vlan->vlan_id);
	return 0;
}

static void count_sent(const struct net_device *dev, u32 length)
{
	struct vlan_pcpu_stats *stats = this_cpu_ptr(vlan_dev_priv(dev)->vlan_pcpu_stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->tx_packets);
	u64_stats_add(&stats->tx_bytes, length);
	u64_stats_update_end(&stats->syncp);
}

static void count_received(const struct net_device *dev, u32 length)
{
	struct vlan_pcpu_stats *stats = this_cpu_ptr(vlan_dev_priv(dev)->vlan_pcpu_stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->rx_packets);
	u64_stats_add(&stats->rx_bytes, length);
	u64_stats_update_end(&stats->syncp);
}

#else /* CONFIG_VLAN_8021Q: there are no such devices. */

static const struct net_device *below(const struct net_device *dev)
{
	return dev;
}

static struct net_device *above(struct net_device *dev, __be16 proto, u16 id)
{
	return NULL;
}

static bool only_untags(const struct net_device *dev)
{
	return false;
}

static int note_tag(const struct net_device *dev, struct bpf_wg_egress *egress, int tag)
{
	return -ENETDOWN;
}

static void count_sent(const struct net_device *dev, u32 length)
{
}

static void count_received(const struct net_device *dev, u32 length)
{
}

#endif /* CONFIG_VLAN_8021Q */

/**
 * wg_bpf_path - find the port of a device that is none itself
 * @dev: the device of a route, which can transmit
 * @path: set to the devices below it
 * @egress: set to the port and the tags, if there is one
 *
 * The redirect of an XDP frame goes by the MTU of the port, with one tag beyond it, and drops what
 * is larger. So must be all that @dev may send.
 *
 * Context: under RCU.
 * Return: 0, or -ENETDOWN when a frame would not leave there as the stack's packet does.
 */
int wg_bpf_path(const struct net_device *dev, struct wg_bpf_path *path,
		struct bpf_wg_egress *egress)
{
	const struct net *net = dev_net(dev);
	struct bpf_wg_egress found = {};
	u32 mtu = READ_ONCE(dev->mtu);
	int tags = 0;

	for (; is_vlan_dev(dev); path->below[tags++] = dev) {
		if (tags == ARRAY_SIZE(path->below) || note_tag(dev, &found, tags))
			return -ENETDOWN;
		dev = below(dev);
		if (!wg_bpf_transmits(dev) || !net_eq(dev_net(dev), net))
			return -ENETDOWN;
	}
	if (!tags || !wg_bpf_transmits_xdp(dev) ||
	    mtu + (tags - 1) * VLAN_HLEN > READ_ONCE(dev->mtu))
		return -ENETDOWN;
	path->count = tags;
	found.ifindex = dev->ifindex;
	*egress = found;
	return 0;
}

int wg_bpf_sent(struct net *net, u32 ifindex, u32 length)
{
	const struct net_device *dev = net ? dev_get_by_index_rcu(net, ifindex) : NULL;
	int count = 0;

	for (; dev && is_vlan_dev(dev); dev = below(dev)) {
		count_sent(dev, length);
		length += VLAN_HLEN;
		count++;
	}
	return count;
}

/*
 * Whether the frames that a VLAN device takes may come in by it unseen: it is up, leaves them as
 * they are without the tag, and has no program of its own, be it generic XDP's or the datapath's,
 * which would decide about the same packets once more.
 */
static bool takes_in(const struct net_device *dev)
{
	return READ_ONCE(dev->flags) & IFF_UP && only_untags(dev) &&
	       !rcu_access_pointer(dev->xdp_prog) && !wg_bpf_has_own_program(dev);
}

/*
 * Whether tags may be missing in the frames that XDP sees, since the device has taken the outermost
 * off: then the next one says nothing. At a pair of devices, bpf_xdp_wg_unfinished() knows.
 */
static bool takes_tags_off(const struct net_device *dev)
{
	return !dev->netdev_ops->ndo_get_peer_dev &&
	       READ_ONCE(dev->features) & (NETIF_F_HW_VLAN_CTAG_RX | NETIF_F_HW_VLAN_STAG_RX);
}

/*
 * The device that a frame with a tag comes in by, at @dev: one that is above. A tag that names no
 * VLAN, and is the first, is taken off without one, unless a bridge or its like is asked before.
 */
static struct net_device *untag(struct net_device *dev, __be16 proto, u16 id, bool first)
{
	struct net_device *vlan = above(dev, proto, id);

	if (!vlan)
		return id || !first || rcu_access_pointer(dev->rx_handler) ? NULL : dev;
	return net_eq(dev_net(vlan), dev_net(dev)) && takes_in(vlan) ? vlan : NULL;
}

/*
 * A frame is for this host if it is addressed to any device of its way: see vlan_do_receive(). @in
 * is the one that received it, or NULL, and @in_frame tells that XDP did, which sees all tags
 * there.
 */
int wg_bpf_ingress(struct net_device *in, const void *mac, u32 size, bool in_frame,
		   struct bpf_wg_ingress *ingress)
{
	struct net_device *dev = in;
	int own;

	if (size != ETH_ALEN)
		return -EINVAL;
	/* The tag of a switch may look like one of a VLAN. */
	if (!in || netdev_uses_dsa(in) || (in_frame && takes_tags_off(in)) ||
	    (is_vlan_dev(in) && !only_untags(in)))
		return -ENODEV;
	own = wg_bpf_own_mac(in, mac, size);
	for (int i = 0; i < ARRAY_SIZE(ingress->tag_proto); i++) {
		/* A program may have it in memory that others write. */
		__be16 proto = READ_ONCE(ingress->tag_proto[i]);
		u16 id = ntohs(READ_ONCE(ingress->tag_tci[i])) & VLAN_VID_MASK;

		if (!proto)
			break;
		if (!eth_type_vlan(proto))
			return -EINVAL;
		dev = untag(dev, proto, id, !i);
		if (!dev)
			return -ENODEV;
		own |= wg_bpf_own_mac(dev, mac, size);
	}
	ingress->ifindex = READ_ONCE(dev->ifindex);
	return own;
}

/**
 * wg_bpf_arrival - find the devices that a packet comes by before the one that IP knows
 * @dev: that one
 * @port: the one that received it
 * @path: set to the devices below @dev, @port last
 *
 * Return: 0, or -ENODEV if @port is not below it.
 */
int wg_bpf_arrival(const struct net_device *dev, const struct net_device *port,
		   struct wg_bpf_path *path)
{
	unsigned int count = 0;

	while (dev != port) {
		if (count == ARRAY_SIZE(path->below) || !is_vlan_dev(dev))
			return -ENODEV;
		dev = below(dev);
		path->below[count++] = dev;
	}
	path->count = count;
	return 0;
}

int wg_bpf_received(const struct net_device *port, u32 ifindex, u32 length)
{
	const struct net_device *dev = port ? dev_get_by_index_rcu(dev_net(port), ifindex) : NULL;
	int count = 0;

	for (; dev && dev != port && is_vlan_dev(dev); dev = below(dev)) {
		count_received(dev, length);
		length += VLAN_HLEN;
		count++;
	}
	return count;
}
