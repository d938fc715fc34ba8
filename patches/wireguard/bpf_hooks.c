// SPDX-License-Identifier: GPL-2.0
/*
 * Who else would see a packet on the stack's way: netfilter and traffic control, at each hook that
 * the packet would come by and does not if a program takes it. Nothing here changes a packet.
 *
 * What there is at a hook changes at any time, so it is asked for every packet. Most systems have
 * nothing, and then it costs them one pointer a hook.
 */

#include "bpf_internal.h"

#include <linux/netdevice.h>
#include <linux/netfilter.h>
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
 * @in: the device that received it
 * @wg: the WireGuard device
 * @out: the device that sends what is made of it
 * @skips_egress: whether it does not come to the hooks and queues of @out, as from XDP
 */
struct way {
	const struct net *net;
	const struct net_device *in;
	const struct net_device *wg;
	const struct net_device *out;
	bool skips_egress;
};

/* What the datapath's own program at the tcx hook is called, by which user space knows it, too. */
static const char own_program[] = "tc_wg";

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
static nf_hookfn *apparmor_hook __ro_after_init;

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
			apparmor_hook = READ_ONCE(entries->hooks[i].hook);
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

	for (unsigned int i = 0; i < entries->num_hook_entries; i++) {
		if (READ_ONCE(entries->hooks[i].hook) == apparmor_hook)
			continue;
		if (!OPS_ARE_UNDER_RCU || !is_idle_hook(net, READ_ONCE(ops[i])))
			return true;
	}
	return false;
}

static bool is_hooked(const struct net *net, struct nf_hook_entries __rcu *const *hook)
{
	const struct nf_hook_entries *entries = rcu_dereference_bh(*hook);

	if (!entries || (entries->num_hook_entries == 1 &&
			 READ_ONCE(entries->hooks[0].hook) == apparmor_hook))
		return false;
	return any_not_idle(net, entries);
}

static struct nf_hook_entries __rcu *const *family_hooks(const struct net *net, bool ipv6)
{
	return ipv6 ? net->nf.hooks_ipv6 : net->nf.hooks_ipv4;
}

static bool is_ingress_hooked(const struct net *net, const struct net_device *dev)
{
#ifdef CONFIG_NETFILTER_INGRESS
	return is_hooked(net, &dev->nf_hooks_ingress);
#else
	return false;
#endif
}

static bool is_egress_hooked(const struct net *net, const struct net_device *dev)
{
#ifdef CONFIG_NETFILTER_EGRESS
	return is_hooked(net, &dev->nf_hooks_egress);
#else
	return false;
#endif
}

/* What the packets of either direction have in common: the inner one is forwarded. */
static bool is_forward_hooked(const struct net *net, bool ipv6)
{
	struct nf_hook_entries __rcu *const *hooks = family_hooks(net, ipv6);

	return is_hooked(net, &hooks[NF_INET_PRE_ROUTING]) ||
	       is_hooked(net, &hooks[NF_INET_FORWARD]) ||
	       is_hooked(net, &hooks[NF_INET_POST_ROUTING]);
}

static bool sees_netfilter(const struct way *way, u32 flags)
{
	struct nf_hook_entries __rcu *const *outer =
		family_hooks(way->net, flags & BPF_WG_HOOKS_OUTER_IPV6);

	if (is_ingress_hooked(way->net, way->in) ||
	    is_forward_hooked(way->net, flags & BPF_WG_HOOKS_INNER_IPV6) ||
	    (way->skips_egress && is_egress_hooked(way->net, way->out)))
		return true;
	if (flags & BPF_WG_HOOKS_ENCRYPT)
		return is_egress_hooked(way->net, way->wg) ||
		       is_hooked(way->net, &outer[NF_INET_LOCAL_OUT]) ||
		       is_hooked(way->net, &outer[NF_INET_POST_ROUTING]);
	return is_ingress_hooked(way->net, way->wg) ||
	       is_hooked(way->net, &outer[NF_INET_PRE_ROUTING]) ||
	       is_hooked(way->net, &outer[NF_INET_LOCAL_IN]);
}

/**
 * wg_bpf_has_forward_hook - whether netfilter sees the packets of a family that are forwarded
 */
bool wg_bpf_has_forward_hook(const struct net *net, u8 family)
{
	return is_hooked(net, &family_hooks(net, family == AF_INET6)[NF_INET_FORWARD]);
}

#else /* CONFIG_NETFILTER */

void __init wg_bpf_hooks_init(void)
{
}

static bool sees_netfilter(const struct way *way, u32 flags)
{
	return false;
}

bool wg_bpf_has_forward_hook(const struct net *net, u8 family)
{
	return false;
}

#endif /* CONFIG_NETFILTER */

#ifdef CONFIG_NET_XGRESS

/*
 * Whether there is a filter, or a program that is not the datapath's own. What comes before that
 * has seen the packet already if it is at the hook where that runs: then only what is behind counts.
 */
static noinline bool any_filter(struct bpf_mprog_entry *entry, bool runs_here)
{
	const struct bpf_mprog_fp *fp;
	const struct bpf_prog *prog;
	bool found = false;

	bpf_mprog_foreach_prog(entry, fp, prog) {
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

#define is_ingress_filtered(dev, runs_here) is_filtered(&(dev)->tcx_ingress, runs_here)
#define is_egress_filtered(dev) is_filtered(&(dev)->tcx_egress, false)

#else /* CONFIG_NET_XGRESS */

#define is_ingress_filtered(dev, runs_here) false
#define is_egress_filtered(dev) false

#endif /* CONFIG_NET_XGRESS */

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

static bool sees_tc(const struct way *way, u32 flags)
{
	if (is_ingress_filtered(way->in, !way->skips_egress))
		return true;
	if (way->skips_egress && (is_egress_filtered(way->out) || is_shaped(way->out)))
		return true;
	if (flags & BPF_WG_HOOKS_ENCRYPT)
		return is_egress_filtered(way->wg) || is_shaped(way->wg);
	return is_ingress_filtered(way->wg, false);
}

int wg_bpf_hooks(const struct net_device *in, const struct wg_device *wg, u32 ifindex, u32 flags,
		 bool skips_egress)
{
	struct way way = { .in = in, .wg = wg->dev, .skips_egress = skips_egress };
	struct net *net;

	if (flags & ~BPF_WG_HOOKS_FLAGS)
		return -EINVAL;
	if (!in)
		return -ENODEV;
	net = dev_net(in);
	way.net = net;
	way.out = dev_get_by_index_rcu(net, ifindex);
	if (!way.out)
		return -ENODEV;
	if (flags & BPF_WG_HOOKS_NETFILTER && sees_netfilter(&way, flags))
		return BPF_WG_HOOKS_NETFILTER;
	if (flags & BPF_WG_HOOKS_TC && sees_tc(&way, flags))
		return BPF_WG_HOOKS_TC;
	return 0;
}
