// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a frame between a port and the device that IP knows, above it, and what stands before
 * the packet at the port. The stack hands a packet from device to device; an XDP frame takes all of
 * the way at once, and so must have what each of them would have done.
 */

#include "bpf_internal.h"

#include <linux/if_vlan.h>
#include <net/devlink.h>
#include <net/dsa.h>

/* As many as struct bpf_wg_egress and struct bpf_wg_ingress have. */
#define TAGS_MAX 2

#if IS_ENABLED(CONFIG_VLAN_8021Q)

static struct net_device *below(const struct net_device *dev)
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

static struct net_device *below(const struct net_device *dev)
{
	return NULL;
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

/*
 * The port or device that a bridge sends a frame to, or NULL. What may be in a frame of the bridge
 * must be so there; and who counts the frame later has to find the same way from the port.
 */
static const struct net_device *below_bridge(const struct net_device *bridge, const void *mac,
					     u32 mtu)
{
	const struct net_device *dev = wg_bpf_bridge_out(bridge, mac), *port = dev;

	if (!dev || mtu > READ_ONCE(dev->mtu))
		return NULL;
	while (is_vlan_dev(port))
		port = below(port);
	return port == dev || wg_bpf_bridge_member(bridge, port) == dev ? dev : NULL;
}

/**
 * wg_bpf_path - find the port of a device that is none itself
 * @dev: the device of a route, which can transmit
 * @path: set to the devices below it
 * @egress: whom the frame is sent to; set to the port and the tags, if there is one
 *
 * The redirect of an XDP frame goes by the MTU of the port, with one tag beyond it, and drops what
 * is larger. So must be all that @dev may send.
 *
 * Context: under RCU, with bottom halves off.
 * Return: 0; -ENETDOWN when a frame would not leave there as the stack's packet does; -EBUSY when a
 * bridge on the way is to see it, or another one is behind.
 */
int wg_bpf_path(const struct net_device *dev, struct wg_bpf_path *path,
		struct bpf_wg_egress *egress)
{
	const struct net *net = dev_net(dev);
	struct bpf_wg_egress found = *egress;
	u32 mtu = READ_ONCE(dev->mtu);
	unsigned int count = 0, tags = 0;

	path->bridge = NULL;
	for (;; path->below[count++] = dev) {
		if (is_vlan_dev(dev)) {
			if (tags == TAGS_MAX || note_tag(dev, &found, tags++))
				return -ENETDOWN;
			dev = below(dev);
		} else if (netif_is_bridge_master(dev)) {
			if (path->bridge)
				return -EBUSY;
			path->bridge = dev;
			dev = below_bridge(dev, found.dmac, mtu);
			if (!dev)
				return -EBUSY;
		} else {
			break;
		}
		if (!wg_bpf_transmits(dev) || !net_eq(dev_net(dev), net))
			return -ENETDOWN;
	}
	if (!count || !wg_bpf_transmits_xdp(dev) ||
	    mtu + (tags ? tags - 1 : 0) * VLAN_HLEN > READ_ONCE(dev->mtu))
		return -ENETDOWN;
	path->count = count;
	found.ifindex = dev->ifindex;
	*egress = found;
	return 0;
}

/*
 * The device below one, on the way to a port, or NULL if it is not above that. A bridge has many,
 * and those who have asked about the way have seen to it that there is one for the port.
 */
static struct net_device *toward(const struct net_device *dev, const struct net_device *port)
{
	if (is_vlan_dev(dev))
		return below(dev);
	return netif_is_bridge_master(dev) ? wg_bpf_bridge_member(dev, port) : NULL;
}

/*
 * By how much the tags of the devices above a bridge make a frame longer to it: the outermost is
 * mostly @beside the packet, and not a part of what it counts.
 */
static u32 tags_at_bridge(unsigned int tags, bool beside)
{
	return (beside && tags ? tags - 1 : tags) * VLAN_HLEN;
}

/* Whether a tag is still beside a packet that is handed down to a device. */
static bool keeps_beside(const struct net_device *dev)
{
	return READ_ONCE(dev->features) & NETIF_F_HW_VLAN_CTAG_TX &&
	       READ_ONCE(dev->features) & NETIF_F_HW_VLAN_STAG_TX;
}

int wg_bpf_sent(struct net *net, u32 ifindex, u32 port, u32 length)
{
	struct net_device *dev = net ? dev_get_by_index_rcu(net, ifindex) : NULL;
	const struct net_device *out;
	unsigned int tags = 0;
	int count;

	for (count = 0; dev && READ_ONCE(dev->ifindex) != port; count++) {
		if (is_vlan_dev(dev)) {
			count_sent(dev, length + VLAN_HLEN * tags++);
			dev = below(dev);
		} else if (netif_is_bridge_master(dev)) {
			dev_sw_netstats_tx_add(dev, 1,
					       length + tags_at_bridge(tags, keeps_beside(dev)));
			out = dev_get_by_index_rcu(net, port);
			dev = out ? wg_bpf_bridge_member(dev, out) : NULL;
		} else {
			break;
		}
	}
	return count;
}

/*
 * Whether the frames that a device takes from one below it may come in by it unseen: it is up, and
 * has no program of its own, be it generic XDP's or the datapath's, which would decide about the
 * same packets once more.
 */
static bool takes_in(const struct net_device *dev)
{
	return READ_ONCE(dev->flags) & IFF_UP && !rcu_access_pointer(dev->xdp_prog) &&
	       !wg_bpf_has_own_program(dev);
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

/**
 * struct climb - a frame on its way from the port that received it to the device that IP knows
 * @dev: where it is
 * @port: where it began
 * @addresses: its MAC addresses, destination and source
 * @own: whether it is addressed to one of the devices
 * @bridged: whether it has come by a bridge
 * @learns: whether that learns from it
 */
struct climb {
	struct net_device *dev;
	struct net_device *port;
	const u8 *addresses;
	bool own;
	bool bridged;
	bool learns;
};

static bool is_to(const struct net_device *dev, const u8 *addresses)
{
	return dev->type == ARPHRD_ETHER && ether_addr_equal_unaligned(dev->dev_addr, addresses);
}

/*
 * Whether a switch may have forwarded frames from this port by itself, and says so in their skbs.
 * What generic XDP sends on would still say that, which a bridge clears; a tc program clears it.
 */
static bool is_marked_by_switch(const struct net_device *dev)
{
	if (likely(!rcu_access_pointer(dev->xdp_prog)))
		return false;
#if IS_ENABLED(CONFIG_NET_DEVLINK)
	if (dev->devlink_port && dev->devlink_port->switch_port)
		return true;
#endif
	return dev->netdev_ops->ndo_get_port_parent_id;
}

/*
 * Hand a frame to the bridge that the device belongs to. What is addressed to another than the
 * bridge itself is the stack's, or goes on to another port. Return: 0, -ENXIO for such a frame,
 * -EBUSY if the bridge is to see it.
 */
static int to_bridge(struct climb *climb)
{
	struct net_device *bridge = netdev_master_upper_dev_get_rcu(climb->dev);

	if (climb->bridged || !bridge || !netif_is_bridge_master(bridge) ||
	    is_marked_by_switch(climb->port))
		return -EBUSY;
	climb->own = is_to(bridge, climb->addresses);
	if (!climb->own)
		return -ENXIO;
	if (!takes_in(bridge) || wg_bpf_bridge_member(bridge, climb->port) != climb->dev ||
	    !wg_bpf_bridge_in(bridge, climb->dev, climb->addresses + ETH_ALEN, &climb->learns))
		return -EBUSY;
	climb->bridged = true;
	climb->dev = bridge;
	return 0;
}

/*
 * Take a tag off. The device may have a VLAN device for it, or else the bridge that it belongs to.
 * A tag that names no VLAN, and is the first, is taken off without one, unless a bridge or somebody
 * else has the frame before.
 */
static int untag(struct climb *climb, __be16 proto, u16 id, bool first)
{
	struct net_device *vlan = above(climb->dev, proto, id);
	int ret;

	if (!vlan && netif_is_bridge_port(climb->dev)) {
		ret = to_bridge(climb);
		if (ret)
			return ret;
		vlan = above(climb->dev, proto, id);
	}
	if (!vlan)
		return id || !first || climb->bridged || rcu_access_pointer(climb->dev->rx_handler)
			       ? -ENODEV
			       : 0;
	if (!net_eq(dev_net(vlan), dev_net(climb->port)) || !takes_in(vlan) || !only_untags(vlan))
		return -ENODEV;
	climb->own |= is_to(vlan, climb->addresses);
	climb->dev = vlan;
	return 0;
}

static int climb_up(struct climb *climb, const struct bpf_wg_ingress *ingress)
{
	int ret;

	for (int i = 0; i < ARRAY_SIZE(ingress->tag_proto); i++) {
		/* A program may have it in memory that others write. */
		__be16 proto = READ_ONCE(ingress->tag_proto[i]);
		u16 id = ntohs(READ_ONCE(ingress->tag_tci[i])) & VLAN_VID_MASK;

		if (!proto)
			break;
		if (!eth_type_vlan(proto))
			return -EINVAL;
		ret = untag(climb, proto, id, !i);
		if (ret)
			return ret;
	}
	return netif_is_bridge_port(climb->dev) ? to_bridge(climb) : 0;
}

/*
 * A frame is for this host if it is addressed to any device of its way, from a bridge on: see
 * vlan_do_receive(). @in is the one that received it, or NULL, and @in_frame tells that XDP did,
 * which sees all tags there.
 */
int wg_bpf_ingress(struct net_device *in, const void *addresses, u32 size, bool in_frame,
		   struct bpf_wg_ingress *ingress)
{
	struct climb climb = { .dev = in, .port = in, .addresses = addresses };
	int ret;

	if (size != 2 * ETH_ALEN)
		return -EINVAL;
	/* The tag of a switch may look like one of a VLAN. */
	if (!in || netdev_uses_dsa(in) || (in_frame && takes_tags_off(in)) ||
	    (is_vlan_dev(in) && !only_untags(in)))
		return -ENODEV;
	climb.own = is_to(in, addresses);
	ret = climb_up(&climb, ingress);
	if (ret)
		return ret == -ENXIO ? 0 : ret;
	ingress->ifindex = READ_ONCE(climb.dev->ifindex);
	ingress->learns = climb.learns;
	return climb.own;
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
	unsigned int count = 0, tags = 0;

	path->bridge = NULL;
	while (dev != port) {
		if (netif_is_bridge_master(dev))
			path->bridge = dev;
		else if (tags++ == TAGS_MAX)
			return -ENODEV;
		dev = toward(dev, port);
		if (!dev || count == ARRAY_SIZE(path->below))
			return -ENODEV;
		path->below[count++] = dev;
	}
	path->count = count;
	return 0;
}

int wg_bpf_received(const struct net_device *port, u32 ifindex, u32 length)
{
	struct net_device *dev = port ? dev_get_by_index_rcu(dev_net(port), ifindex) : NULL;
	unsigned int tags = 0;
	int count;

	for (count = 0; dev && dev != port; count++) {
		if (is_vlan_dev(dev))
			count_received(dev, length + VLAN_HLEN * tags++);
		else if (netif_is_bridge_master(dev))
			dev_sw_netstats_rx_add(dev, length + tags_at_bridge(tags, true));
		else
			break;
		dev = toward(dev, port);
	}
	return count;
}
