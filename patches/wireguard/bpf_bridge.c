// SPDX-License-Identifier: GPL-2.0
/*
 * Bridges on the way between a port and the device that IP knows. Where a MAC address is at home, a
 * bridge tells flowtables, and so everybody. Whether the port there is open, it tells nobody but
 * those who hold RTNL. So that is read where the bridge keeps it.
 *
 * A bridge learns from the frames that it sees, and forgets who has not sent any for long. Frames
 * that go fast it does not see: of each sender one has to come by now and then.
 */

#include "bpf_internal.h"
#include "bpf_memory.h"

#include <linux/hash.h>
#include <linux/if_bridge.h>
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>

/**
 * struct bridge_port - what a bridge keeps of one of its ports, as far as it is of interest
 * @bridge: the bridge's own
 * @dev: the port
 * @tracker: of the reference to it
 * @list: of the bridge's ports
 * @flags: BR_*
 * @vlans: the bridge's own
 * @backup: likewise
 * @backup_nexthop: likewise
 * @priority: that it has in the spanning tree
 * @state: BR_STATE_*
 * @number: of the port
 *
 * No header has it: see is_as_told().
 */
struct bridge_port {
	void *bridge;
	struct net_device *dev;
	netdevice_tracker tracker;
	struct list_head list;
	unsigned long flags;
#ifdef CONFIG_BRIDGE_VLAN_FILTERING
	void *vlans;
#endif
	void *backup;
	u32 backup_nexthop;
	u8 priority;
	u8 state;
	u16 number;
};

/* Whether that is how it is laid out in this kernel. */
static bool layout_known __read_mostly;

/* What a bridge tells of the flags. */
static const struct {
	u8 attribute;
	u32 flag;
} told[] = {
	{ IFLA_BRPORT_MODE, BR_HAIRPIN_MODE },
	{ IFLA_BRPORT_GUARD, BR_BPDU_GUARD },
	{ IFLA_BRPORT_PROTECT, BR_ROOT_BLOCK },
	{ IFLA_BRPORT_FAST_LEAVE, BR_MULTICAST_FAST_LEAVE },
	{ IFLA_BRPORT_LEARNING, BR_LEARNING },
	{ IFLA_BRPORT_UNICAST_FLOOD, BR_FLOOD },
	{ IFLA_BRPORT_PROXYARP, BR_PROXYARP },
	{ IFLA_BRPORT_PROXYARP_WIFI, BR_PROXYARP_WIFI },
	{ IFLA_BRPORT_MCAST_FLOOD, BR_MCAST_FLOOD },
	{ IFLA_BRPORT_MCAST_TO_UCAST, BR_MULTICAST_TO_UNICAST },
	{ IFLA_BRPORT_VLAN_TUNNEL, BR_VLAN_TUNNEL },
	{ IFLA_BRPORT_BCAST_FLOOD, BR_BCAST_FLOOD },
	{ IFLA_BRPORT_NEIGH_SUPPRESS, BR_NEIGH_SUPPRESS },
	{ IFLA_BRPORT_ISOLATED, BR_ISOLATED },
	{ IFLA_BRPORT_LOCKED, BR_PORT_LOCKED },
	{ IFLA_BRPORT_MAB, BR_PORT_MAB },
};

/* What these are about is not a frame that this host takes or sends. */
#define FLAGS_OF_OTHERS                                                                            \
	(BR_HAIRPIN_MODE | BR_BPDU_GUARD | BR_ROOT_BLOCK | BR_MULTICAST_FAST_LEAVE |               \
	 BR_ADMIN_COST | BR_LEARNING | BR_FLOOD | BR_PROMISC | BR_PROXYARP | BR_LEARNING_SYNC |    \
	 BR_PROXYARP_WIFI | BR_MCAST_FLOOD | BR_MULTICAST_TO_UNICAST | BR_BCAST_FLOOD |            \
	 BR_ISOLATED)

/* Read attributes as a bridge writes them, in bytes or in two. Return: the number, or -1. */
static int number_told(const struct nlattr *attribute)
{
	if (!attribute)
		return -1;
	return nla_len(attribute) == sizeof(u8) ? nla_get_u8(attribute) : nla_get_u16(attribute);
}

/* Whether what is read there is what the bridge tells of the port itself. */
static bool is_as_told(const struct bridge_port *port, struct nlattr *const attributes[])
{
	if (READ_ONCE(port->state) != number_told(attributes[IFLA_BRPORT_STATE]) ||
	    port->priority != number_told(attributes[IFLA_BRPORT_PRIORITY]) ||
	    port->number != number_told(attributes[IFLA_BRPORT_NO]))
		return false;
	for (int i = 0; i < ARRAY_SIZE(told); i++)
		if (!!(READ_ONCE(port->flags) & told[i].flag) !=
		    number_told(attributes[told[i].attribute]))
			return false;
	return true;
}

/* Have a bridge tell what it knows of one of its ports, and compare. */
static bool compare_layout(const struct net_device *bridge, const struct net_device *dev)
{
	const struct rtnl_link_ops *ops = bridge->rtnl_link_ops;
	const struct bridge_port *port = rtnl_dereference(dev->rx_handler_data);
	struct nlattr *attributes[IFLA_BRPORT_MAX + 1];
	struct sk_buff *skb;
	bool same = false;

	if (!ops || !ops->get_slave_size || !ops->fill_slave_info || !port ||
	    port->bridge != netdev_priv(bridge) || port->dev != dev)
		return false;
	skb = alloc_skb(ops->get_slave_size(bridge, dev), GFP_KERNEL);
	if (!skb)
		return false;
	if (!ops->fill_slave_info(skb, bridge, dev) &&
	    !nla_parse_deprecated(attributes, IFLA_BRPORT_MAX, (struct nlattr *)skb->data, skb->len,
				  NULL, NULL))
		same = is_as_told(port, attributes);
	kfree_skb(skb);
	return same;
}

/*
 * A port that joins a bridge, or is up: such there are before any frame comes. A state that changes
 * meanwhile is another the second time.
 */
static int see_device(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info), *bridge;

	if ((event != NETDEV_UP && event != NETDEV_CHANGEUPPER) || !netif_is_bridge_port(dev))
		return NOTIFY_DONE;
	bridge = netdev_master_upper_dev_get(dev);
	if (bridge && netif_is_bridge_master(bridge))
		WRITE_ONCE(layout_known,
			   compare_layout(bridge, dev) || compare_layout(bridge, dev));
	return NOTIFY_DONE;
}

static struct notifier_block devices = { .notifier_call = see_device };

/* What the bridge keeps of a port, or NULL if it is not known where. */
static const struct bridge_port *port_data(const struct net_device *dev)
{
	if (!READ_ONCE(layout_known) || !netif_is_bridge_port(dev))
		return NULL;
	return rcu_dereference_bh(dev->rx_handler_data);
}

/* Whether frames take their usual way through a port, which has these flags. */
static bool is_open(const struct bridge_port *port, unsigned long *flags)
{
	if (!port)
		return false;
	*flags = READ_ONCE(port->flags);
	return READ_ONCE(port->state) == BR_STATE_FORWARDING && !(*flags & ~FLAGS_OF_OTHERS);
}

/*
 * The port where an address is at home, or NULL. It depends on more than that where a bridge
 * filters VLANs, which is told.
 */
static const struct net_device *find_home(const struct net_device *bridge, const void *mac,
					  bool *filters)
{
	const struct net_device_ops *ops = bridge->netdev_ops;
	struct net_device_path_ctx ctx = { .dev = bridge };
	struct net_device_path path = {};
	int ret;

	*filters = true;
	if (!ops->ndo_fill_forward_path)
		return NULL;
	memcpy(ctx.daddr, mac, ETH_ALEN);
	rcu_read_lock();
	ret = ops->ndo_fill_forward_path(&ctx, &path);
	rcu_read_unlock();
	*filters = path.bridge.vlan_proto;
	return ret || *filters ? NULL : ctx.dev;
}

/**
 * struct sender - an address whose frames come in by a port of a bridge
 * @mac: that address
 * @dev: the port, for comparison only
 * @passed: when a packet was left to the bridge, in jiffies
 * @flow: which flow that was of, to which peer or from it
 * @slow: whether that flow passes, since what has passed may yet be overtaken
 */
struct sender {
	u64 mac;
	const struct net_device *dev;
	unsigned long passed;
	u32 flow;
	bool slow;
};

#define SENDERS_SETS 1024 /* a power of two */
#define SENDERS_WAYS 4

/*
 * How long a bridge does not see a sender: by default it forgets who has not sent for 300 seconds,
 * or, for as long as the spanning tree changes, for 15. One that is made to forget sooner does, and
 * then the next frame passes.
 */
#define SENDER_HIDES (5 * HZ)

/*
 * A packet that has passed is in WireGuard's queues after that time, and is waited for this long:
 * where the stack cannot keep up with a flow, there is always one, and some are overtaken.
 */
#define SETTLES (HZ / 50 + 1)
#define PATIENCE (HZ / 20)

/*
 * All CPUs read and write it without a lock. What they lose is a packet that passes, or one that
 * does not until the time is over again, or that is overtaken.
 */
static struct sender (*senders)[SENDERS_WAYS];

/* So that nobody outside knows which addresses share a set. */
static u64 senders_seed;

static bool make_senders(void)
{
	struct sender(*sets)[SENDERS_WAYS] = kvcalloc(SENDERS_SETS, sizeof(*sets), GFP_KERNEL);

	senders_seed = get_random_u64();
	/* All of it is zero, and the seed is there, for those who find it. */
	smp_store_release(&senders, sets);
	return sets;
}

static WG_BPF_MEMORY(memory, make_senders);

/* How long ago that was. Another CPU may have written it after this one looked at the time. */
static unsigned long since_passed(const struct sender *sender)
{
	long age = jiffies - READ_ONCE(sender->passed);

	return age > 0 ? age : 0;
}

/* One that is not there is added, but takes no place from others whose time is not over. */
static struct sender *find_sender(u64 mac, const struct net_device *dev)
{
	struct sender *set, *free = NULL;

	/* Pairs with smp_store_release() in make_senders(). */
	set = (struct sender *)smp_load_acquire(&senders);
	if (unlikely(!set)) {
		wg_bpf_memory_ask(&memory);
		return NULL;
	}
	set += hash_64(mac ^ (unsigned long)dev ^ senders_seed, ilog2(SENDERS_SETS)) * SENDERS_WAYS;
	for (int i = 0; i < SENDERS_WAYS; i++) {
		if (READ_ONCE(set[i].mac) == mac && READ_ONCE(set[i].dev) == dev)
			return &set[i];
		if (!READ_ONCE(set[i].mac) || since_passed(&set[i]) >= SENDER_HIDES)
			free = &set[i];
	}
	if (!free)
		return NULL;
	/* So that its time is over, too. */
	WRITE_ONCE(free->passed, jiffies - SENDER_HIDES);
	WRITE_ONCE(free->mac, mac);
	WRITE_ONCE(free->dev, dev);
	return free;
}

/* It is time that a packet passes. Return: whether it is this one. */
static bool take_turn(struct sender *sender, unsigned long passed, u32 flow)
{
	if (cmpxchg(&sender->passed, passed, jiffies) != passed)
		return false;
	WRITE_ONCE(sender->flow, flow);
	WRITE_ONCE(sender->slow, true);
	return true;
}

static bool is_queued(struct wg_peer *peer, bool received)
{
	return received ? wg_bpf_is_receiving(peer) : wg_bpf_is_sending(peer);
}

/*
 * When it is time, the flow of the packet that happens to come passes until all that has passed of
 * it is through. Others go on.
 */
int wg_bpf_bridge_sees(const struct net_device *port, const struct wg_bpf_packet *packet,
		       struct wg_peer *peer, u32 flow, bool received)
{
	u8 address[ETH_ALEN] __aligned(2);
	unsigned long passed, age;
	struct sender *sender;

	if (!port || packet->length < ETH_HLEN)
		return -EINVAL;
	memcpy(address, packet->data + ETH_ALEN, sizeof(address));
	sender = find_sender(ether_addr_to_u64(address), port);
	if (!sender)
		return 1;
	flow ^= hash_64(peer->internal_id << 1 | received, 32);
	passed = READ_ONCE(sender->passed);
	age = since_passed(sender);
	if (age >= SENDER_HIDES)
		return take_turn(sender, passed, flow);
	if (!READ_ONCE(sender->slow) || READ_ONCE(sender->flow) != flow)
		return 0;
	if (age < SETTLES || (age < PATIENCE && is_queued(peer, received)))
		return 1;
	WRITE_ONCE(sender->slow, false);
	return 0;
}

/**
 * wg_bpf_bridge_in - whether a bridge takes a frame for this host as it is
 * @bridge: the bridge
 * @dev: the port of it that the frame comes in by
 * @source: MAC address of the sender
 * @learns: set to whether the bridge would learn from the frame that the sender is there, which it
 *          knows by now
 *
 * Context: under RCU, with bottom halves off.
 */
bool wg_bpf_bridge_in(const struct net_device *bridge, const struct net_device *dev,
		      const u8 *source, bool *learns)
{
	const struct net_device *home;
	u8 sender[ETH_ALEN] __aligned(2);
	unsigned long flags;
	bool filters;

	if (!is_open(port_data(dev), &flags))
		return false;
	memcpy(sender, source, sizeof(sender));
	home = find_home(bridge, sender, &filters);
	*learns = flags & BR_LEARNING;
	return !filters && is_valid_ether_addr(sender) && (!*learns || home == dev);
}

/**
 * wg_bpf_bridge_out - the port of a bridge that a frame of this host leaves by
 * @bridge: the bridge
 * @mac: MAC address that it is sent to
 *
 * Isolated ports and the hairpin mode are about frames of others.
 *
 * Context: under RCU, with bottom halves off.
 * Return: that, or NULL where the bridge would not send it there alone and as it is.
 */
const struct net_device *wg_bpf_bridge_out(const struct net_device *bridge, const void *mac)
{
	const struct net_device *home;
	unsigned long flags;
	bool filters;

	if (!is_valid_ether_addr(mac))
		return NULL;
	home = find_home(bridge, mac, &filters);
	return home && is_open(port_data(home), &flags) ? home : NULL;
}

/**
 * wg_bpf_bridge_member - what of a port is in a bridge
 * @bridge: the bridge
 * @port: the port
 *
 * Context: under RCU, with bottom halves off.
 * Return: @port or the one VLAN device on it that is, or NULL if none is, or several are.
 */
struct net_device *wg_bpf_bridge_member(const struct net_device *bridge,
					const struct net_device *port)
{
	/* The kernel asks for one that it could change, and does not. */
	struct net_device *dev = (struct net_device *)port, *upper, *member = NULL;
	const struct bridge_port *own = port_data(port);
	struct list_head *iter;
	int count = 0;

	if (own && own->bridge == netdev_priv(bridge))
		return dev;
	rcu_read_lock();
	netdev_for_each_upper_dev_rcu(dev, upper, iter) {
		if (!is_vlan_dev(upper) || netdev_master_upper_dev_get_rcu(upper) != bridge)
			continue;
		member = upper;
		count++;
	}
	rcu_read_unlock();
	return count == 1 ? member : NULL;
}

/**
 * wg_bpf_bridge_init - see the ports of bridges from now on
 *
 * Return: 0, or a negative errno.
 */
int __init wg_bpf_bridge_init(void)
{
	return register_netdevice_notifier(&devices);
}

/**
 * wg_bpf_bridge_uninit - the same, undone, and the memory given back
 *
 * No program runs any more: those that use the kfuncs hold the module.
 */
void wg_bpf_bridge_uninit(void)
{
	unregister_netdevice_notifier(&devices);
	wg_bpf_memory_stop(&memory);
	kvfree(senders);
}
