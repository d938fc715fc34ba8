// SPDX-License-Identifier: GPL-2.0
/*
 * Witnesses at the ingress of devices: a chain that is there sees a packet before all others, and
 * may change it before the first witness of the network namespace sees it. So where there is one,
 * there is a witness before it. Devices come and go, and so do their chains, which nobody tells:
 * the work item of the witnesses looks once a second, and until then packets pass.
 */

#include "bpf_consent.h"
#include "bpf_ingress.h"
#include "bpf_internal.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK) && defined(CONFIG_NETFILTER_INGRESS)

#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

/**
 * struct ingress - a witness at the ingress of one device
 * @list: of those of all network namespaces
 * @net: the device's own
 * @ops: as it is registered; they name the device, which does not go before the witness does
 * @rcu: who lists the hooks may look at @ops
 */
struct ingress {
	struct list_head list;
	struct net *net;
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

/* Under RTNL. */
static LIST_HEAD(witnesses);

static struct ingress *find(const struct net_device *dev)
{
	struct ingress *ingress;

	list_for_each_entry(ingress, &witnesses, list)
		if (ingress->ops.dev == dev)
			return ingress;
	return NULL;
}

static void remove(struct ingress *ingress)
{
	nf_unregister_net_hook(ingress->net, &ingress->ops);
	list_del(&ingress->list);
	kfree_rcu(ingress, rcu);
}

/* If there is no memory, packets pass, and it is tried again. */
static void add(struct net *net, struct net_device *dev)
{
	struct ingress *ingress = kzalloc(sizeof(*ingress), GFP_KERNEL);

	if (!ingress)
		return;
	ingress->net = net;
	ingress->ops.hook = wg_bpf_see_ingress;
	ingress->ops.priv = &wg_bpf_witness_sign;
	ingress->ops.pf = NFPROTO_NETDEV;
	ingress->ops.hooknum = NF_NETDEV_INGRESS;
	ingress->ops.priority = INT_MIN;
	ingress->ops.dev = dev;
	if (nf_register_net_hook(net, &ingress->ops)) {
		kfree(ingress);
		return;
	}
	list_add(&ingress->list, &witnesses);
}

/* Whether a device has chains, and no witness that is the first of all. */
static bool is_wanted(const struct net *net, const struct net_device *dev)
{
	bool wanted;

	rcu_read_lock_bh();
	wanted = wg_bpf_has_ingress_hook(net, dev) && !wg_bpf_ingress_is_seen(dev);
	rcu_read_unlock_bh();
	return wanted;
}

/* The same of all devices, since RTNL is not to be taken each second for nothing. */
static bool is_any_wanted(struct net *net)
{
	const struct net_device *dev;
	bool wanted = false;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		wanted = is_wanted(net, dev);
		if (wanted)
			break;
	}
	rcu_read_unlock();
	return wanted;
}

/**
 * wg_bpf_ingress_tend - have witnesses where there are chains
 * @net: the network namespace
 *
 * They stay until the end: whenever a hook goes, the kernel drops what programs have in queues.
 *
 * Context: process context; takes RTNL where any namespace has chains there.
 */
void wg_bpf_ingress_tend(struct net *net)
{
	struct net_device *dev;

	if (!wg_bpf_any_ingress_hook() || !is_any_wanted(net))
		return;
	rtnl_lock();
	for_each_netdev(net, dev)
		if (is_wanted(net, dev) && !find(dev))
			add(net, dev);
	rtnl_unlock();
}

/**
 * wg_bpf_ingress_end - let all of a network namespace go
 * @net: the network namespace
 *
 * Context: process context, without RTNL.
 */
void wg_bpf_ingress_end(const struct net *net)
{
	struct ingress *ingress, *next;

	rtnl_lock();
	list_for_each_entry_safe(ingress, next, &witnesses, list)
		if (ingress->net == net)
			remove(ingress);
	rtnl_unlock();
}

/**
 * wg_bpf_ingress_is_seen - whether a witness sees packets before the chains of a device do
 * @dev: the device
 *
 * Context: softirq or bottom halves off.
 */
bool wg_bpf_ingress_is_seen(const struct net_device *dev)
{
	const struct nf_hook_entries *entries = rcu_dereference_bh(dev->nf_hooks_ingress);

	return entries && READ_ONCE(entries->hooks[0].hook) == wg_bpf_see_ingress;
}

/* A device that goes, or moves to another network namespace; with RTNL. */
static int see_device(struct notifier_block *block, unsigned long event, void *info)
{
	struct ingress *ingress;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	ingress = find(netdev_notifier_info_to_dev(info));
	if (ingress)
		remove(ingress);
	return NOTIFY_DONE;
}

static struct notifier_block devices = { .notifier_call = see_device };

/**
 * wg_bpf_ingress_init - see from now on when devices go
 *
 * Return: 0, or a negative errno.
 */
int wg_bpf_ingress_init(void)
{
	return register_netdevice_notifier(&devices);
}

/**
 * wg_bpf_ingress_uninit - the same, undone when all witnesses have gone
 */
void wg_bpf_ingress_uninit(void)
{
	unregister_netdevice_notifier(&devices);
}

#endif /* CONFIG_NF_CONNTRACK && CONFIG_NETFILTER_INGRESS */
