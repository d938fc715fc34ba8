// SPDX-License-Identifier: GPL-2.0
/*
 * The datapath and RSS in one: a packet is handled where it came in as long as that CPU has time.
 * When it has not and another has, a flow moves there, by what is inside of the tunnel; and back
 * when it is calm. One that is more than a CPU can do is left to the stack, if others have time.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "crowd.h"
#include "order.h"
#include "pending.h"
#include "rss.h"
#include "rss_datapath.h"
#include "rss_lanes.h"
#include "rss_peek.h"

/*
 * For so many ticks, a flow of which a packet went fast is expected to; one without packets is
 * over.
 */
#define LASTING 1024
/*
 * A flow that fills a CPU by itself finds no better one, and after the first time it waits for long
 * until it looks for another, and twice as long so many times.
 */
#define VAIN_MAX 3

#define FLOW_SLOTS 4096 /* a power of two */
/* Slots to look at in one period, so that all have been after a while. */
#define SWEEP 128

/*
 * Where the flows of one hash are handled. All CPUs go by it: a flow may come in at one, and then
 * at another, as when its sender is a process. What two of them write at a time is as good as
 * either.
 */
struct flow_slot {
	__u32 seen; /* when the last packet came, in ticks */
	__u32 moved; /* when the flow moved, or was left to the stack */
	__u32 freed; /* when nothing of it was in the queue that it has moved to */
	__u32 turned; /* when it came in at another CPU than before */
	__u32 fast; /* when a packet was last seen to go fast */
	__u32 away; /* the CPU, and one; or 0: each packet where it comes in */
	__u32 left; /* 1: to the stack, or others were and those behind them wait */
	__u32 from; /* where the last packet came in */
	__u16 number; /* and which it was in the lane from there */
	__u8 looking; /* away, but what was last seen was handled where it came in */
	__u8 vain; /* how often it has left a CPU that it had moved to and that was crowded */
	struct order_slot order;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FLOW_SLOTS);
	__type(key, __u32);
	__type(value, struct flow_slot);
} flow_slots SEC(".maps");

/* Slots whose flows are away or left, and the next slot to look at, for who begins a period. */
__u32 slots_away;
__u32 sweep;

/* What a CPU does with the packets that come in there. */
struct reception {
	__u32 slot; /* of the packet's flow, FLOW_SLOTS if it has none */
	struct frame frame;
	struct rss_metadata found;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reception);
} receptions SEC(".maps");

struct {
	__uint(priority, XDP_WG_PRIO);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(xdp_wg_auto);

/* The CPUs that have a queue. */
static __always_inline __u32 crowd_cpus(void)
{
	return rss.cpus;
}

static __always_inline __u32 crowd_cpu(__u32 index)
{
	return rss_entry(index);
}

/* The flow is handled by another CPU from now on, or with 0 where it comes in. */
static __always_inline void move_to(struct flow_slot *slot, __u32 away)
{
	__u32 before = __sync_lock_test_and_set(&slot->away, away);

	if (!before && away)
		__sync_fetch_and_add(&slots_away, 1);
	else if (before && !away)
		__sync_fetch_and_add(&slots_away, -1);
}

/* The flow is left to the stack from now on, or not any more. */
static __always_inline void set_left(struct flow_slot *slot, __u32 left)
{
	if (__sync_lock_test_and_set(&slot->left, left) != left)
		__sync_fetch_and_add(&slots_away, left ? 1 : -1);
}

/* Whether a packet of the flow was seen to go fast, which only is where it came in. */
static __always_inline int goes_fast(const struct flow_slot *slot)
{
	return !is_past(slot->fast, LASTING);
}

/* A flow that has ended somewhere else begins where it comes in. */
static long sweep_one(__u32 index, void *context)
{
	__u32 key = (*(__u32 *)context + index) & (FLOW_SLOTS - 1);
	struct flow_slot *slot = bpf_map_lookup_elem(&flow_slots, &key);

	if (slot && (slot->away || slot->left) && is_past(slot->seen, LASTING)) {
		slot->vain = 0;
		slot->looking = 0;
		move_to(slot, 0);
		set_left(slot, 0);
	}
	return 0;
}

/* A period has begun: look at some of the slots. */
static __noinline int sweep_slots(void)
{
	__u32 first = sweep;

	sweep += SWEEP;
	bpf_loop(SWEEP, sweep_one, &first, 0);
	return 0;
}

/*
 * Whether nobody who takes another way can overtake what came before. Where it was handled here, it
 * is sent when this poll is over, and a queue may be quicker. Where it was queued, it is through,
 * or that is long ago; of what came in at two CPUs, only the last is known. A queue that is full
 * would never be: what is lost there is worse than what comes late.
 */
static __always_inline int is_free(const struct flow_slot *slot, __u32 away)
{
	if (!away)
		return !is_sending();
	return is_past(slot->seen, LASTING) || !cpu_is_online(away - 1) ||
	       lane_loses(away - 1, SETTLED) ||
	       (is_past(slot->turned, SETTLED) &&
		lane_is_through(slot->from, away - 1, slot->number));
}

/*
 * Where a flow of a crowded CPU should go, as its slot's away: to any CPU that has time, as a hash
 * chooses; where it chooses none of these, one flow in a period goes to the calmest.
 */
static __always_inline __u32 away_from(__u32 percent, __u32 away, __u32 hash)
{
	__u32 to = rss_entry(hash);

	if (percent < percent_of(to) + BETTER) {
		if (!crowd_turn())
			return away;
		to = calmest.cpu;
	}
	return to == bpf_get_smp_processor_id() ? 0 : to + 1;
}

/*
 * Where a flow of a crowded CPU that is free to move should be handled, as its slot's away, which
 * is what it is. One that has moved before may be why that CPU is crowded.
 */
static __always_inline __u32 less_crowded_place(struct flow_slot *slot, __u32 percent, __u32 away,
						__u32 hash)
{
	__u32 vain, to;

	/* That was another flow, or another time. */
	if (!away && is_past(slot->moved, LASTING << VAIN_MAX))
		slot->vain = 0;
	vain = slot->vain;

	if (away && vain && !is_past(slot->moved, LASTING << (vain & VAIN_MAX)))
		return away;
	to = away_from(percent, away, hash);
	if (away && to != away && vain < VAIN_MAX)
		slot->vain = vain + 1;
	return to;
}

/* Where a flow that is free to move should be handled, as its slot's away, which is what it is. */
static __always_inline __u32 better_place(struct flow_slot *slot, __u32 away, __u32 hash)
{
	__u32 self = bpf_get_smp_processor_id(), cpu = away ? away - 1 : self;
	__u32 percent = percent_of(cpu);

	/* What comes in where it is handled can do without the queue. */
	if (cpu == self && away)
		return 0;
	if (is_crowded(percent))
		return less_crowded_place(slot, percent, away, hash);
	if (cpu == self || percent + percent_of(self) >= CALM)
		return away;
	slot->vain = 0;
	return 0;
}

/*
 * A flow that is away is left to the stack, if its CPU is crowded and it could not leave it for as
 * long as it had to stay, since something of it was always in the queue; or if it has left another
 * that was crowded. Its packets are queued as before, and pass there: so none overtakes those that
 * wait. Returns whether it is left from now on.
 */
static __always_inline int relieve(struct flow_slot *slot, __u32 away, int free, __u32 length)
{
	int is_stuck = !free && is_past(slot->freed, SETTLED);

	if (free)
		slot->freed = bpf_jiffies64();
	if (!rss.relief || !away || !(is_stuck || slot->vain) ||
	    !relief_of_queue(percent_of(away - 1), length))
		return 0;
	slot->moved = bpf_jiffies64();
	slot->order.relieved = relief_now();
	order_passed(&slot->order, 1);
	set_left(slot, 1);
	return 1;
}

/* Move a flow, if it is free to and that is better. Returns what its slot's away is then. */
static __always_inline __u32 move(struct flow_slot *slot, __u32 away, __u32 hash, __u32 length)
{
	__u32 to;
	int free;

	if (!is_past(slot->moved, SETTLED))
		return away;
	free = is_free(slot, away);
	if (relieve(slot, away, free, length) || !free)
		return away;
	to = better_place(slot, away, hash);
	if (to == away)
		return away;
	slot->moved = bpf_jiffies64();
	slot->freed = slot->moved;
	move_to(slot, to);
	return to;
}

/*
 * A flow that is away, and of which it is not known any more that it goes fast: one packet is
 * handled here, to see, and what comes behind it while that has not been sent. If it passes, the
 * flow stays. Returns where to handle the packet, as a slot's away.
 */
static __always_inline __u32 look(struct flow_slot *slot, __u32 away, __u32 length)
{
	int free;

	if (!slot->looking) {
		free = is_free(slot, away);
		if (relieve(slot, away, free, length))
			return away;
		slot->looking = free;
		return free ? 0 : away;
	}
	if (is_sending())
		return 0;
	slot->looking = 0;
	if (goes_fast(slot))
		return away;
	move_to(slot, 0);
	return 0;
}

/* Where a packet of the flow is handled, as its slot's away. */
static __noinline __u32 place(struct flow_slot *slot, __u32 hash, __u32 length)
{
	__u32 away = slot->away;

	if (away && (slot->looking || !goes_fast(slot)))
		return look(slot, away, length);
	return away || goes_fast(slot) ? move(slot, away, hash, length) : 0;
}

/* A packet of the flow is queued for a CPU. */
static __always_inline void number_packet(struct flow_slot *slot, __u32 to,
					  struct rss_metadata *found)
{
	__u32 self = bpf_get_smp_processor_id();

	if (slot->from != self)
		slot->turned = bpf_jiffies64();
	slot->from = self;
	slot->number = lane_number(to);
	found->from = self + 1;
	found->to = to;
	found->number = slot->number;
}

/* Whether a packet would overtake others of its flow that were left to the stack. */
static __noinline int waits(struct order_slot *order, const struct rss_metadata *found,
			    const struct frame *frame, struct wg_device *wg)
{
	const struct bpf_wg_flow *flow = &found->packet.flow;
	/* The flow has the destination that the packet came with: see rss_exchange(). */
	const __be32 *dst = frame->redirected ? frame->dst : flow->dst;
	__u32 received = found->preview.message.length != 0;
	struct wg_peer *peer;
	int ret;

	if (received)
		peer = bpf_wg_peer_hashtable_lookup(wg, found->preview.message.index);
	else
		peer = bpf_wg_peer_allowedips_lookup(wg, dst, flow->family == AF_INET ? 4 : 16);
	if (!peer)
		return 0;
	ret = order_waits(order, peer, received);
	bpf_wg_peer_put(peer);
	return ret;
}

/* Whether a flow is still left to the stack. Where its queue is no good, it must find another. */
static __always_inline int stays(struct order_slot *order, __u32 cpu)
{
	if (!order->relieved)
		return 0;
	if (is_past(order->relieved, SETTLED) && (lane_loses(cpu, SETTLED) || !cpu_is_online(cpu)))
		order->relieved = 0;
	return order->relieved && order_stays(order, percent_of(cpu));
}

/* The reason to leave a packet to the stack because of its flow, which is away or not; or 0. */
static __always_inline int leave(struct flow_slot *slot, __u32 away, const struct reception *here,
				 struct wg_device *wg)
{
	struct order_slot *order = &slot->order;

	if (!slot->left)
		return 0;
	if (!away) {
		set_left(slot, 0);
		return 0;
	}
	if (stays(order, away - 1)) {
		order_passed(order, 1);
		return XDP_WG_BUSY;
	}
	/* What is in the queue yet has not passed. */
	if (order_since(order->passed) < ORDER_RELIEVED_PATIENCE && !is_free(slot, away)) {
		order->waited = bpf_ktime_get_ns();
		return XDP_WG_ORDER;
	}
	if (waits(order, &here->found, &here->frame, wg))
		return XDP_WG_ORDER;
	if (!order->passed)
		set_left(slot, 0);
	return 0;
}

/* The CPU to handle the packet on is known by its flow. Returns it, or RSS_HERE. */
static __always_inline __u32 rss_choose(struct xdp_md *ctx, struct rss_metadata *found,
					struct wg_device *wg)
{
	__u32 hash = hash_flow(peek_flow(ctx, found, wg), rss.seed), key = 0, away;
	struct reception *here = bpf_map_lookup_elem(&receptions, &key);
	struct flow_slot *slot;
	int reason;

	key = hash & (FLOW_SLOTS - 1);
	slot = bpf_map_lookup_elem(&flow_slots, &key);
	if (!here || !slot)
		return RSS_HERE;
	here->slot = key;
	/* The slot has taken some bits of the hash; others choose the CPU. */
	away = slot->left ? slot->away : place(slot, hash >> 16, found->packet.length);
	reason = leave(slot, away, here, wg);
	slot->seen = bpf_jiffies64();
	if (!away)
		return RSS_HERE;
	/* The datapath on that CPU goes by it, and decrypts nothing. */
	if (reason) {
		found->reason = reason;
		found->peeked = 0;
		bpf_xdp_wg_stream_forget(ctx);
	}
	number_packet(slot, away - 1, found);
	return away - 1;
}

/* Whether all is handled here: nothing has moved, and nothing has to. */
static __always_inline int is_calm(void)
{
	__u32 key = 0;
	const struct cpu_load *load = bpf_map_lookup_elem(&cpu_loads, &key);

	if (crowd_watch() && slots_away)
		sweep_slots();
	return !slots_away && load && !is_crowded(load->percent);
}

/*
 * Queue a packet that is WireGuard's, if it is to be handled elsewhere. Returns the verdict, or -1:
 * it is handled here.
 */
static __noinline int hand_over(struct xdp_md *ctx, struct reception *here)
{
	__u32 cpu = RSS_HERE;
	int reason;

	reason = rss_find_cpu(ctx, &here->frame, &here->found, &cpu);
	if (reason)
		return finish(ctx, reason, &here->frame, 0, 0);
	return cpu == RSS_HERE ? -1 : rss_send(ctx, &here->frame, &here->found, cpu);
}

/* The flow of a packet goes fast, and so it may move. */
static __noinline int note_fast(__u32 key)
{
	struct flow_slot *slot = bpf_map_lookup_elem(&flow_slots, &key);

	if (slot)
		slot->fast = bpf_jiffies64();
	return 0;
}

/* A packet that may have to be handled elsewhere, where here is for what is known of it. */
static __always_inline int choose_and_go_on(struct xdp_md *ctx, struct reception *here)
{
	struct rss_metadata *found = &here->found;
	int verdict = -1;

	__builtin_memset(&here->frame, 0, sizeof(here->frame));
	__builtin_memset(found, 0, sizeof(*found));
	here->slot = FLOW_SLOTS;
	here->frame.length = pkt_length(ctx);
	found->reason = classify(ctx, &here->frame, &found->packet);
	if (!found->reason || found->reason == XDP_WG_LOCAL)
		verdict = hand_over(ctx, here);
	if (verdict >= 0)
		return verdict;
	verdict = rss_go_on(ctx, found, &here->frame);
	if (verdict > XDP_PASS)
		note_fast(here->slot);
	return verdict;
}

/* Numbers travel in the metadata: where a driver has none, nothing moves. */
static __always_inline int may_move(struct xdp_md *ctx)
{
	return !bpf_xdp_adjust_meta(ctx, 0);
}

SEC("xdp.frags")
int xdp_wg_auto(struct xdp_md *ctx)
{
	struct reception *here;
	__u32 key = 0;

	here = bpf_map_lookup_elem(&receptions, &key);
	if (!here)
		return XDP_PASS;
	return is_calm() || !may_move(ctx) ? datapath(ctx) : choose_and_go_on(ctx, here);
}

char _license[] SEC("license") = "GPL";
