// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a frame from the device of a route down to the port that it leaves by, and what stands
 * before its packet there. The stack hands a packet from device to device; an XDP frame takes all
 * of the way at once, and so must have what each of them would have done.
 */

#include "bpf_internal.h"

#include <linux/if_vlan.h>

#if IS_ENABLED(CONFIG_VLAN_8021Q)

static const struct net_device *below(const struct net_device *dev)
{
	return vlan_dev_priv(dev)->real_dev;
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

#else /* CONFIG_VLAN_8021Q: there are no such devices. */

static const struct net_device *below(const struct net_device *dev)
{
	return dev;
}

static int note_tag(const struct net_device *dev, struct bpf_wg_egress *egress, int tag)
{
	return -ENETDOWN;
}

static void count_sent(const struct net_device *dev, u32 length)
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
