// SPDX-License-Identifier: GPL-2.0
/*
 * Witnesses of what the stack does with packets that a program has passed: hooks of netfilter at
 * the very beginning of the ways and at their very end. Who comes to the end has been accepted by
 * all chains, and has the connection, the route and the addresses that they gave it. That is noted,
 * for packets that come in by or leave by a WireGuard device, and for the datagrams of such
 * devices.
 *
 * They are registered in a network namespace when a program first asks there, by a work item since
 * that sleeps, and go when none has asked for a while.
 */

#include "bpf_consent.h"
#include "bpf_ingress.h"
#include "bpf_internal.h"
#include "bpf_snapshot.h"

#if IS_ENABLED(CONFIG_NETFILTER) && IS_ENABLED(CONFIG_NF_CONNTRACK)

#include "device.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inet.h>
#include <linux/ip.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <net/dsfield.h>
#include <net/dst_metadata.h>
#include <net/inet_ecn.h>
#include <net/ip6_route.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_extend.h>
#include <net/netfilter/nf_conntrack_zones.h>
#include <net/netns/generic.h>
#include <net/route.h>

/* The work item tidies up once a second, and ends all when nobody has asked for this long. */
#define TIDY HZ
#define IDLE (60 * HZ)
/* While there is no memory, the next attempt is made after this time. */
#define AGAIN (10 * HZ)

/**
 * struct witness - what there is of it in one network namespace
 * @notes: what was seen, or NULL while there are no hooks
 * @snapshots: of packets on their way
 * @asked: when a program last asked, in jiffies
 * @good: the age of a note that is not needed any more, in jiffies
 * @called: whether the work item has been asked for
 * @work: it, which alone registers and unregisters
 * @net: the namespace
 */
struct witness {
	struct wg_bpf_notes __rcu *notes;
	struct wg_bpf_snapshots __percpu *snapshots;
	unsigned long asked;
	unsigned long good;
	bool called;
	struct delayed_work work;
	struct net *net;
};

static unsigned int witness_id __read_mostly;

/* A connection of which all packets are treated alike, and by nothing but NAT. */
static bool is_plain(const struct nf_conn *ct)
{
	const unsigned long other = IPS_EXPECTED | IPS_SEQ_ADJUST | IPS_DYING | IPS_TEMPLATE |
				    IPS_UNTRACKED | IPS_OFFLOAD | IPS_HW_OFFLOAD;

	if ((READ_ONCE(ct->status) & (other | IPS_CONFIRMED)) != IPS_CONFIRMED)
		return false;
#if IS_ENABLED(CONFIG_NETFILTER_SYNPROXY)
	if (nf_ct_ext_exist(ct, NF_CT_EXT_SYNPROXY))
		return false;
#endif
	return !nf_ct_ext_exist(ct, NF_CT_EXT_HELPER) && !nf_ct_ext_exist(ct, NF_CT_EXT_SEQADJ);
}

static void fill_key(struct wg_bpf_flow_key *key, const struct nf_conntrack_tuple *tuple, u32 iif)
{
	key->iif = iif;
	key->family = tuple->src.l3num;
	key->protocol = tuple->dst.protonum;
	key->sport = tuple->src.u.all;
	key->dport = tuple->dst.u.all;
	memcpy(key->src, tuple->src.u3.all, sizeof(key->src));
	memcpy(key->dst, tuple->dst.u3.all, sizeof(key->dst));
}

static bool is_icmp(u8 protocol)
{
	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* What a packet leaves with: what its answers come with, the other way round. */
static void fill_become(struct bpf_wg_tuple *become, const struct nf_conntrack_tuple *answers)
{
	bool icmp = is_icmp(answers->dst.protonum);

	/* An echo has its identifier in both directions. */
	become->sport = icmp ? answers->src.u.icmp.id : answers->dst.u.all;
	become->dport = icmp ? 0 : answers->src.u.all;
	memcpy(become->src, answers->dst.u3.all, sizeof(become->src));
	memcpy(become->dst, answers->src.u3.all, sizeof(become->dst));
}

/* The address that a packet is sent to next, by its route. */
static void fill_nexthop(__be32 *nexthop, const struct sk_buff *skb)
{
	const struct dst_entry *dst = skb_dst(skb);
	const struct in6_addr *gateway;
	const struct rtable *rt;

	if (skb->protocol == htons(ETH_P_IPV6)) {
		gateway = rt6_nexthop(dst_rt6_info(dst), &ipv6_hdr(skb)->daddr);
		memcpy(nexthop, gateway, sizeof(*gateway));
		return;
	}
	rt = dst_rtable(dst);
	if (rt->rt_gw_family == AF_INET6)
		memcpy(nexthop, &rt->rt_gw6, sizeof(rt->rt_gw6));
	else
		nexthop[0] = rt_nexthop(rt, ip_hdr(skb)->daddr);
}

static u8 dscp_of(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IPV6))
		return ipv6_get_dsfield(ipv6_hdr(skb)) & ~INET_ECN_MASK;
	return ip_hdr(skb)->tos & ~INET_ECN_MASK;
}

/**
 * struct sight - a packet at the end of its way
 * @iif: as in struct wg_bpf_flow_key
 * @oif: as in struct wg_bpf_note
 * @nexthop: likewise
 * @dscp: likewise
 * @direction: likewise
 * @unmarked: whether nothing of marks and priorities is left where it goes
 * @change: what rules have done to it
 * @plain: whether the fast path can do what was done
 * @routed: whether it is known what its route was looked up with
 * @mark: that mark
 * @translates: as in struct wg_bpf_note
 * @redirects: likewise
 * @become: likewise
 */
struct sight {
	u32 iif;
	u8 dscp;
	u32 oif;
	__be32 nexthop[4];
	u8 direction;
	bool unmarked;
	enum wg_bpf_change change;
	bool plain;
	bool routed;
	u32 mark;
	bool translates;
	bool redirects;
	struct bpf_wg_tuple become;
};

/*
 * What its connection makes of a packet. Returns whether that is to be done here. It is not where
 * others than NAT have changed the connection, as IPVS does; and that a datagram of this host's is
 * sent elsewhere, or that one to it comes from elsewhere, WireGuard has to see for itself.
 */
static bool find_translation(struct sight *sight, const struct wg_bpf_flow_key *key,
			     const struct nf_conn *ct)
{
	const struct bpf_wg_tuple *become = &sight->become;
	bool masks;

	fill_become(&sight->become, nf_ct_tuple(ct, !sight->direction));
	masks = become->sport != key->sport || memcmp(become->src, key->src, sizeof(key->src));
	sight->redirects = memcmp(become->dst, key->dst, sizeof(key->dst)) ||
			   (!is_icmp(key->protocol) && become->dport != key->dport);
	sight->translates = masks || sight->redirects;
	if (sight->translates && !(READ_ONCE(ct->status) & IPS_NAT_MASK))
		return false;
	return !(sight->redirects && !sight->iif) && !(masks && !sight->oif);
}

/* Write what was seen. Returns the connection that the note was of before, if it is another. */
static struct nf_conn *write_note(struct wg_bpf_note *note, struct nf_conn *ct,
				  const struct sight *sight)
{
	struct nf_conn *old = NULL;

	if (note->ct != ct) {
		nf_conntrack_get(&ct->ct_general);
		old = note->ct;
		note->ct = ct;
		note->number++;
	}
	note->direction = sight->direction;
	note->dscp = sight->dscp;
	note->marked = sight->change == WG_BPF_CHANGE_MARK;
	note->oif = sight->oif;
	memcpy(note->nexthop, sight->nexthop, sizeof(note->nexthop));
	note->lives = nf_ct_expires(ct);
	note->stamp = jiffies;
	note->mark = sight->mark;
	note->translates = sight->translates;
	note->redirects = sight->redirects;
	note->become = sight->become;
	return old;
}

/*
 * Count a packet that has come to its end. What programs do not count when they pass it, as they
 * do not know its flow, may be among them: that cannot be more than they have counted.
 */
static void count_seen(struct wg_bpf_note *note, const struct sk_buff *skb)
{
	u32 packets = skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;

	note->seen += min(packets, note->passed - note->seen);
}

/*
 * Whether a note is to be left as it is: the flow has packets of several kinds, as handshakes
 * beside data, and this is not the kind that was noted, which is still good.
 */
static bool is_of_other_kind(const struct witness *witness, const struct wg_bpf_note *note,
			     const struct nf_conn *ct, const struct sight *sight)
{
	return note->ct == ct && note->dscp != sight->dscp &&
	       time_before(jiffies, note->stamp + READ_ONCE(witness->good));
}

/* Whether a connection is of a kind whose packets a program tells apart by the key. */
static bool has_key(const struct nf_conntrack_tuple *tuple)
{
	switch (tuple->dst.protonum) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		return true;
	case IPPROTO_ICMP:
		return !tuple->dst.u.icmp.code && (tuple->dst.u.icmp.type == ICMP_ECHO ||
						   tuple->dst.u.icmp.type == ICMP_ECHOREPLY);
	case IPPROTO_ICMPV6:
		return !tuple->dst.u.icmp.code && (tuple->dst.u.icmp.type == ICMPV6_ECHO_REQUEST ||
						   tuple->dst.u.icmp.type == ICMPV6_ECHO_REPLY);
	}
	return false;
}

/* What a tunnel says on its own behalf is not as its data are, and says nothing about these. */
static bool is_handshake(const struct sight *sight)
{
	return (!sight->iif || !sight->oif) && sight->dscp == HANDSHAKE_DSCP;
}

/* A note that is made now begins with packets that nobody has counted: this one at least. */
static struct nf_conn *add_note(struct witness *witness, struct wg_bpf_bucket *bucket,
				const struct wg_bpf_flow_key *key, struct wg_bpf_note **note)
{
	struct nf_conn *old = wg_bpf_note_add(bucket, key, READ_ONCE(witness->good), note);

	if (*note)
		(*note)->late = true;
	return old;
}

/* Whether a packet's connection is in another zone than that of the note, which lives. */
static bool is_in_other_zone(const struct wg_bpf_note *note, const struct nf_conn *ct,
			     const struct sight *sight)
{
	return note->ct && note->ct != ct && !nf_ct_is_dying(note->ct) &&
	       !nf_ct_is_expired(note->ct) &&
	       nf_ct_zone_id(nf_ct_zone(note->ct), note->direction) !=
		       nf_ct_zone_id(nf_ct_zone(ct), sight->direction);
}

/*
 * Rules may put packets that look alike when they come into several zones, where they are of
 * several connections. Once is a change of the rules. If it happens again, nobody can tell of which
 * connection a packet is.
 */
static void watch_zone(struct wg_bpf_note *note, const struct nf_conn *ct,
		       const struct sight *sight)
{
	if (!is_in_other_zone(note, ct, sight))
		return;
	note->ambiguous = note->moved;
	note->moved = true;
}

/* Keep what was seen, of a packet of the connection, for the flow that has the key. */
static void keep(struct witness *witness, struct wg_bpf_notes *notes,
		 const struct wg_bpf_flow_key *key, const struct sk_buff *skb, struct nf_conn *ct,
		 const struct sight *sight)
{
	struct wg_bpf_bucket *bucket = wg_bpf_notes_bucket(notes, key);
	struct nf_conn *old = NULL, *other = NULL;
	struct wg_bpf_note *note;

	spin_lock(&bucket->lock);
	note = wg_bpf_note_find(bucket, key);
	if (note)
		count_seen(note, skb);
	else if (sight->plain)
		old = add_note(witness, bucket, key, &note);
	if (note && sight->plain)
		watch_zone(note, ct, sight);
	if (note && sight->plain && !note->ambiguous && !is_of_other_kind(witness, note, ct, sight))
		other = write_note(note, ct, sight);
	spin_unlock(&bucket->lock);
	if (sight->plain && (sight->mark || sight->translates) && !READ_ONCE(notes->recalls))
		WRITE_ONCE(notes->recalls, true);
	if (old)
		nf_conntrack_put(&old->ct_general);
	if (other)
		nf_conntrack_put(&other->ct_general);
}

static void note_sight(struct witness *witness, const struct sk_buff *skb, struct sight *sight)
{
	struct wg_bpf_notes *notes = rcu_dereference(witness->notes);
	const struct nf_conntrack_tuple *tuple;
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);
	struct wg_bpf_flow_key key;

	/* An error that is related to a flow is not of the flow. */
	if (!notes || !ct || nf_ct_is_template(ct) || info == IP_CT_RELATED ||
	    info == IP_CT_RELATED_REPLY)
		return;
	sight->direction = CTINFO2DIR(info);
	tuple = nf_ct_tuple(ct, sight->direction);
	if (!has_key(tuple))
		return;
	fill_key(&key, tuple, sight->iif);
	sight->plain = sight->routed && find_translation(sight, &key, ct) && is_plain(ct) &&
		       !is_handshake(sight);
	sight->change = wg_bpf_snapshot_compare(witness->snapshots, skb, witness->net,
						sight->iif && sight->oif, &key,
						sight->translates ? &sight->become : NULL);
	if (sight->unmarked && sight->change == WG_BPF_CHANGE_MARK)
		sight->change = WG_BPF_CHANGE_NONE;
	if (sight->change == WG_BPF_CHANGE_OTHER)
		sight->plain = false;
	keep(witness, notes, &key, skb, ct, sight);
}

/* Whether a packet of this host's is one that a WireGuard device sends. Bottom halves are off. */
static bool is_from_tunnel(const struct nf_hook_state *state)
{
	const struct sock *sk = state->sk;

	return sk && sk_fullsock(sk) && sk->sk_protocol == IPPROTO_UDP &&
	       wg_device_lookup_port(state->net, inet_sk(sk)->inet_num);
}

static unsigned int see_beginning(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	const struct witness *witness = net_generic(state->net, witness_id);

	local_bh_disable();
	if (state->hook == NF_INET_PRE_ROUTING && wg_bpf_has_ingress_hook(state->net, state->in))
		wg_bpf_snapshot_keep(witness->snapshots, skb);
	else if (state->hook != NF_INET_LOCAL_OUT || is_from_tunnel(state))
		wg_bpf_snapshot_take(witness->snapshots, skb);
	local_bh_enable();
	return NF_ACCEPT;
}

/**
 * wg_bpf_see_ingress - see a packet before the chains of the device that has received it
 */
unsigned int wg_bpf_see_ingress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct witness *witness = net_generic(state->net, witness_id);

	local_bh_disable();
	wg_bpf_snapshot_take_early(witness->snapshots, skb);
	local_bh_enable();
	return NF_ACCEPT;
}

/* Right behind the lookup of the route: chains that come now may give other marks. */
static unsigned int see_routed(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct witness *witness = net_generic(state->net, witness_id);

	local_bh_disable();
	wg_bpf_snapshot_routed(witness->snapshots, skb);
	local_bh_enable();
	return NF_ACCEPT;
}

/*
 * A packet that leaves. One that is forwarded has no socket; the device that it has come in by is
 * no sign, since WireGuard's own datagrams have their device there.
 */
static void see_leaving_packet(struct witness *witness, const struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct sight sight = { .oif = state->out->ifindex, .routed = true };
	bool into_tunnel = wg_device_from_netdev(state->out);
	bool forwarded = !state->sk;

	if (forwarded && (!state->in || !(into_tunnel || wg_device_from_netdev(state->in))))
		return;
	if (!forwarded && !is_from_tunnel(state))
		return;
	if (!skb_valid_dst(skb) || dst_xfrm(skb_dst(skb)))
		return;
	if (forwarded) {
		sight.iif = state->in->ifindex;
		sight.routed = wg_bpf_snapshot_mark(witness->snapshots, skb, &sight.mark);
	}
	if (!into_tunnel)
		fill_nexthop(sight.nexthop, skb);
	sight.dscp = dscp_of(skb);
	/* Nothing of this is left when a packet has been encrypted. */
	sight.unmarked = into_tunnel;
	note_sight(witness, skb, &sight);
}

static unsigned int see_leaving(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	local_bh_disable();
	see_leaving_packet(net_generic(state->net, witness_id), skb, state);
	local_bh_enable();
	return NF_ACCEPT;
}

/* Whether a packet to this host is for a WireGuard device. Bottom halves are off. */
static bool is_to_tunnel(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	u8 protocol = state->pf == NFPROTO_IPV4 ? ip_hdr(skb)->protocol : ipv6_hdr(skb)->nexthdr;
	const struct udphdr *udp;
	struct udphdr buffer;

	if (protocol != IPPROTO_UDP)
		return false;
	udp = skb_header_pointer(skb, skb_transport_offset(skb), sizeof(buffer), &buffer);
	return udp && wg_device_lookup_port(state->net, ntohs(udp->dest));
}

static unsigned int see_arriving(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct witness *witness = net_generic(state->net, witness_id);
	struct sight sight = { .iif = state->in->ifindex };

	local_bh_disable();
	if (is_to_tunnel(skb, state)) {
		sight.dscp = dscp_of(skb);
		sight.routed = wg_bpf_snapshot_mark(witness->snapshots, skb, &sight.mark);
		/* Nor when one has come to its socket. */
		sight.unmarked = true;
		note_sight(witness, skb, &sight);
	}
	local_bh_enable();
	return NF_ACCEPT;
}

/* What the entries of all witnesses have, and no other. */
char wg_bpf_witness_sign;

/*
 * Conntrack confirms a connection behind these: with its first packet it is none yet. What others
 * have at the very same places, these may not see.
 */
#define WITNESS(family, number, function, place)                                                   \
	{                                                                                          \
		.hook = function,                                                                  \
		.priv = &wg_bpf_witness_sign,                                                      \
		.pf = NFPROTO_##family,                                                            \
		.hooknum = NF_INET_##number,                                                       \
		.priority = place,                                                                 \
	}
#define WITNESSES(family)                                                                          \
	WITNESS(family, PRE_ROUTING, see_beginning, INT_MIN),                                      \
		WITNESS(family, LOCAL_OUT, see_beginning, INT_MIN),                                \
		WITNESS(family, FORWARD, see_routed, INT_MIN),                                     \
		WITNESS(family, LOCAL_IN, see_routed, INT_MIN),                                    \
		WITNESS(family, LOCAL_IN, see_arriving, INT_MAX - 1),                              \
		WITNESS(family, POST_ROUTING, see_leaving, INT_MAX - 1)

static const struct nf_hook_ops witnesses[] = { WITNESSES(IPV4), WITNESSES(IPV6) };

static void end(struct witness *witness)
{
	struct wg_bpf_notes *notes = rcu_dereference_protected(witness->notes, true);

	wg_bpf_ingress_end(witness->net);
	nf_unregister_net_hooks(witness->net, witnesses, ARRAY_SIZE(witnesses));
	RCU_INIT_POINTER(witness->notes, NULL);
	WRITE_ONCE(witness->good, 0);
	synchronize_net();
	wg_bpf_notes_free(notes);
	free_percpu(witness->snapshots);
}

/* Programs find notes only when all hooks are there to write them. */
static int begin(struct witness *witness)
{
	struct wg_bpf_notes *notes = wg_bpf_notes_alloc();
	int ret = -ENOMEM;

	witness->snapshots = wg_bpf_snapshots_alloc();
	if (!notes || !witness->snapshots)
		goto out;
	ret = nf_register_net_hooks(witness->net, witnesses, ARRAY_SIZE(witnesses));
	if (ret)
		goto out;
	rcu_assign_pointer(witness->notes, notes);
	return 0;
out:
	/* A hook may have been there, and may have begun to look. */
	synchronize_net();
	free_percpu(witness->snapshots);
	kvfree(notes);
	return ret;
}

static void tend(struct work_struct *work)
{
	struct witness *witness = container_of(work, struct witness, work.work);
	struct wg_bpf_notes *notes = rcu_dereference_protected(witness->notes, true);
	unsigned long next = TIDY;

	if (time_after(jiffies, READ_ONCE(witness->asked) + IDLE)) {
		if (notes)
			end(witness);
		/* Who asks from now on finds no notes, and may call. */
		smp_store_release(&witness->called, false);
		return;
	}
	if (notes)
		wg_bpf_notes_tidy(notes, READ_ONCE(witness->good));
	if (!notes && begin(witness))
		next = AGAIN;
	else
		wg_bpf_ingress_tend(witness->net);
	queue_delayed_work(system_unbound_wq, &witness->work, next);
}

/**
 * wg_bpf_witness_notes - the memory of flows, for a program that asks for consent
 * @net: the network namespace
 * @good: for how long it takes a note for good, in jiffies
 *
 * Context: softirq or bottom halves off.
 * Return: the memory, or NULL: then it is asked for, and may be there later.
 */
struct wg_bpf_notes *wg_bpf_witness_notes(struct net *net, unsigned long good)
{
	struct witness *witness = net_generic(net, witness_id);
	struct wg_bpf_notes *notes = rcu_dereference_bh(witness->notes);

	/* Shared by all CPUs, so it is written no more often than it changes. */
	if (time_before(READ_ONCE(witness->asked), jiffies))
		WRITE_ONCE(witness->asked, jiffies);
	/*
	 * A note that is too old to be good is of use to the next packet of its flow, which is then
	 * known for the first of those that pass.
	 */
	if (unlikely(READ_ONCE(witness->good) < good + HZ))
		WRITE_ONCE(witness->good, good + HZ);
	if (unlikely(!notes) && !READ_ONCE(witness->called) && !xchg(&witness->called, true))
		queue_delayed_work(system_unbound_wq, &witness->work, 0);
	return notes;
}

/* Whether rules see a packet before it is routed. */
static bool is_seen_first(struct net *net, const struct bpf_wg_flow *flow)
{
	const struct net_device *dev;

	if (wg_bpf_has_prerouting_hook(net, flow->family))
		return true;
	if (!wg_bpf_any_ingress_hook())
		return false;
	dev = dev_get_by_index_rcu(net, flow->iif);
	return dev && wg_bpf_has_ingress_hook(net, dev);
}

/**
 * wg_bpf_witness_look - the memory of flows, for a program that does not know yet whether it will
 * ask
 * @net: the network namespace
 * @flow: of the packet
 *
 * Where rules see a packet before it is routed, the answer may be needed to come so far: that is as
 * good as to have asked.
 *
 * Context: softirq or bottom halves off.
 * Return: as wg_bpf_witness_notes().
 */
struct wg_bpf_notes *wg_bpf_witness_look(struct net *net, const struct bpf_wg_flow *flow)
{
	struct witness *witness = net_generic(net, witness_id);

	if (time_before(READ_ONCE(witness->asked), jiffies) && is_seen_first(net, flow))
		return wg_bpf_witness_notes(net, 0);
	return rcu_dereference_bh(witness->notes);
}

static int __net_init witness_net_init(struct net *net)
{
	struct witness *witness = net_generic(net, witness_id);

	witness->net = net;
	witness->asked = jiffies;
	INIT_DELAYED_WORK(&witness->work, tend);
	return 0;
}

/* Before conntrack leaves the namespace: it waits for all connections that somebody holds. */
static void __net_exit witness_net_exit(struct net *net)
{
	struct witness *witness = net_generic(net, witness_id);

	disable_delayed_work_sync(&witness->work);
	if (rcu_access_pointer(witness->notes))
		end(witness);
}

static struct pernet_operations witness_ops = {
	.init = witness_net_init,
	.pre_exit = witness_net_exit,
	.id = &witness_id,
	.size = sizeof(struct witness),
};

static bool registered;

/**
 * wg_bpf_witness_init - prepare for programs that ask
 *
 * Return: 0, or a negative errno.
 */
int __init wg_bpf_witness_init(void)
{
	int ret = wg_bpf_ingress_init();

	if (ret)
		return ret;
	ret = register_pernet_subsys(&witness_ops);
	if (ret)
		wg_bpf_ingress_uninit();
	registered = !ret;
	return ret;
}

/**
 * wg_bpf_witness_uninit - let all hooks go
 *
 * As long as WireGuard's tables of devices are there, which these look into.
 */
void wg_bpf_witness_uninit(void)
{
	if (!registered)
		return;
	unregister_pernet_subsys(&witness_ops);
	wg_bpf_ingress_uninit();
}

#endif /* CONFIG_NETFILTER && CONFIG_NF_CONNTRACK */
