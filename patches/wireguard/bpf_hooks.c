// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a packet may leave by an interface without the stack: can it, and who else would see the
 * packet on the stack's way. That is netfilter and traffic control, at each hook that the packet
 * would come by and does not if a program takes it. Nothing here changes a packet.
 *
 * What there is at a hook changes at any time, so it is asked for every packet. Most systems have
 * nothing, and then it costs them one pointer a hook.
 */

#include "bpf_consent.h"
#include "bpf_ingress.h"
#include "bpf_internal.h"

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/string.h>
#include <net/sch_generic.h>
#include <net/tcx.h>
#if IS_ENABLED(CONFIG_NF_TABLES)
#include <net/netfilter/nf_tables.h>
#endif

/**
 * struct way - where a packet would come by
 * @net: the network namespace of all of it
 * @in: the device that it comes in by, as IP sees it
 * @arrival: the devices below that, if it is another than the one that received it
 * @wg: the WireGuard device
 * @out: the device that sends what is made of it
 * @path: the devices below that, if it is skipped as well and the frame leaves by one of them
 * @skips_egress: whether it does not come to the programs and queues of @out, as from XDP
 * @skips_chains: nor to its chains of netfilter
 */
struct way {
	const struct net *net;
	const struct net_device *in;
	const struct wg_bpf_path *arrival;
	const struct net_device *wg;
	const struct net_device *out;
	const struct wg_bpf_path *path;
	bool skips_egress;
	bool skips_chains;
};

#ifdef CONFIG_NETFILTER

/*
 * What is behind an entry is known by the operations that it was registered with. They are not for
 * packets, and kernels without an RCU head in them may free them at once when a hook goes.
 */
#define OPS_ARE_UNDER_RCU (offsetof(struct nf_hook_ops, hook) >= sizeof(struct rcu_head))

/* A base chain without rules that accepts. What is a rule of the next generation is none yet. */
static bool is_idle_chain(const struct net *net, const void *priv)
{
#if IS_ENABLED(CONFIG_NF_TABLES)
	const struct nft_chain *chain = priv;
	const struct nft_rule_blob *blob;

	if (READ_ONCE(net->nft.gencursor))
		blob = rcu_dereference_bh(chain->blob_gen_1);
	else
		blob = rcu_dereference_bh(chain->blob_gen_0);
	return ((const struct nft_rule_dp *)blob->data)->is_last &&
	       READ_ONCE(nft_base_chain(chain)->policy) == NF_ACCEPT;
#else
	return false;
#endif
}

/*
 * AppArmor has one at postrouting in every network namespace. It is for packets of sockets that
 * have a security mark, which only rules give them: where there are none, it sees nothing.
 */
static struct nf_hook_entry apparmor __ro_after_init;

/**
 * wg_bpf_hooks_init - learn what does not count
 *
 * AppArmor's function has no name that others could use: it is known by its place, which nobody
 * else has. It is there before this module is, and for as long as the kernel runs.
 */
void __init wg_bpf_hooks_init(void)
{
#ifdef CONFIG_SECURITY_APPARMOR
	const struct nf_hook_entries *entries;
	struct nf_hook_ops **ops;

	rcu_read_lock();
	entries = rcu_dereference(init_net.nf.hooks_ipv4[NF_INET_POST_ROUTING]);
	for (unsigned int i = 0; entries && i < entries->num_hook_entries; i++) {
		ops = nf_hook_entries_get_hook_ops(entries);
		if (READ_ONCE(ops[i])->priority == NF_IP_PRI_SELINUX_FIRST &&
		    READ_ONCE(ops[i])->hook_ops_type == NF_HOOK_OP_UNDEFINED)
			apparmor.hook = READ_ONCE(entries->hooks[i].hook);
	}
	rcu_read_unlock();
#endif
}

/*
 * Entries of a hook that accept without a look at the packet: chains that Debian's nftables.conf
 * begins with, and what is left of a hook that was removed when no memory was to be had, whose
 * operations have no family.
 */
static bool is_idle_hook(const struct net *net, const struct nf_hook_ops *ops)
{
	switch (ops->hook_ops_type) {
	case NF_HOOK_OP_NF_TABLES:
		return is_idle_chain(net, ops->priv);
	case NF_HOOK_OP_UNDEFINED:
		return ops->pf == NFPROTO_UNSPEC;
	default:
		return false;
	}
}

static noinline bool any_not_idle(const struct net *net, const struct nf_hook_entries *entries)
{
	struct nf_hook_ops **ops = nf_hook_entries_get_hook_ops(entries);

	/* What counts is mostly at the end. */
	for (unsigned int i = entries->num_hook_entries; i-- > 0;) {
		if (READ_ONCE(entries->hooks[i].hook) == apparmor.hook ||
		    wg_bpf_is_witness(&entries->hooks[i]))
			continue;
		if (!OPS_ARE_UNDER_RCU || !is_idle_hook(net, READ_ONCE(ops[i])))
			return true;
	}
	return false;
}

static __always_inline bool is_hooked(const struct net *net,
				      struct nf_hook_entries __rcu *const *hook)
{
	const struct nf_hook_entries *entries = rcu_dereference_bh(*hook);

	if (!entries ||
	    (entries->num_hook_entries == 1 && READ_ONCE(entries->hooks[0].hook) == apparmor.hook))
		return false;
	return any_not_idle(net, entries);
}

/*
 * Whether any network namespace has something at a hook. Otherwise it costs an instruction that
 * does nothing.
 */
static __always_inline bool is_used(u8 family, unsigned int hook)
{
#ifdef CONFIG_JUMP_LABEL
	return static_key_false(&nf_hooks_needed[family][hook]);
#else
	return true;
#endif
}

static __always_inline bool is_ip_hooked(const struct net *net, bool ipv6, unsigned int hook)
{
	if (ipv6)
		return is_used(NFPROTO_IPV6, hook) && is_hooked(net, &net->nf.hooks_ipv6[hook]);
	return is_used(NFPROTO_IPV4, hook) && is_hooked(net, &net->nf.hooks_ipv4[hook]);
}

static __always_inline bool is_ingress_hooked(const struct net *net, const struct net_device *dev)
{
#ifdef CONFIG_NETFILTER_INGRESS
	return is_used(NFPROTO_NETDEV, NF_NETDEV_INGRESS) && is_hooked(net, &dev->nf_hooks_ingress);
#else
	return false;
#endif
}

static __always_inline bool is_egress_hooked(const struct net *net, const struct net_device *dev)
{
#ifdef CONFIG_NETFILTER_EGRESS
	return is_used(NFPROTO_NETDEV, NF_NETDEV_EGRESS) && is_hooked(net, &dev->nf_hooks_egress);
#else
	return false;
#endif
}

/* The same of all bridges. */
static __always_inline bool is_bridge_hooked(const struct net *net, unsigned int hook)
{
#ifdef CONFIG_NETFILTER_FAMILY_BRIDGE
	return is_used(NFPROTO_BRIDGE, hook) && is_hooked(net, &net->nf.hooks_bridge[hook]);
#else
	return false;
#endif
}

/*
 * The same of the devices below one that IP knows. A witness does not know of their tags, nor what
 * a bridge's chains do.
 */
static noinline bool is_arrival_hooked(const struct net *net, const struct wg_bpf_path *path)
{
	if (path->bridge &&
	    (is_bridge_hooked(net, NF_BR_PRE_ROUTING) || is_bridge_hooked(net, NF_BR_LOCAL_IN)))
		return true;
	for (unsigned int i = 0; i < path->count; i++)
		if (is_ingress_hooked(net, path->below[i]))
			return true;
	return false;
}

/* And of those that an XDP frame skips. */
static noinline bool is_path_hooked(const struct net *net, const struct wg_bpf_path *path)
{
	if (path->bridge &&
	    (is_bridge_hooked(net, NF_BR_LOCAL_OUT) || is_bridge_hooked(net, NF_BR_POST_ROUTING)))
		return true;
	for (unsigned int i = 0; i < path->count; i++)
		if (is_egress_hooked(net, path->below[i]))
			return true;
	return false;
}

/* The inner packet is forwarded. */
static __always_inline bool is_inner_hooked(const struct net *net, bool ipv6)
{
	return is_ip_hooked(net, ipv6, NF_INET_PRE_ROUTING) ||
	       is_ip_hooked(net, ipv6, NF_INET_FORWARD) ||
	       is_ip_hooked(net, ipv6, NF_INET_POST_ROUTING);
}

/*
 * The outer packet comes from this host, or to it. The other hook that it has is of interest if not
 * @known from the inner one, which has it, too, if it is of the same family.
 */
static __always_inline bool is_outer_hooked(const struct net *net, bool ipv6, bool encrypt,
					    bool known)
{
	if (encrypt)
		return is_ip_hooked(net, ipv6, NF_INET_LOCAL_OUT) ||
		       (!known && is_ip_hooked(net, ipv6, NF_INET_POST_ROUTING));
	return is_ip_hooked(net, ipv6, NF_INET_LOCAL_IN) ||
	       (!known && is_ip_hooked(net, ipv6, NF_INET_PRE_ROUTING));
}

/* What to answer for the ingress of a device, where packets of @whose come in. */
static noinline u32 ask_ingress(const struct net_device *dev, u32 flags, u32 whose)
{
	if (flags & BPF_WG_HOOKS_CONSENT && wg_bpf_ingress_is_seen(dev))
		return whose;
	return BPF_WG_HOOKS_NETFILTER;
}

static __always_inline u32 sees_ingress(const struct net *net, const struct net_device *dev,
					u32 flags, u32 whose)
{
	return is_ingress_hooked(net, dev) ? ask_ingress(dev, flags, whose) : 0;
}

/* BPF_WG_HOOKS_NETFILTER, or, where consent can be had, whose hooks there are; 0 for none. */
static __always_inline u32 sees_netfilter(const struct way *way, u32 flags)
{
	const struct net *net = way->net;
	bool encrypt = flags & BPF_WG_HOOKS_ENCRYPT;
	bool inner6 = flags & BPF_WG_HOOKS_INNER_IPV6;
	bool inner, outer;
	u32 seen;

	if ((encrypt && is_egress_hooked(net, way->wg)) ||
	    (way->skips_chains && is_egress_hooked(net, way->out)) ||
	    (way->path && is_path_hooked(net, way->path)) ||
	    (way->arrival && is_arrival_hooked(net, way->arrival)))
		return BPF_WG_HOOKS_NETFILTER;
	seen = sees_ingress(net, way->in, flags, encrypt ? BPF_WG_HOOKS_INNER : BPF_WG_HOOKS_OUTER);
	if (!encrypt)
		seen |= sees_ingress(net, way->wg, flags, BPF_WG_HOOKS_INNER);
	if (seen & BPF_WG_HOOKS_NETFILTER)
		return BPF_WG_HOOKS_NETFILTER;
	inner = inner6 ? is_inner_hooked(net, true) : is_inner_hooked(net, false);
	if (inner && !(flags & BPF_WG_HOOKS_CONSENT))
		return BPF_WG_HOOKS_NETFILTER;
	outer = flags & BPF_WG_HOOKS_OUTER_IPV6
			? is_outer_hooked(net, true, encrypt, inner6 && !inner)
			: is_outer_hooked(net, false, encrypt, !inner6 && !inner);
	if (outer && !(flags & BPF_WG_HOOKS_CONSENT))
		return BPF_WG_HOOKS_NETFILTER;
	return seen | (inner ? BPF_WG_HOOKS_INNER : 0) | (outer ? BPF_WG_HOOKS_OUTER : 0);
}

/**
 * wg_bpf_has_forward_hook - whether netfilter sees the packets of a family that are forwarded
 */
bool wg_bpf_has_forward_hook(const struct net *net, u8 family)
{
	return is_ip_hooked(net, family == AF_INET6, NF_INET_FORWARD);
}

/**
 * wg_bpf_has_prerouting_hook - whether netfilter sees the packets of a family before they are
 * routed
 */
bool wg_bpf_has_prerouting_hook(const struct net *net, u8 family)
{
	return is_ip_hooked(net, family == AF_INET6, NF_INET_PRE_ROUTING);
}

/**
 * wg_bpf_has_ingress_hook - whether netfilter sees packets where a device receives them
 */
bool wg_bpf_has_ingress_hook(const struct net *net, const struct net_device *dev)
{
	return is_ingress_hooked(net, dev);
}

/**
 * wg_bpf_any_ingress_hook - whether there are such devices in any network namespace
 */
bool wg_bpf_any_ingress_hook(void)
{
	return IS_ENABLED(CONFIG_NETFILTER_INGRESS) && is_used(NFPROTO_NETDEV, NF_NETDEV_INGRESS);
}

#else /* CONFIG_NETFILTER */

void __init wg_bpf_hooks_init(void)
{
}

static u32 sees_netfilter(const struct way *way, u32 flags)
{
	return 0;
}

bool wg_bpf_has_forward_hook(const struct net *net, u8 family)
{
	return false;
}

bool wg_bpf_has_prerouting_hook(const struct net *net, u8 family)
{
	return false;
}

bool wg_bpf_has_ingress_hook(const struct net *net, const struct net_device *dev)
{
	return false;
}

bool wg_bpf_any_ingress_hook(void)
{
	return false;
}

#endif /* CONFIG_NETFILTER */

#ifdef CONFIG_NET_XGRESS
/* What the datapath's own program at the tcx hook is called, by which user space knows it, too. */
static const char own_program[] = "tc_wg";

/*
 * Whether there is a filter, or a program that is not the datapath's own. What comes before that
 * has seen the packet already if it is at the hook where that runs: then only what is behind
 * counts.
 */
static noinline bool any_filter(struct bpf_mprog_entry *entry, bool runs_here)
{
	const struct bpf_mprog_fp *fp;
	const struct bpf_prog *prog;
	bool found = false;

	for (fp = entry->fp_items; (prog = READ_ONCE(fp->prog)); fp++) {
		if (strcmp(prog->aux->name, own_program))
			found = true;
		else if (runs_here)
			found = false;
	}
	return found || rcu_access_pointer(tcx_entry(entry)->miniq);
}

static bool is_filtered(struct bpf_mprog_entry __rcu *const *hook, bool runs_here)
{
	struct bpf_mprog_entry *entry = rcu_dereference_bh(*hook);

	return unlikely(entry) && any_filter(entry, runs_here);
}

/* Whether the datapath's own program is among those at a hook. */
static noinline bool any_own(struct bpf_mprog_entry *entry)
{
	const struct bpf_mprog_fp *fp;
	const struct bpf_prog *prog;

	for (fp = entry->fp_items; (prog = READ_ONCE(fp->prog)); fp++)
		if (!strcmp(prog->aux->name, own_program))
			return true;
	return false;
}
#endif

/**
 * wg_bpf_has_own_program - whether the datapath's tc program handles what comes in by a device
 */
bool wg_bpf_has_own_program(const struct net_device *dev)
{
#ifdef CONFIG_NET_XGRESS
	struct bpf_mprog_entry *entry = rcu_dereference_bh(dev->tcx_ingress);

	return unlikely(entry) && any_own(entry);
#else
	return false;
#endif
}

static bool is_ingress_filtered(const struct net_device *dev, bool runs_here)
{
#ifdef CONFIG_NET_XGRESS
	return is_filtered(&dev->tcx_ingress, runs_here);
#else
	return false;
#endif
}

static bool is_egress_filtered(const struct net_device *dev)
{
#ifdef CONFIG_NET_XGRESS
	return is_filtered(&dev->tcx_egress, false);
#else
	return false;
#endif
}

/* Those that only keep packets until the device can take them. */
static bool is_plain_queue(const struct Qdisc *qdisc)
{
	static const char *const kinds[] = {
		"pfifo_fast", "fq_codel", "fq", "pfifo", "bfifo",
	};

	/* noqueue has no function to enqueue. */
	return !qdisc->handle || !READ_ONCE(qdisc->enqueue) ||
	       match_string(kinds, ARRAY_SIZE(kinds), qdisc->ops->id) >= 0;
}

/* mq is as plain as those of the device's queues. */
static noinline bool any_shaper(const struct net_device *dev, const struct Qdisc *root)
{
	if (strcmp(root->ops->id, "mq"))
		return !is_plain_queue(root);
	for (unsigned int i = 0; i < READ_ONCE(dev->real_num_tx_queues); i++)
		if (!is_plain_queue(rcu_dereference_bh(netdev_get_tx_queue(dev, i)->qdisc)))
			return true;
	return false;
}

/* The kernel gives no handle to a qdisc that nobody has asked for. */
static bool is_shaped(const struct net_device *dev)
{
	const struct Qdisc *root = rcu_dereference_bh(dev->qdisc);

	return unlikely(root->handle) && any_shaper(dev, root);
}

static noinline bool is_path_controlled(const struct wg_bpf_path *path)
{
	for (unsigned int i = 0; i < path->count; i++)
		if (is_egress_filtered(path->below[i]) || is_shaped(path->below[i]))
			return true;
	return false;
}

/* The program runs at the port, which is the last. */
static noinline bool is_arrival_controlled(const struct wg_bpf_path *path, bool runs_here)
{
	for (unsigned int i = 0; i < path->count; i++)
		if (is_ingress_filtered(path->below[i], runs_here && i == path->count - 1))
			return true;
	return false;
}

static __always_inline bool sees_tc(const struct way *way, u32 flags)
{
	if (is_ingress_filtered(way->in, !way->skips_egress && !way->arrival))
		return true;
	if (way->arrival && is_arrival_controlled(way->arrival, !way->skips_egress))
		return true;
	if (way->skips_egress && (is_egress_filtered(way->out) || is_shaped(way->out)))
		return true;
	if (way->path && is_path_controlled(way->path))
		return true;
	if (flags & BPF_WG_HOOKS_ENCRYPT)
		return is_egress_filtered(way->wg) || is_shaped(way->wg);
	/* A program of generic XDP, as that is the only one there, would see the packet first. */
	return is_ingress_filtered(way->wg, false) || rcu_access_pointer(way->wg->xdp_prog);
}

/* The device that a packet comes in by is another than the one that received it. */
static noinline int find_arrival(struct way *way, u32 iif, struct wg_bpf_path *path)
{
	const struct net_device *port = way->in;

	way->in = dev_get_by_index_rcu(dev_net(port), iif);
	if (!way->in || wg_bpf_arrival(way->in, port, path))
		return -ENODEV;
	way->arrival = path;
	return 0;
}

/* One for each kind of program, since the compiler can leave out what is not for that kind. */
static __always_inline int hooks(const struct net_device *port, u32 iif, const struct wg_device *wg,
				 struct bpf_wg_egress *egress, u32 flags, bool skips_egress)
{
	struct wg_bpf_path path, arrival;
	struct way way = {
		.in = port,
		.wg = wg->dev,
		.skips_egress = skips_egress,
		/* What a tc program redirects is marked, so that these do not see it. */
		.skips_chains = skips_egress || IS_ENABLED(CONFIG_NETFILTER_SKIP_EGRESS),
	};
	struct net *net;
	u32 seen = 0;
	int ret;

	if (flags & ~BPF_WG_HOOKS_FLAGS)
		return -EINVAL;
	if (!port || (iif != READ_ONCE(port->ifindex) && find_arrival(&way, iif, &arrival)))
		return -ENODEV;
	net = dev_net(port);
	way.net = net;
	way.out = dev_get_by_index_rcu(net, egress->ifindex);
	if (!way.out || !wg_bpf_transmits(way.out))
		return -ENETDOWN;
	if (flags & BPF_WG_HOOKS_NATIVE && !wg_bpf_transmits_xdp(way.out)) {
		ret = skips_egress ? wg_bpf_path(way.out, &path, egress) : -ENETDOWN;
		if (ret)
			return ret;
		way.path = &path;
	}
	if (flags & BPF_WG_HOOKS_NETFILTER)
		seen = sees_netfilter(&way, flags);
	if (seen == BPF_WG_HOOKS_NETFILTER)
		return seen;
	if (flags & BPF_WG_HOOKS_TC && sees_tc(&way, flags))
		return BPF_WG_HOOKS_TC;
	return seen;
}

int wg_bpf_xdp_hooks(const struct net_device *port, u32 iif, const struct wg_device *wg,
		     struct bpf_wg_egress *egress, u32 flags)
{
	return hooks(port, iif, wg, egress, flags, true);
}

int wg_bpf_skb_hooks(const struct net_device *port, u32 iif, const struct wg_device *wg,
		     struct bpf_wg_egress *egress, u32 flags)
{
	return hooks(port, iif, wg, egress, flags, false);
}
