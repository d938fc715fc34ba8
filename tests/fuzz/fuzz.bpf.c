// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that make many calls in one run, with arguments of a generator. Each step begins the
 * generator anew, from the seed, the number of the run and its own, so that what it calls goes by
 * nothing else than the frame's length and whether what it looks up is there.
 *
 * All that a run uses is in one place, since it would not fit on the stack. So an object has one
 * run at a time, and programs that are to run at once are those of several objects.
 */

#include <linux/errno.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>

#include "fuzz.h"
#include "tests/kfunc/kernel.h"

#define ERRORS 14
#define CHUNK 256 /* bytes that are hashed at once; a multiple of 8 */
#define CHUNKS 40 /* so many at most */

/* What is called, with which arguments, and what the packet was before. */
struct attempt {
	__u32 call, offset, length;
	__u32 start, end; /* where the packet may change */
	__u32 packet; /* length of the packet */
	__u32 hashed; /* whether there is something to compare */
	__u64 outside, inside; /* hashes of what is not between start and end, and of what is */
	__u64 source; /* hash of what is moved */
};

struct fuzz fuzz = {};
static struct attempt now;
static __u64 chunk[CHUNK / 8];
static __u8 memory[32];
static struct bpf_sock_tuple tuple;
static struct bpf_wg_flow flow, outer;
static struct bpf_wg_recalled recalled;
static struct bpf_wg_consent consent;
static struct bpf_wg_route route;
static struct bpf_wg_block block;
static struct bpf_wg_unfinished unfinished;
static struct bpf_wg_egress egress;
static struct bpf_wg_ingress ingress;

/* The largest value that each call may return, and its errors. */
static const struct {
	__u64 most;
	__u8 errors[ERRORS];
} rules[FUZZ_CALLS] = {
	[FUZZ_TUPLE] = { 10, { EINVAL, ENONET, EAFNOSUPPORT, EDESTADDRREQ } },
	[FUZZ_MATCH] = { 1, { EINVAL } },
	[FUZZ_ROUTE] = { 0,
			 { EINVAL, ESHUTDOWN, ENOKEY, EKEYEXPIRED, EDESTADDRREQ, ENONET, EXDEV,
			   ENETUNREACH, EPERM, EHOSTUNREACH, EAGAIN } },
	[FUZZ_IDENT] = { 0xffff, { 0 } },
	[FUZZ_QUEUED] = { 1, { 0 } },
	[FUZZ_CONSENT_ENCRYPT] = { 0, { EINVAL, ENOENT, ETIME, EAGAIN } },
	[FUZZ_CONSENT_DECRYPT] = { 0, { EINVAL, ENOENT, ETIME, EAGAIN } },
	[FUZZ_VALIDATE] = { 0,
			    { EINVAL, ENODEV, EADDRNOTAVAIL, EOPNOTSUPP, EPERM, EINPROGRESS, EXDEV,
			      ENETDOWN, EAFNOSUPPORT } },
	[FUZZ_RECALL] = { 1, { EINVAL } },
	[FUZZ_HOOKS] = { BPF_WG_HOOKS_INNER | BPF_WG_HOOKS_OUTER,
			 { EINVAL, ENODEV, ENETDOWN, EBUSY } },
	[FUZZ_OWN_MAC] = { BPF_WG_MAC_BRIDGE, { EINVAL } },
	[FUZZ_INGRESS] = { 1, { EINVAL, ENODEV, EBUSY } },
	[FUZZ_RECEIVED] = { 3, { 0 } },
	[FUZZ_EGRESS] = { 1, { ENETDOWN } },
	[FUZZ_SENT] = { 3, { 0 } },
	[FUZZ_PROBE] = { 0, { EINVAL, ENODEV, ENOENT } },
	[FUZZ_PEEK] = { 64,
			{ EINVAL, EOPNOTSUPP, EFAULT, EPROTO, ESHUTDOWN, ENOENT, EAGAIN, ENOKEY,
			  EKEYEXPIRED, ESTALE, ENODATA } },
	[FUZZ_ENCRYPT] = { 0,
			   { EINVAL, EOPNOTSUPP, EFAULT, EPROTO, ESHUTDOWN, ENOKEY, EKEYEXPIRED,
			     EBUSY } },
	[FUZZ_DECRYPT] = { 0,
			   { EINVAL, EOPNOTSUPP, EFAULT, EPROTO, ESHUTDOWN, ENOENT, EAGAIN, ENOKEY,
			     EKEYEXPIRED, ESTALE, ENODATA, EBADMSG, EALREADY, EBUSY } },
	[FUZZ_MOVE] = { 0, { EOPNOTSUPP, EFAULT, EBUSY } },
	[FUZZ_CHECKSUM] = { 0xffffffff, { EOPNOTSUPP, EFAULT } },
	[FUZZ_HAND_OVER] = { -1ULL >> 1, { 0 } },
	[FUZZ_TAKE_OVER] = { 0, { EINVAL, ENOENT } },
	[FUZZ_FINISH] = { 1, { EINVAL, EBUSY, EOPNOTSUPP } },
	[FUZZ_ENCAPSULATED] = { 0, { EAFNOSUPPORT, EFAULT } },
	[FUZZ_DECAPSULATED] = { 0, { EFAULT } },
	[FUZZ_HEADROOM] = { 0xffff, { 0 } },
	[FUZZ_UNFINISHED] = { BPF_WG_UNSEEN_SKB, { EINVAL, ENODEV } },
};

static const __u32 bounds[16] = {
	0,  1,	15,  16,     31,      32,	  63,	      64,
	65, 42, 255, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
};

static const __s32 around[8] = { 0, 1, -1, -16, -32, -42, -58, 16 };

static __always_inline __u32 draw(void)
{
	__u64 x = fuzz.state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	fuzz.state = x;
	return (x * 0x2545f4914f6cdd1dULL) >> 32;
}

/* An offset or length: at a boundary, around the packet's length, within it, or anything. */
__noinline __u32 draw_number(__u32 length)
{
	__u32 r = draw();

	switch (r & 3) {
	case 0:
		return bounds[r >> 2 & 15];
	case 1:
		return length + around[r >> 2 & 7];
	case 2:
		return draw() % (length + 1);
	}
	return draw();
}

/* One of four, or anything. */
static __always_inline __u32 draw_of(const __u32 *choices)
{
	__u32 r = draw();

	return r & 7 ? choices[r >> 3 & (CHOICES - 1)] : draw();
}

/* A device that is above another, or any. */
static __always_inline __u32 draw_above(void)
{
	__u32 r = draw();

	if (r & 1)
		return r & 2 ? VLAN_IFINDEX : BRIDGE_IFINDEX;
	return draw_of(fuzz.ifindexes);
}

__noinline int draw_memory(void)
{
	__u32 i, which = draw() & (CHOICES - 1);

	for (i = 0; i < 16; i++)
		memory[i] = fuzz.addresses[which][i];
	if (!(draw() & 3))
		memory[draw() & 15] = draw();
	return 0;
}

/* Tags of a frame: of the VLAN that there is, of none, or anything. */
__noinline int draw_tags(void)
{
	__u32 i, r;

	for (i = 0; i < 2; i++) {
		r = draw();
		ingress.tag_proto[i] = r & 1 ? bpf_htons(ETH_P_8021Q) : 0;
		if (!(r & 0xf000))
			ingress.tag_proto[i] = bpf_htons(ETH_P_8021AD);
		if (!(r & 0xe))
			ingress.tag_proto[i] = r >> 16;
		ingress.tag_tci[i] = bpf_htons(r & 0x10 ? VLAN_NUMBER : 0);
		if (!(r & 0xe0))
			ingress.tag_tci[i] = draw();
	}
	return 0;
}

__noinline int draw_flow(void)
{
	__u32 r = draw(), i;

	flow.iif = draw_of(fuzz.ifindexes);
	flow.oif = r & 0x100 ? draw_of(fuzz.ifindexes) : 0;
	flow.family = r & 0x200 ? 2 : r & 0x400 ? 10 : r;
	flow.protocol = draw();
	flow.tos = draw();
	flow.flags = r & 0x3000 ? r >> 14 & 1 : r >> 16;
	flow.sport = r & 0x20000 ? __builtin_bswap16(51820) : draw();
	flow.dport = draw();
	draw_memory();
	for (i = 0; i < 4; i++)
		flow.src[i] = ((__be32 *)memory)[i];
	draw_memory();
	for (i = 0; i < 4; i++)
		flow.dst[i] = ((__be32 *)memory)[i];
	return 0;
}

/* What was recalled of a flow: as it was, nothing, or anything. */
static __always_inline void draw_recall(struct bpf_wg_recall *recall)
{
	__u32 r = draw();

	*recall = recalled.recall;
	if (!(r & 3))
		recall->place = r & 4 ? 0 : draw_number(8192);
	if (!(r & 0x18))
		recall->number = r >> 5 & 3;
	if (!(r & 0x60))
		recall->mark = r >> 7 & 1;
}

/* A question about two flows, and tickets that may be of anything. */
__noinline int draw_consent(void)
{
	__u32 r = draw();

	draw_flow();
	outer = flow;
	draw_flow();
	consent.needs = r & 0x1c ? r & (BPF_WG_HOOKS_INNER | BPF_WG_HOOKS_OUTER) : r;
	consent.flags = r >> 8 & 7;
	consent.sample = draw_number(1000);
	consent.nexthop[0] = draw();
	draw_recall(&consent.inner_recall);
	draw_recall(&consent.outer_recall);
	consent.tickets[0] = r & 1 ? (__u64)draw() << 32 | (draw() & 0x3fff) : 0;
	consent.tickets[1] = r & 2 ? (__u64)(draw() & 3) << 32 | draw() : 0;
	return 0;
}

static __always_inline void break_rule(__s64 ret, __u32 broken)
{
	if (fuzz.broken)
		return;
	fuzz.broken = broken;
	fuzz.call = now.call;
	fuzz.offset = now.offset;
	fuzz.length = now.length;
	fuzz.size = now.packet;
	fuzz.run = fuzz.runs;
	fuzz.ret = ret;
}

static __always_inline int within(__u32 offset, __u32 length)
{
	return offset <= now.packet && length <= now.packet - offset;
}

__noinline int allowed(__u32 call, __s64 ret)
{
	__u32 i;

	if (call >= FUZZ_CALLS)
		return 0;
	if (ret >= 0)
		return (__u64)ret <= rules[call].most;
	for (i = 0; i < ERRORS; i++) {
		if (rules[call].errors[i] && -ret == rules[call].errors[i])
			return 1;
	}
	return 0;
}

/* Count a call and compare what it returned with what it may. */
__noinline int judge(__s64 ret)
{
	__u32 call = now.call;

	fuzz.calls++;
	if (call < FUZZ_CALLS) {
		fuzz.good[call] += ret >= 0;
		fuzz.refused[call] += ret < 0;
	}
	if (!allowed(call, ret))
		break_rule(ret, FUZZ_VALUE);
	if (ret >= 0 && !within(now.offset, now.length))
		break_rule(ret, FUZZ_BEYOND);
	return 0;
}

/* Count a lookup. */
static __always_inline void found(__u32 call, int there)
{
	fuzz.calls++;
	if (there)
		fuzz.good[call]++;
	else
		fuzz.refused[call]++;
}

static __always_inline int writes(__s64 ret)
{
	switch (now.call) {
	case FUZZ_ENCRYPT:
	case FUZZ_MOVE:
		return !ret;
	case FUZZ_DECRYPT:
		return !ret || ret == -EBADMSG || ret == -EALREADY;
	}
	return 0;
}

static __always_inline __u64 hash_chunk(__u64 hash)
{
	__u32 i;

	for (i = 0; i < CHUNK / 8; i++) {
		hash = (hash ^ chunk[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return hash;
}

#define KIND xdp
#define CONTEXT xdp_md
#define LENGTH(ctx) bpf_xdp_get_buff_len(ctx)
#define LOAD bpf_xdp_load_bytes
#include "steps.h"
#undef KIND
#undef CONTEXT
#undef LENGTH
#undef LOAD

#define IS_SKB
#define KIND skb
#define CONTEXT __sk_buff
#define LENGTH(ctx) ((ctx)->len)
#define LOAD bpf_skb_load_bytes
#include "steps.h"

static __always_inline int begin_run(void)
{
	if (__sync_val_compare_and_swap(&fuzz.busy, 0, 1)) {
		__sync_fetch_and_add(&fuzz.skipped, 1);
		return 0;
	}
	fuzz.runs++;
	return 1;
}

static __always_inline void end_run(void)
{
	asm volatile("" ::: "memory");
	*(volatile __u32 *)&fuzz.busy = 0;
}

/* Begin a step. Return: 0 when there is none any more. */
static __always_inline int begin_step(__u32 step)
{
	if (step >= fuzz.steps || fuzz.broken)
		return 0;
	fuzz.step = step;
	fuzz.state = (fuzz.seed + fuzz.runs * STEPS + step) * 0x9e3779b97f4a7c15ULL | 1;
	draw();
	return 1;
}

SEC("xdp.frags")
int fuzzes_xdp(struct xdp_md *ctx)
{
	__u32 i, verdict;

	if (!begin_run())
		return XDP_PASS;
	for (i = 0; i < STEPS && begin_step(i); i++)
		xdp_step(ctx);
	verdict = draw() & 15;
	end_run();
	return verdict == XDP_TX || verdict == XDP_DROP ? verdict : XDP_PASS;
}

SEC("tc")
int fuzzes_skb(struct __sk_buff *ctx)
{
	__u32 i, verdict;

	if (!begin_run())
		return 0;
	for (i = 0; i < STEPS && begin_step(i); i++)
		skb_step(ctx);
	verdict = draw() & 15;
	end_run();
	/* TC_ACT_SHOT, or TC_ACT_OK. */
	return verdict == 2 ? 2 : 0;
}

char _license[] SEC("license") = "GPL";
