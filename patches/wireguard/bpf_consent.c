// SPDX-License-Identifier: GPL-2.0
/*
 * Whether netfilter would let a packet go, by what the witnesses have seen of its flow. A flow goes
 * fast for a while after the stack itself has let one of its packets through. Then one passes
 * again, and with it all that follow until it is through, since none may overtake another.
 */

#include "bpf_consent.h"
#include "bpf_internal.h"

#if IS_ENABLED(CONFIG_NETFILTER) && IS_ENABLED(CONFIG_NF_CONNTRACK)

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/jiffies.h>
#include <net/inet_ecn.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netfilter/nf_conntrack_l4proto.h>

/*
 * What passes is waited for no longer than this: the stack may have lost it, and where it cannot
 * keep up with a flow, there is always something underway. Then some packets are overtaken.
 */
#define PATIENCE (HZ / 4)

/* What has passed before there was a note is through after this time: nobody counted it. */
#define SETTLES (HZ / 50 + 1)

/**
 * struct asking - what is asked about both flows of a packet, inner and outer
 * @notes: the memory of flows
 * @peer: whose packet it is
 * @is_queued: whether earlier ones of the peer may wait in WireGuard's queues
 * @good: for how long a note is, in jiffies
 * @consent: where the answer goes
 */
struct asking {
	struct wg_bpf_notes *notes;
	struct wg_peer *peer;
	bool (*is_queued)(struct wg_peer *peer);
	unsigned long good;
	struct bpf_wg_consent *consent;
};

/**
 * struct question - about one of the two, and where what comes of it goes
 * @key: of the flow
 * @oif: where the fast path sends it, 0 for this host
 * @nexthop: likewise, or NULL if that is no matter
 * @dscp: of the packet
 * @ends: whether the packet begins or ends a connection
 * @whose: BPF_WG_HOOKS_INNER or BPF_WG_HOOKS_OUTER
 * @recall: what was told before it was routed
 * @become: with which addresses it leaves, if with others
 * @ticket: one for wg_bpf_consent_used(), if there is something to tell
 */
struct question {
	struct wg_bpf_flow_key key;
	u32 oif;
	const __be32 *nexthop;
	u8 dscp;
	bool ends;
	u32 whose;
	const struct bpf_wg_recall *recall;
	struct bpf_wg_tuple *become;
	u64 *ticket;
};

/*
 * The entry lives, for long enough, since what goes fast does not renew it, and in a state in which
 * packets change nothing.
 */
static bool is_alive(const struct wg_bpf_note *note)
{
	const struct nf_conn *ct = note->ct;

	if (!ct || note->ambiguous || nf_ct_expires(ct) <= note->lives / 2 ||
	    READ_ONCE(ct->status) & (IPS_DYING | IPS_SEQ_ADJUST | IPS_OFFLOAD | IPS_HW_OFFLOAD))
		return false;
	return note->key.protocol != IPPROTO_TCP ||
	       READ_ONCE(ct->proto.tcp.state) == TCP_CONNTRACK_ESTABLISHED;
}

/*
 * Whether a packet was routed as those were that the stack has let through. If it was not told,
 * there must have been nothing to tell.
 */
static bool is_routed_alike(const struct wg_bpf_note *note, const struct question *question)
{
	return note->mark == question->recall->mark &&
	       (question->recall->place || !note->redirects);
}

/* Whether a note is about what is asked. */
static bool is_answer(const struct wg_bpf_note *note, const struct asking *asking,
		      const struct question *question)
{
	if (!is_routed_alike(note, question))
		return false;
	if (question->ends || !is_alive(note) || note->oif != question->oif ||
	    note->dscp != question->dscp ||
	    (note->marked && asking->consent->flags & BPF_WG_CONSENT_MARKS))
		return false;
	return !question->nexthop ||
	       !memcmp(note->nexthop, question->nexthop, sizeof(note->nexthop));
}

/*
 * Whether packets that have passed may still be underway: before the end of the stack's way, or
 * behind it in WireGuard's queues. Between these two one may be for a moment, on another CPU.
 */
static bool is_underway(const struct wg_bpf_note *note, const struct asking *asking)
{
	if (note->late && time_before(jiffies, note->since + SETTLES))
		return true;
	return time_before(jiffies, note->since + PATIENCE) &&
	       (note->seen != note->passed || asking->is_queued(asking->peer));
}

/*
 * Decide by a note, and keep count of what passes. @other is why the packet passes anyway, or 0;
 * @ordered whether it is this note that keeps its flow in order.
 */
static int judge(struct wg_bpf_note *note, const struct asking *asking,
		 const struct question *question, bool ordered, int other)
{
	int ret = other;

	if (!is_answer(note, asking, question))
		ret = -ENOENT;
	else if (!ret && !time_before(jiffies, note->stamp + asking->good))
		ret = -ETIME;
	if (ret && ordered) {
		if (!note->slow)
			wg_bpf_note_slow(note);
		note->since = jiffies;
	}
	if (!ret && ordered && note->slow && is_underway(note, asking))
		ret = -EAGAIN;
	if (ret)
		note->passed++;
	else
		note->slow = false;
	return ret;
}

/* Whether a connection must be told of a packet that goes fast: see tell(). */
static bool is_to_be_told(const struct wg_bpf_note *note)
{
	const struct nf_conn *ct = note->ct;
	u8 sender, receiver;

	if (nf_ct_ext_exist(ct, NF_CT_EXT_ACCT))
		return true;
	if (note->key.protocol != IPPROTO_TCP)
		return false;
	sender = READ_ONCE(ct->proto.tcp.seen[note->direction].flags);
	receiver = READ_ONCE(ct->proto.tcp.seen[!note->direction].flags);
	return !(sender & receiver & IP_CT_TCP_FLAG_BE_LIBERAL) ||
	       (sender | receiver) & IP_CT_TCP_FLAG_MAXACK_SET ||
	       receiver & IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
}

/* Which note, and in which place. */
static u64 ticket_of(const struct wg_bpf_notes *notes, const struct wg_bpf_bucket *bucket,
		     const struct wg_bpf_note *note)
{
	return (u64)note->number << 32 | wg_bpf_notes_place(notes, bucket, note);
}

/*
 * A flow of which nothing is known is counted from now on, so that when the stack has let it
 * through it is known what is still underway. One that was recalled is not looked for elsewhere:
 * if its note is gone, so is the answer by which it was routed.
 */
static int ask(const struct asking *asking, const struct question *question, bool ordered,
	       int other)
{
	const struct bpf_wg_recall *recall = question->recall;
	struct wg_bpf_notes *notes = asking->notes;
	struct wg_bpf_bucket *bucket;
	struct nf_conn *old = NULL;
	struct wg_bpf_note *note;
	int ret = -ENOENT;

	bucket = recall->place ? wg_bpf_notes_bucket_at(notes, recall->place)
			       : wg_bpf_notes_bucket(notes, &question->key);
	if (!bucket)
		return -EINVAL;
	spin_lock(&bucket->lock);
	if (recall->place) {
		note = wg_bpf_note_at(bucket, recall->place, recall->number);
		if (!note)
			wg_bpf_note_uncounted(bucket, recall->place);
	} else {
		note = wg_bpf_note_find(bucket, &question->key);
		if (!note)
			old = wg_bpf_note_add(bucket, &question->key, asking->good + HZ, &note);
	}
	if (note)
		ret = judge(note, asking, question, ordered, other);
	if (!ret && is_to_be_told(note))
		*question->ticket = ticket_of(notes, bucket, note);
	if (!ret && note->translates) {
		asking->consent->translates |= question->whose;
		*question->become = note->become;
	}
	spin_unlock(&bucket->lock);
	if (old)
		nf_conntrack_put(&old->ct_general);
	return ret;
}

/* What conntrack knows an ICMP echo by beside its identifier, RFC 792 and RFC 4443. */
static __be16 echo_type(const struct bpf_wg_flow *flow)
{
	bool ipv6 = flow->family == AF_INET6;

	if (flow->flags & BPF_WG_FLOW_ECHO)
		return htons((ipv6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO) << 8);
	return htons((ipv6 ? ICMPV6_ECHO_REPLY : ICMP_ECHOREPLY) << 8);
}

static void fill_key(struct wg_bpf_flow_key *key, const struct bpf_wg_flow *flow)
{
	*key = (struct wg_bpf_flow_key){
		.iif = flow->iif,
		.family = flow->family,
		.protocol = flow->protocol,
		.sport = flow->sport,
		.dport = flow->dport,
	};
	memcpy(key->src, flow->src, sizeof(flow->src));
	memcpy(key->dst, flow->dst, sizeof(flow->dst));
	if (flow->flags & (BPF_WG_FLOW_ECHO | BPF_WG_FLOW_ECHO_REPLY))
		key->dport = echo_type(flow);
}

static void ask_about_inner(struct question *question, const struct bpf_wg_flow *flow,
			    const __be32 *nexthop, struct bpf_wg_consent *consent)
{
	fill_key(&question->key, flow);
	question->oif = flow->oif;
	question->nexthop = nexthop;
	question->dscp = flow->tos & ~INET_ECN_MASK;
	question->ends = flow->flags & (BPF_WG_FLOW_SYN | BPF_WG_FLOW_END);
	question->whose = BPF_WG_HOOKS_INNER;
	question->recall = &consent->inner_recall;
	question->become = &consent->inner_become;
	question->ticket = &consent->tickets[0];
}

static void ask_about_outer(struct question *question, struct bpf_wg_consent *consent)
{
	question->ends = false;
	question->whose = BPF_WG_HOOKS_OUTER;
	question->recall = &consent->outer_recall;
	question->become = &consent->outer_become;
	question->ticket = &consent->tickets[1];
}

/* About a datagram that comes. */
static void ask_about_arrival(struct question *question, const struct bpf_wg_flow *flow,
			      struct bpf_wg_consent *consent)
{
	fill_key(&question->key, flow);
	question->oif = flow->oif;
	question->nexthop = NULL;
	question->dscp = flow->tos & ~INET_ECN_MASK;
	ask_about_outer(question, consent);
}

/* About one that leaves, with the DSCP that all data messages are sent with. */
static void ask_about_route(struct question *question, const struct bpf_wg_route *route,
			    struct bpf_wg_consent *consent)
{
	question->key = (struct wg_bpf_flow_key){
		.family = route->family,
		.protocol = IPPROTO_UDP,
		.sport = route->sport,
		.dport = route->dport,
	};
	memcpy(question->key.src, route->src, sizeof(route->src));
	memcpy(question->key.dst, route->dst, sizeof(route->dst));
	question->oif = route->ifindex;
	question->nexthop = route->nexthop;
	question->dscp = 0;
	ask_about_outer(question, consent);
}

/* Begin to ask, with nothing answered. */
static int begin(struct asking *asking, struct wg_peer *peer,
		 bool (*is_queued)(struct wg_peer *peer), struct bpf_wg_consent *consent)
{
	if (consent->needs & ~(BPF_WG_HOOKS_INNER | BPF_WG_HOOKS_OUTER) ||
	    consent->flags & ~BPF_WG_CONSENT_FLAGS || consent->sample > BPF_WG_SAMPLE_MAX)
		return -EINVAL;
	asking->good = msecs_to_jiffies(consent->sample);
	asking->notes = wg_bpf_witness_notes(dev_net(peer->device->dev), asking->good);
	if (!asking->notes)
		return -ENOENT;
	asking->peer = peer;
	asking->is_queued = is_queued;
	asking->consent = consent;
	consent->translates = 0;
	consent->tickets[0] = consent->tickets[1] = 0;
	return 0;
}

/* Why the packet passes anyway, or 0. */
static int passes(const struct bpf_wg_consent *consent)
{
	return consent->flags & BPF_WG_CONSENT_PASSES ? -EAGAIN : 0;
}

/*
 * The outer flow is first: who passes for it passes by the inner one's count as well, which then
 * keeps the order alone.
 */
static int ask_outer(const struct asking *asking, const struct question *question)
{
	const struct bpf_wg_consent *consent = asking->consent;

	return ask(asking, question, !(consent->needs & BPF_WG_HOOKS_INNER), passes(consent));
}

/* What is known of a flow that was routed otherwise than by itself; nothing is decided by it. */
static int recall(struct net *net, const struct bpf_wg_flow *flow, struct bpf_wg_recalled *recalled)
{
	struct wg_bpf_notes *notes = wg_bpf_witness_look(net, flow);
	struct wg_bpf_bucket *bucket;
	struct wg_bpf_flow_key key;
	struct wg_bpf_note *note;
	int ret = 0;

	if (!notes || !READ_ONCE(notes->recalls))
		return 0;
	fill_key(&key, flow);
	bucket = wg_bpf_notes_bucket(notes, &key);
	spin_lock(&bucket->lock);
	note = wg_bpf_note_find(bucket, &key);
	if (note && note->ct && (note->mark || note->translates)) {
		recalled->recall.mark = note->mark;
		recalled->recall.place = wg_bpf_notes_place(notes, bucket, note);
		recalled->recall.number = note->number;
		ret = note->redirects;
	}
	if (ret) {
		recalled->dport = note->become.dport;
		memcpy(recalled->dst, note->become.dst, sizeof(recalled->dst));
	}
	spin_unlock(&bucket->lock);
	return ret;
}

int wg_bpf_consent_encrypt(struct wg_peer *peer, const struct bpf_wg_flow *flow,
			   const struct bpf_wg_route *route, struct bpf_wg_consent *consent)
{
	struct question question;
	struct asking asking;
	int ret;

	ret = begin(&asking, peer, wg_bpf_is_sending, consent);
	if (ret)
		return ret;
	ret = passes(consent);
	if (consent->needs & BPF_WG_HOOKS_OUTER) {
		ask_about_route(&question, route, consent);
		ret = ask_outer(&asking, &question);
	}
	if (consent->needs & BPF_WG_HOOKS_INNER) {
		ask_about_inner(&question, flow, NULL, consent);
		ret = ask(&asking, &question, true, ret);
	}
	return ret;
}

int wg_bpf_consent_decrypt(struct wg_peer *peer, const struct bpf_wg_flow *outer,
			   const struct bpf_wg_flow *inner, struct bpf_wg_consent *consent)
{
	struct question question;
	struct asking asking;
	int ret;

	ret = begin(&asking, peer, wg_bpf_is_receiving, consent);
	if (ret)
		return ret;
	ret = passes(consent);
	if (consent->needs & BPF_WG_HOOKS_OUTER) {
		ask_about_arrival(&question, outer, consent);
		ret = ask_outer(&asking, &question);
	}
	if (consent->needs & BPF_WG_HOOKS_INNER) {
		ask_about_inner(&question, inner, consent->nexthop, consent);
		ret = ask(&asking, &question, true, ret);
	}
	return ret;
}

/* How long an established connection lives in which nothing waits to be acknowledged. */
static unsigned int established_timeout(const struct nf_conn *ct)
{
	const unsigned int *timeouts = nf_tcp_pernet(nf_ct_net(ct))->timeouts;

	return timeouts[READ_ONCE(ct->status) & IPS_SEEN_REPLY ? TCP_CONNTRACK_ESTABLISHED
							       : TCP_CONNTRACK_UNACK];
}

/* Whether rules or conntrack itself have set how long a connection lives. */
static bool has_own_timeout(const struct nf_conn *ct)
{
#ifdef CONFIG_NF_CONNTRACK_TIMEOUT
	if (nf_ct_ext_exist(ct, NF_CT_EXT_TIMEOUT))
		return true;
#endif
	return READ_ONCE(ct->status) & IPS_FIXED_TIMEOUT;
}

/*
 * A segment that goes fast leaves the window behind that conntrack knows, which must not judge by
 * it any more. If conntrack waits for the other side's data to be acknowledged, to forget a
 * connection sooner that has died, this is taken for it.
 */
static void loosen(struct nf_conn *ct, u8 direction)
{
	struct ip_ct_tcp *tcp = &ct->proto.tcp;
	bool waited;

	spin_lock(&ct->lock);
	waited = tcp->seen[!direction].flags & IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
	tcp->seen[!direction].flags &= ~IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
	for (unsigned int i = 0; i < 2; i++) {
		tcp->seen[i].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
		tcp->seen[i].flags &= ~IP_CT_TCP_FLAG_MAXACK_SET;
	}
	if (waited && tcp->state == TCP_CONNTRACK_ESTABLISHED && !has_own_timeout(ct) &&
	    !(tcp->seen[direction].flags & IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED))
		WRITE_ONCE(ct->timeout, nfct_time_stamp + established_timeout(ct));
	spin_unlock(&ct->lock);
}

static void tell(const struct wg_bpf_note *note, u32 length)
{
	struct nf_conn_acct *acct = nf_conn_acct_find(note->ct);

	if (acct) {
		atomic64_inc(&acct->counter[note->direction].packets);
		atomic64_add(length, &acct->counter[note->direction].bytes);
	}
	if (note->key.protocol == IPPROTO_TCP)
		loosen(note->ct, note->direction);
}

static void use(struct wg_bpf_notes *notes, u64 ticket, u32 length)
{
	struct wg_bpf_bucket *bucket = wg_bpf_notes_bucket_at(notes, (u32)ticket);
	struct wg_bpf_note *note;

	if (!bucket)
		return;
	spin_lock(&bucket->lock);
	note = wg_bpf_note_at(bucket, (u32)ticket, ticket >> 32);
	if (note)
		tell(note, length);
	spin_unlock(&bucket->lock);
}

void wg_bpf_consent_used(struct wg_peer *peer, const struct bpf_wg_consent *consent, u32 inner,
			 u32 outer)
{
	struct wg_bpf_notes *notes;

	notes = wg_bpf_witness_notes(dev_net(peer->device->dev), 0);
	if (!notes)
		return;
	use(notes, consent->tickets[0], inner);
	use(notes, consent->tickets[1], outer);
}

#else

static int recall(struct net *net, const struct bpf_wg_flow *flow, struct bpf_wg_recalled *recalled)
{
	return 0;
}

int wg_bpf_consent_encrypt(struct wg_peer *peer, const struct bpf_wg_flow *flow,
			   const struct bpf_wg_route *route, struct bpf_wg_consent *consent)
{
	return -ENOENT;
}

int wg_bpf_consent_decrypt(struct wg_peer *peer, const struct bpf_wg_flow *outer_flow,
			   const struct bpf_wg_flow *inner_flow, struct bpf_wg_consent *consent)
{
	return -ENOENT;
}

void wg_bpf_consent_used(struct wg_peer *peer, const struct bpf_wg_consent *consent, u32 inner,
			 u32 outer)
{
}

#endif /* CONFIG_NETFILTER && CONFIG_NF_CONNTRACK */

int wg_bpf_flow_recall(struct net *net, const struct bpf_wg_flow *flow, u32 size,
		       struct bpf_wg_recalled *recalled)
{
	if (size != sizeof(*flow) || flow->flags & ~BPF_WG_FLOW_FLAGS)
		return -EINVAL;
	*recalled = (struct bpf_wg_recalled){};
	return net ? recall(net, flow, recalled) : 0;
}
