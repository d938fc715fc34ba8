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
 * struct question - about one of a packet's two flows, inner or outer, and what comes of it
 * @key: of the flow
 * @dscp: of the packet
 * @marks: whether marks and priorities are of interest
 * @oif: where the fast path sends it, 0 for this host
 * @nexthop: likewise, or NULL if that is no matter
 * @good: for how long a note is, in jiffies
 * @ends: whether the packet begins or ends a connection
 * @recall: what was told before it was routed
 * @peer: whose packet it is
 * @is_queued: whether earlier ones of the peer may wait in WireGuard's queues
 * @translates: set to whether the packet leaves as another flow's
 * @become: where it is told with which addresses then
 * @ticket: where one for wg_bpf_consent_used() goes, if there is something to tell
 */
struct question {
	struct wg_bpf_flow_key key;
	u8 dscp;
	bool marks;
	u32 oif;
	const __be32 *nexthop;
	unsigned long good;
	bool ends;
	struct bpf_wg_recall recall;
	struct wg_peer *peer;
	bool (*is_queued)(struct wg_peer *peer);
	bool translates;
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

	if (!ct || nf_ct_expires(ct) <= note->lives / 2 ||
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
	return note->mark == question->recall.mark && (question->recall.place || !note->redirects);
}

/* Whether a note is about what is asked. */
static bool is_answer(const struct wg_bpf_note *note, const struct question *question)
{
	if (!is_routed_alike(note, question))
		return false;
	if (question->ends || !is_alive(note) || note->oif != question->oif ||
	    note->dscp != question->dscp || (question->marks && note->marked))
		return false;
	return !question->nexthop ||
	       !memcmp(note->nexthop, question->nexthop, sizeof(note->nexthop));
}

/*
 * Whether packets that have passed may still be underway: before the end of the stack's way, or
 * behind it in WireGuard's queues. Between these two one may be for a moment, on another CPU.
 */
static bool is_underway(const struct wg_bpf_note *note, const struct question *question)
{
	if (note->late && time_before(jiffies, note->since + SETTLES))
		return true;
	return time_before(jiffies, note->since + PATIENCE) &&
	       (note->seen != note->passed || question->is_queued(question->peer));
}

/*
 * Decide by a note, and keep count of what passes. @other is why the packet passes anyway, or 0;
 * @ordered whether it is this note that keeps its flow in order.
 */
static int judge(struct wg_bpf_note *note, const struct question *question, bool ordered, int other)
{
	int ret = other;

	if (!is_answer(note, question))
		ret = -ENOENT;
	else if (!ret && !time_before(jiffies, note->stamp + question->good))
		ret = -ETIME;
	if (ret && ordered) {
		if (!note->slow)
			wg_bpf_note_slow(note);
		note->since = jiffies;
	}
	if (!ret && ordered && note->slow && is_underway(note, question))
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
static int ask(struct wg_bpf_notes *notes, struct question *question, bool ordered, int other)
{
	const struct bpf_wg_recall *recall = &question->recall;
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
			old = wg_bpf_note_add(bucket, &question->key, question->good + HZ, &note);
	}
	if (note)
		ret = judge(note, question, ordered, other);
	if (!ret && is_to_be_told(note))
		*question->ticket = ticket_of(notes, bucket, note);
	if (!ret && note->translates) {
		question->translates = true;
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

static void ask_about(struct question *question, const struct bpf_wg_flow *flow)
{
	fill_key(&question->key, flow);
	question->dscp = flow->tos & ~INET_ECN_MASK;
	question->oif = flow->oif;
	question->ends = flow->flags & (BPF_WG_FLOW_SYN | BPF_WG_FLOW_END);
}

static void ask_about_route(struct question *question, const struct bpf_wg_route *route)
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
}

/* The outer flow is first: who passes for it passes by the inner one's count as well. */
static int ask_both(struct wg_peer *peer, struct question *inner, struct question *outer,
		    bool (*is_queued)(struct wg_peer *peer), struct bpf_wg_consent *consent)
{
	unsigned long good = msecs_to_jiffies(consent->sample);
	struct wg_bpf_notes *notes;
	bool inner_too = consent->needs & BPF_WG_HOOKS_INNER;
	int ret = consent->flags & BPF_WG_CONSENT_PASSES ? -EAGAIN : 0;

	if (consent->needs & ~(BPF_WG_HOOKS_INNER | BPF_WG_HOOKS_OUTER) ||
	    consent->flags & ~BPF_WG_CONSENT_FLAGS || consent->sample > BPF_WG_SAMPLE_MAX)
		return -EINVAL;
	notes = wg_bpf_witness_notes(dev_net(peer->device->dev), good);
	if (!notes)
		return -ENOENT;
	consent->translates = 0;
	consent->tickets[0] = consent->tickets[1] = 0;
	inner->good = outer->good = good;
	inner->marks = outer->marks = consent->flags & BPF_WG_CONSENT_MARKS;
	inner->peer = outer->peer = peer;
	inner->is_queued = outer->is_queued = is_queued;
	inner->recall = consent->inner_recall;
	outer->recall = consent->outer_recall;
	inner->become = &consent->inner_become;
	outer->become = &consent->outer_become;
	inner->ticket = &consent->tickets[0];
	outer->ticket = &consent->tickets[1];
	if (consent->needs & BPF_WG_HOOKS_OUTER)
		ret = ask(notes, outer, !inner_too, ret);
	if (inner_too)
		ret = ask(notes, inner, true, ret);
	consent->translates = (inner->translates ? BPF_WG_HOOKS_INNER : 0) |
			      (outer->translates ? BPF_WG_HOOKS_OUTER : 0);
	return ret;
}

/* What is known of a flow that was routed otherwise than by itself; nothing is decided by it. */
static int recall(struct net *net, const struct bpf_wg_flow *flow, struct bpf_wg_recalled *recalled)
{
	struct wg_bpf_notes *notes = wg_bpf_witness_look(net, flow->family);
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
	struct question inner = {}, outer = {};

	ask_about(&inner, flow);
	ask_about_route(&outer, route);
	return ask_both(peer, &inner, &outer, wg_bpf_is_sending, consent);
}

int wg_bpf_consent_decrypt(struct wg_peer *peer, const struct bpf_wg_flow *outer_flow,
			   const struct bpf_wg_flow *inner_flow, struct bpf_wg_consent *consent)
{
	struct question inner = {}, outer = {};

	ask_about(&inner, inner_flow);
	inner.nexthop = consent->nexthop;
	ask_about(&outer, outer_flow);
	return ask_both(peer, &inner, &outer, wg_bpf_is_receiving, consent);
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
