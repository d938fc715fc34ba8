// SPDX-License-Identifier: GPL-2.0
/*
 * The way in, which a BPF program asks about before it touches a packet: would the stack's input
 * path let it through, and does its route have limits of its own. Nothing here changes a packet.
 *
 * Callers have bottom halves off, but drivers need not be in rcu_read_lock() when they run a
 * program. The routing tables want that of their callers, so it is taken around them.
 */

#include "bpf_internal.h"
#include "bpf_memory.h"

#include <linux/hash.h>
#include <linux/inetdevice.h>
#include <linux/percpu.h>
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/nexthop.h>
#include <net/route.h>

/**
 * struct flow_cache_entry - an IPv4 flow that was found valid
 * @cookie: of the network namespace
 * @generation: of its routes, addresses and rules: every change starts a new one
 * @iif: as in struct bpf_wg_flow
 * @oif: likewise
 * @src: likewise
 * @dst: likewise
 * @mtu: likewise
 * @tos: likewise, as far as routes go by it
 * @filter: setting of reverse path filtering, a change of which starts no new generation
 * @several: whether the route has several next hops
 *
 * An entry holds for the packets of a flow that finds the same values from @cookie to @dst, @tos
 * and @filter. A change of routes leaves it in its slot, where it is not found any more. A change
 * of nexthop objects is none if they are members of a group; then there is no entry if the answer
 * went by the group.
 */
struct flow_cache_entry {
	u64 cookie;
	u32 generation;
	u32 iif;
	u32 oif;
	__be32 src;
	__be32 dst;
	u32 mtu;
	u8 tos;
	u8 filter;
	bool several;
};

#define FLOW_CACHE_SIZE 512 /* a power of two */

/*
 * The answers need up to three lookups in the routing tables, and are the same for all packets of a
 * pair of addresses, unless there are rules, which may go by ports. A flow has two slots, so that
 * a tunnel and what it carries do not drive each other out. Only the CPU itself, with bottom halves
 * off, reads and writes its entries, so they need no lock.
 */
static struct flow_cache_entry __percpu *flow_cache;

static bool make_flow_cache(void)
{
	struct flow_cache_entry __percpu *entries;

	entries = __alloc_percpu(FLOW_CACHE_SIZE * sizeof(*entries), __alignof__(u64));
	/* All of it is zero for those who find it. */
	smp_store_release(&flow_cache, entries);
	return entries;
}

static WG_BPF_MEMORY(memory, make_flow_cache);

/* Whether the entry holds for a packet that is received now. */
static __always_inline bool is_entry_of(const struct flow_cache_entry *entry,
					const struct bpf_wg_flow *flow, const struct net *net,
					u8 filter)
{
	return entry->src == flow->src[0] && entry->dst == flow->dst[0] &&
	       entry->iif == flow->iif && entry->oif == flow->oif &&
	       entry->generation == rt_genid_ipv4(net) && entry->cookie == net->net_cookie &&
	       entry->tos == (flow->tos & INET_DSCP_MASK) && entry->filter == filter;
}

/* The first slot of a flow; the second one is the other of the pair, the first one of others. */
static unsigned int flow_cache_slot(const struct bpf_wg_flow *flow)
{
	u64 pair = (u64)(__force u32)flow->src[0] << 32 | (__force u32)flow->dst[0];

	return hash_64(pair + flow->iif, ilog2(FLOW_CACHE_SIZE));
}

static const struct flow_cache_entry *flow_cache_find(const struct bpf_wg_flow *flow,
						      const struct net *net, u8 filter)
{
	const struct flow_cache_entry *entries;
	unsigned int slot;

	if (unlikely(!READ_ONCE(flow_cache))) {
		wg_bpf_memory_ask(&memory);
		return NULL;
	}
	entries = this_cpu_ptr(flow_cache);
	slot = flow_cache_slot(flow);
	if (likely(is_entry_of(&entries[slot], flow, net, filter)))
		return &entries[slot];
	slot ^= 1;
	return is_entry_of(&entries[slot], flow, net, filter) ? &entries[slot] : NULL;
}

static void flow_cache_add(const struct bpf_wg_flow *flow, const struct flow_cache_entry *entry)
{
	struct flow_cache_entry *entries;
	unsigned int slot;

	if (unlikely(!READ_ONCE(flow_cache)))
		return;
	entries = this_cpu_ptr(flow_cache);
	slot = flow_cache_slot(flow);
	entries[slot ^ 1] = entries[slot];
	entries[slot] = *entry;
}

/* Rules can go by ports alone, whatever the protocol. */
static __be16 port_of(const struct bpf_wg_flow *flow)
{
	return flow->flags & (BPF_WG_FLOW_ECHO | BPF_WG_FLOW_ECHO_REPLY) ? 0 : flow->sport;
}

/*
 * Look up the route of a flow. bpf_fib_lookup() goes by a route's MTU only if it is locked, but the
 * stack forwards nothing larger, and pads to it in wg_xmit().
 */
static int route4(struct net *net, struct bpf_wg_flow *flow, u32 mark, bool *several)
{
	struct fib_result res;
	struct flowi4 fl4 = {
		.flowi4_iif = flow->iif,
		.flowi4_mark = mark,
		.flowi4_tos = flow->tos & INET_DSCP_MASK,
		.flowi4_scope = RT_SCOPE_UNIVERSE,
		.flowi4_proto = flow->protocol,
		.flowi4_uid = sock_net_uid(net, NULL),
		.daddr = flow->dst[0],
		.saddr = flow->src[0],
		.fl4_sport = port_of(flow),
		.fl4_dport = flow->dport,
	};
	int ret;

	ret = fib_lookup(net, &fl4, &res, 0);
	if (!flow->oif)
		return ret || res.type != RTN_LOCAL ? -EADDRNOTAVAIL : 0;
	if (!ret) {
		flow->mtu = res.fi->fib_mtu;
		*several = fib_info_num_path(res.fi) > 1;
	}
	return 0;
}

/*
 * Whether bpf_fib_lookup() chooses the same of several next hops as the stack, which looks into the
 * packet for it: policy 1 goes by the hash that a NIC made, which WireGuard clears, or by the SPI
 * of IPsec; and the others by what is inside of tunnels.
 */
static int check_multipath4(const struct net_device *dev, const struct bpf_wg_flow *flow)
{
#ifdef CONFIG_IP_ROUTE_MULTIPATH
	switch (READ_ONCE(dev_net(dev)->ipv4.sysctl_fib_multipath_hash_policy)) {
	case 0:
		break;
	case 1:
		if (!wg_device_from_netdev(dev) || flow->protocol == IPPROTO_ESP ||
		    flow->protocol == IPPROTO_AH)
			return -EOPNOTSUPP;
		break;
	default:
		return -EOPNOTSUPP;
	}
#endif
	return 0;
}

/* Whether all changes of a route start a new generation: not those of a nexthop group's members. */
static bool route_has_generation(const struct fib_info *fi)
{
	return !fi->nh || !fi->nh->is_group;
}

/*
 * Reverse path filtering (RFC 3704), as ip_route_input() applies it. Accepts no more than that
 * does; what it would only accept by way of its exceptions is left to it. Clears @keep if the
 * answer must not be remembered.
 */
static int validate_source4(struct net_device *dev, const struct bpf_wg_flow *flow, u32 mark,
			    const struct in_device *in_dev, int filter, bool *keep)
{
	struct net *net = dev_net(dev);
	struct fib_result res;
	struct flowi4 fl4 = {
		.flowi4_iif = flow->oif ?: LOOPBACK_IFINDEX,
		.flowi4_mark = IN_DEV_SRC_VMARK(in_dev) ? mark : 0,
		.flowi4_tos = flow->tos & INET_DSCP_MASK,
		.flowi4_scope = RT_SCOPE_UNIVERSE,
		.flowi4_uid = sock_net_uid(net, NULL),
		.daddr = flow->src[0],
		.saddr = flow->dst[0],
	};

	if (!filter && !fib_num_tclassid_users(net) && !net->ipv4.fib_has_custom_local_routes &&
	    !fib4_has_custom_rules(net))
		return __ip_dev_find(net, flow->src[0], false) ? -EXDEV : 0;

	if (fib4_has_custom_rules(net)) {
		fl4.flowi4_proto = flow->protocol;
		fl4.fl4_sport = flow->dport;
		fl4.fl4_dport = port_of(flow);
	}
	if (fib_lookup(net, &fl4, &res, 0))
		return filter ? -EXDEV : 0;
	if (res.type != RTN_UNICAST)
		return -EXDEV;
	*keep = *keep && route_has_generation(res.fi);
	if (fib_info_nh_uses_dev(res.fi, dev))
		return 0;
	return filter == 1 || !in_dev->ifa_list ? -EXDEV : 0;
}

/*
 * Ask the routing tables about a flow, and remember the answer if it lasts. Not inline: the flows
 * that are remembered do not pay for it.
 */
static noinline int validate_uncached4(struct net_device *dev, struct bpf_wg_flow *flow, u32 mark,
				       const struct in_device *in_dev, u8 filter)
{
	struct net *net = dev_net(dev);
	/* Without rules there is none that goes by marks. */
	bool keep = !fib4_has_custom_rules(net);
	struct flow_cache_entry now = {
		.cookie = net->net_cookie,
		.generation = rt_genid_ipv4(net),
		.iif = flow->iif,
		.oif = flow->oif,
		.src = flow->src[0],
		.dst = flow->dst[0],
		.tos = flow->tos & INET_DSCP_MASK,
		.filter = filter,
	};
	int ret;

	rcu_read_lock();
	ret = route4(net, flow, mark, &now.several);
	if (!ret)
		ret = validate_source4(dev, flow, mark, in_dev, filter, &keep);
	rcu_read_unlock();
	if (ret)
		return ret;
	if (keep) {
		now.mtu = flow->mtu;
		flow_cache_add(flow, &now);
	}
	return now.several ? check_multipath4(dev, flow) : 0;
}

static int validate4(struct net_device *dev, struct bpf_wg_flow *flow, u32 mark)
{
	struct in_device *in_dev = rcu_dereference_bh(dev->ip_ptr);
	const struct flow_cache_entry *cached;
	u8 filter;

	if (!in_dev)
		return -ENODEV;
	filter = IN_DEV_RPFILTER(in_dev);
	cached = flow_cache_find(flow, dev_net(dev), filter);
	if (unlikely(!cached))
		return validate_uncached4(dev, flow, mark, in_dev, filter);
	flow->mtu = cached->mtu;
	return cached->several ? check_multipath4(dev, flow) : 0;
}

#if IS_ENABLED(CONFIG_IPV6)
/*
 * Look up the route of a flow. Which of several next hops is taken may depend on more of the packet
 * than a program can tell bpf_fib_lookup(): that is left to the stack.
 */
static int route6(struct net *net, struct bpf_wg_flow *flow, u32 mark)
{
	struct fib6_result res = {};
	struct flowi6 fl6 = {
		.flowi6_iif = flow->iif,
		.flowi6_mark = mark,
		.flowlabel = ip6_make_flowinfo(flow->tos, 0),
		.flowi6_proto = flow->protocol,
		.flowi6_uid = sock_net_uid(net, NULL),
		.fl6_sport = port_of(flow),
		.fl6_dport = flow->dport,
	};
	int ret;

	memcpy(&fl6.daddr, flow->dst, sizeof(fl6.daddr));
	memcpy(&fl6.saddr, flow->src, sizeof(fl6.saddr));
	ret = ipv6_stub->fib6_lookup(net, flow->iif, &fl6, &res, RT6_LOOKUP_F_HAS_SADDR);
	if (ret || IS_ERR_OR_NULL(res.f6i))
		return flow->oif ? 0 : -EADDRNOTAVAIL;
	if (!flow->oif)
		return res.fib6_type == RTN_LOCAL ? 0 : -EADDRNOTAVAIL;
	if (res.f6i->fib6_nsiblings || (res.f6i->nh && nexthop_is_multipath(res.f6i->nh)))
		return -EOPNOTSUPP;
	flow->mtu = res.f6i->fib6_pmtu;
	return 0;
}
#endif

/* IPv6 has no reverse path filter of its own, but forwards by the switch for all interfaces. */
static int validate6(struct net_device *dev, struct bpf_wg_flow *flow, u32 mark)
{
#if IS_ENABLED(CONFIG_IPV6)
	const struct in6_addr *dst = (const struct in6_addr *)flow->dst;
	struct inet6_dev *idev = rcu_dereference_bh(dev->ip6_ptr);
	struct net *net = dev_net(dev);
	int ret;

	if (!idev || READ_ONCE(idev->cnf.disable_ipv6))
		return -ENODEV;
	if (!flow->oif && !ipv6_chk_addr(net, dst, dev, ipv6_addr_type(dst) & IPV6_ADDR_LINKLOCAL))
		return -EADDRNOTAVAIL;
	if (flow->oif && (!READ_ONCE(net->ipv6.devconf_all->forwarding) ||
			  READ_ONCE(net->ipv6.devconf_all->proxy_ndp)))
		return -ENETDOWN;
	rcu_read_lock();
	ret = route6(net, flow, mark);
	rcu_read_unlock();
	return ret;
#else
	return -EAFNOSUPPORT;
#endif
}

/* @in is the device that received the packet, or NULL: mostly the one that is asked about. */
int wg_bpf_flow_validate(struct net_device *in, struct bpf_wg_flow *flow, u32 size, u32 mark)
{
	struct net_device *dev = in;
	struct net *net;

	if (size != sizeof(*flow) || flow->flags & ~BPF_WG_FLOW_FLAGS)
		return -EINVAL;
	if (!in)
		return -ENODEV;
	net = dev_net(in);
	if (flow->iif != READ_ONCE(in->ifindex))
		dev = dev_get_by_index_rcu(net, flow->iif);
	if (!dev)
		return -ENODEV;
	/* A bridge, a bond, a VRF: what comes in here does not come in by this device. */
	if (netif_is_l3_slave(dev) || netif_is_l3_master(dev) ||
	    rcu_access_pointer(dev->rx_handler))
		return -EOPNOTSUPP;
	if (wg_bpf_has_policy(net, flow->oif ? XFRM_POLICY_FWD : XFRM_POLICY_IN) ||
	    (flow->oif && wg_bpf_has_policy(net, XFRM_POLICY_OUT)))
		return -EPERM;
	if (flow->flags & BPF_WG_FLOW_SYN && wg_bpf_has_forward_hook(net, flow->family))
		return -EINPROGRESS;
	flow->mtu = 0;
	switch (flow->family) {
	case AF_INET:
		return validate4(dev, flow, mark);
	case AF_INET6:
		return validate6(dev, flow, mark);
	}
	return -EAFNOSUPPORT;
}

/**
 * wg_bpf_flow_uninit - give the memory back
 *
 * No program runs any more: those that use the kfuncs hold the module.
 */
void wg_bpf_flow_uninit(void)
{
	wg_bpf_memory_stop(&memory);
	free_percpu(flow_cache);
}
