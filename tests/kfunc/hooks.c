// SPDX-License-Identifier: GPL-2.0
/*
 * Who would see a packet on the stack's way: each hook on it, and none beside it.
 */
#include <bpf/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "tests.h"

#define BOTH (BPF_WG_HOOKS_NETFILTER | BPF_WG_HOOKS_TC)

/* Ask in R1 about a packet from the LAN that is encrypted, or one from the tunnel the other way. */
static long long ask_by(enum kind kind, uint32_t flags, const char *egress)
{
	bool encrypt = flags & BPF_WG_HOOKS_ENCRYPT;
	struct request request = { .call = CALL_HOOKS, .hooks = flags };

	session_enter(&r1);
	request.ifindex = netns_ifindex("wg0");
	request.egress = netns_ifindex(egress ?: encrypt ? "r1-r2" : "r1-a");
	return call_run(kind, encrypt ? "r1-a" : "r1-r2", &request, NULL);
}

static long long ask(enum kind kind, uint32_t flags)
{
	return ask_by(kind, flags, NULL);
}

/* The two directions, without and with IPv6 in and outside. */
static long long encrypting(enum kind kind)
{
	return ask(kind, BOTH | BPF_WG_HOOKS_ENCRYPT);
}

static long long decrypting(enum kind kind)
{
	return ask(kind, BOTH);
}

static void check_ways(enum kind kind, const char *what, long long encrypt, long long decrypt)
{
	long long ret;

	ret = encrypting(kind);
	CHECK(ret == encrypt, "%s: %lld to encrypt", what, ret);
	ret = decrypting(kind);
	CHECK(ret == decrypt, "%s: %lld to decrypt", what, ret);
}

static void test_hooks_none(const void *arg)
{
	uint32_t flags;

	session_enter(&r1);
	CHECK(!*test_shell_output("nft list ruleset"), "there are rules");
	for (flags = 0; flags <= BPF_WG_HOOKS_FLAGS; flags++)
		CHECK(ask(KIND(arg), flags) == 0, "flags %u", flags);
}

static void test_hooks_bad(const void *arg)
{
	struct request request = { .call = CALL_HOOKS, .hooks = BOTH };
	uint32_t bit;

	session_enter(&r1);
	for (bit = 1; bit; bit <<= 1)
		CHECK(ask(KIND(arg), bit) == (bit & BPF_WG_HOOKS_FLAGS ? 0 : -EINVAL), "flag %u",
		      bit);
	request.ifindex = netns_ifindex("wg0");
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -ENETDOWN);
	request.egress = 99999;
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -ENETDOWN);
}

/* What cannot leave is not asked about any further. */
static void test_hooks_egress(const void *arg)
{
	enum kind kind = KIND(arg);

	CHECK_EQ(ask_by(kind, BOTH, "wg0"), -ENETDOWN);
	CHECK_EQ(ask_by(kind, BOTH, "lo"), -ENETDOWN);
	test_shell("ip link add dummy9 type dummy");
	CHECK_EQ(ask_by(kind, BOTH, "dummy9"), -ENETDOWN);
	test_shell("ip link set dummy9 up");
	CHECK_EQ(ask_by(kind, BOTH, "dummy9"), 0);
	CHECK_EQ(ask_by(kind, BOTH | BPF_WG_HOOKS_NATIVE, "dummy9"), -ENETDOWN);
	test_shell("ip link del dummy9");
	netns_enter(r1.host);
	test_shell("ethtool -K a-r1 gro off");
	CHECK_EQ(ask(kind, BOTH), 0);
	CHECK_EQ(ask(kind, BOTH | BPF_WG_HOOKS_NATIVE), -ENETDOWN);
	netns_enter(r1.host);
	test_shell("ethtool -K a-r1 gro on");
	CHECK_EQ(ask(kind, BOTH | BPF_WG_HOOKS_NATIVE), 0);
}

/* A hook of netfilter: whether it sees inner packets, and outer ones of a direction. */
struct hook {
	const char *name;
	bool inner;
	bool to_encrypt, to_decrypt;
};

static void check_hook(enum kind kind, const struct hook *hook, const char *family)
{
	bool four = strcmp(family, "ip6"), six = strcmp(family, "ip");
	uint32_t way;

	test_shell("nft add table %s test && nft add chain %s test c "
		   "'{ type filter hook %s priority 0; }' && nft add rule %s test c counter",
		   family, family, hook->name, family);
	for (way = 0; way < BPF_WG_HOOKS_NATIVE; way += BPF_WG_HOOKS_ENCRYPT) {
		bool inner = way & BPF_WG_HOOKS_INNER_IPV6 ? six : four;
		bool outer = way & BPF_WG_HOOKS_OUTER_IPV6 ? six : four;
		bool seen = (hook->inner && inner) ||
			    (outer &&
			     (way & BPF_WG_HOOKS_ENCRYPT ? hook->to_encrypt : hook->to_decrypt));

		CHECK(ask(kind, way | BOTH) == (seen ? BPF_WG_HOOKS_NETFILTER : 0), "%s %s, way %u",
		      family, hook->name, way);
		CHECK(ask(kind, way | BPF_WG_HOOKS_TC) == 0, "%s %s, way %u, only asked for tc",
		      family, hook->name, way);
	}
	test_shell("nft delete table %s test", family);
}

static void test_hooks_netfilter(const void *arg)
{
	static const struct hook hooks[] = {
		{ "prerouting", true, false, true },  { "input", false, false, true },
		{ "forward", true, false, false },    { "output", false, true, false },
		{ "postrouting", true, true, false },
	};
	size_t i;

	session_enter(&r1);
	for (i = 0; i < sizeof(hooks) / sizeof(*hooks); i++) {
		check_hook(KIND(arg), &hooks[i], "ip");
		check_hook(KIND(arg), &hooks[i], "ip6");
		check_hook(KIND(arg), &hooks[i], "inet");
	}
	check_ways(KIND(arg), "without rules", 0, 0);
}

/*
 * The hooks of interfaces, and which packets would come by there. A tc program's packets still come
 * by the last one's egress, but only to filters there: for netfilter they are marked.
 */
static const struct {
	const char *name, *ifname;
	bool to_encrypt, to_decrypt;
	bool filters_see_skb;
} device_hooks[] = {
	{ "ingress", "r1-a", true, false, false }, { "ingress", "r1-r2", false, true, false },
	{ "egress", "r1-a", false, true, true },   { "egress", "r1-r2", true, false, true },
	{ "ingress", "wg0", false, true, false },  { "egress", "wg0", true, false, false },
};

#define DEVICE_HOOKS (sizeof(device_hooks) / sizeof(*device_hooks))

static void check_device_hook(enum kind kind, size_t i, int seen)
{
	if (kind == SKB && seen == BPF_WG_HOOKS_TC && device_hooks[i].filters_see_skb)
		seen = 0;
	check_ways(kind, device_hooks[i].ifname, device_hooks[i].to_encrypt ? seen : 0,
		   device_hooks[i].to_decrypt ? seen : 0);
}

static void test_hooks_netdev(const void *arg)
{
	enum kind kind = KIND(arg);
	size_t i;

	session_enter(&r1);
	for (i = 0; i < DEVICE_HOOKS; i++) {
		test_shell("nft add table netdev test && nft add chain netdev test c "
			   "'{ type filter hook %s device \"%s\" priority 0; }' && "
			   "nft add rule netdev test c counter",
			   device_hooks[i].name, device_hooks[i].ifname);
		check_device_hook(kind, i, BPF_WG_HOOKS_NETFILTER);
		test_shell("nft delete table netdev test");
	}
	check_ways(kind, "without rules", 0, 0);
}

/* A chain without rules that accepts is as good as none, whatever it was before. */
static void test_hooks_idle(const void *arg)
{
	enum kind kind = KIND(arg);
	int seen = BPF_WG_HOOKS_NETFILTER;

	session_enter(&r1);
	test_shell("nft 'table inet test { "
		   "chain i { type filter hook input priority filter; }; "
		   "chain f { type filter hook forward priority filter; }; "
		   "chain o { type filter hook output priority filter; }; }'");
	check_ways(kind, "empty chains", 0, 0);
	test_shell("nft add rule inet test f counter");
	check_ways(kind, "with a rule", seen, seen);
	test_shell("nft add rule inet test f counter && nft flush chain inet test f");
	check_ways(kind, "flushed", 0, 0);
	test_shell("nft add rule inet test o counter");
	check_ways(kind, "with a rule elsewhere", seen, 0);
	test_shell("nft flush chain inet test o");
	check_ways(kind, "flushed again", 0, 0);
	test_shell("nft 'chain inet test f { policy drop; }'");
	check_ways(kind, "dropping", seen, seen);
	test_shell("nft 'chain inet test f { policy accept; }'");
	check_ways(kind, "accepting", 0, 0);
	test_shell("nft 'table ip other { chain c { type filter hook forward priority 10; "
		   "counter; }; }'");
	check_ways(kind, "behind an empty one", seen, seen);
	test_shell("nft flush ruleset");
	check_ways(kind, "without rules", 0, 0);
}

/* Who asks for conntrack has it look at everything, wherever the rule is; so does translation. */
static void test_hooks_conntrack(const void *arg)
{
	enum kind kind = KIND(arg);
	int seen = BPF_WG_HOOKS_NETFILTER;

	session_enter(&r1);
	test_shell("nft 'table ip test { chain c { type filter hook input priority 0; "
		   "ct state invalid counter; }; }'");
	check_ways(kind, "a rule of state", seen, seen);
	CHECK_EQ(ask(kind, BOTH | BPF_WG_HOOKS_ENCRYPT | BPF_WG_HOOKS_INNER_IPV6 |
				   BPF_WG_HOOKS_OUTER_IPV6),
		 0);
	test_shell("nft flush ruleset");
	test_shell("nft 'table ip test { chain c { type nat hook postrouting priority srcnat; }; "
		   "}'");
	check_ways(kind, "translation without rules", seen, seen);
	test_shell("nft flush ruleset");
	check_ways(kind, "without rules", 0, 0);
}

static void test_hooks_filter(const void *arg)
{
	enum kind kind = KIND(arg);
	size_t i;

	session_enter(&r1);
	for (i = 0; i < DEVICE_HOOKS; i++) {
		const char *name = device_hooks[i].name, *ifname = device_hooks[i].ifname;

		test_shell("tc qdisc add dev %s clsact", ifname);
		check_ways(kind, "clsact without filters", 0, 0);
		test_shell("tc filter add dev %s %s matchall action pass", ifname, name);
		check_device_hook(kind, i, BPF_WG_HOOKS_TC);
		CHECK_EQ(ask(kind, BPF_WG_HOOKS_NETFILTER), 0);
		test_shell("tc filter del dev %s %s", ifname, name);
		check_ways(kind, "without filters again", 0, 0);
		test_shell("tc qdisc del dev %s clsact", ifname);
	}
	check_ways(kind, "without clsact", 0, 0);
}

/* Attach a program that does nothing, behind those that are there. Returns its link. */
static int attach(const char *name, const char *ifname, enum bpf_attach_type hook)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TCX_NEXT },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int program, link;

	program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "GPL", insns,
				sizeof(insns) / sizeof(*insns), NULL);
	CHECK(program >= 0, "%s does not load", name);
	link = bpf_link_create(program, netns_ifindex(ifname), hook, NULL);
	CHECK(link >= 0, "%s cannot be attached to %s", name, ifname);
	close(program);
	return link;
}

/* At its own hook, a tc program's packets have come by the programs in front of it. */
static void test_hooks_tcx(const void *arg)
{
	enum kind kind = KIND(arg);
	int own, first, last, seen = BPF_WG_HOOKS_TC;

	session_enter(&r1);
	first = attach("first", "r1-a", BPF_TCX_INGRESS);
	check_ways(kind, "another program", seen, 0);
	own = attach("tc_wg", "r1-a", BPF_TCX_INGRESS);
	check_ways(kind, "another in front", kind == SKB ? 0 : seen, 0);
	last = attach("last", "r1-a", BPF_TCX_INGRESS);
	check_ways(kind, "others on both sides", seen, 0);
	close(first);
	check_ways(kind, "another behind", seen, 0);
	close(last);
	check_ways(kind, "its own program", 0, 0);
	test_shell("tc qdisc add dev r1-a clsact && "
		   "tc filter add dev r1-a ingress matchall action pass");
	check_ways(kind, "a filter behind", seen, 0);
	test_shell("tc qdisc del dev r1-a clsact");
	check_ways(kind, "its own program again", 0, 0);
	close(own);

	first = attach("other", "r1-r2", BPF_TCX_EGRESS);
	check_ways(kind, "at the egress", kind == SKB ? 0 : seen, 0);
	close(first);
	first = attach("other", "wg0", BPF_TCX_EGRESS);
	check_ways(kind, "at the tunnel's egress", seen, 0);
	close(first);
	first = attach("other", "wg0", BPF_TCX_INGRESS);
	check_ways(kind, "at the tunnel's ingress", 0, seen);
	close(first);
	check_ways(kind, "without programs", 0, 0);
}

/* A packet that XDP sends is in no queue; nor is it in the tunnel's, whoever sends it. */
static void test_hooks_qdisc(const void *arg)
{
	enum kind kind = KIND(arg);
	int sent = kind == SKB ? 0 : BPF_WG_HOOKS_TC;

	session_enter(&r1);
	test_shell("tc qdisc add dev r1-r2 root tbf rate 1gbit burst 100k latency 50ms");
	check_ways(kind, "a shaper", sent, 0);
	test_shell("tc qdisc replace dev r1-r2 root fq_codel");
	check_ways(kind, "fq_codel", 0, 0);
	test_shell("tc qdisc replace dev r1-r2 root cake bandwidth 1gbit");
	check_ways(kind, "cake", sent, 0);
	test_shell("tc qdisc replace dev r1-r2 root noqueue");
	check_ways(kind, "no queue", 0, 0);
	test_shell("tc qdisc del dev r1-r2 root");
	check_ways(kind, "the default", 0, 0);

	test_shell("tc qdisc add dev wg0 root cake bandwidth 1gbit");
	check_ways(kind, "cake on the tunnel", BPF_WG_HOOKS_TC, 0);
	test_shell("tc qdisc del dev wg0 root");

	test_shell("ip link add dummy9 numtxqueues 2 type dummy && ip link set dummy9 up");
	CHECK_EQ(ask_by(kind, BOTH, "dummy9"), 0);
	test_shell("tc qdisc add dev dummy9 root handle 1: mq");
	CHECK_EQ(ask_by(kind, BOTH, "dummy9"), 0);
	test_shell("tc qdisc add dev dummy9 parent 1:2 tbf rate 1gbit burst 100k latency 50ms");
	CHECK_EQ(ask_by(kind, BOTH, "dummy9"), sent);
	test_shell("ip link del dummy9");
}

/* Whoever asks for both hears of netfilter first. */
static void test_hooks_both(const void *arg)
{
	enum kind kind = KIND(arg);

	session_enter(&r1);
	test_shell("tc qdisc add dev r1-a clsact && "
		   "tc filter add dev r1-a ingress matchall action pass");
	test_shell("nft 'table ip test { chain c { type filter hook forward priority 0; counter; "
		   "}; }'");
	check_ways(kind, "both", BPF_WG_HOOKS_NETFILTER, BPF_WG_HOOKS_NETFILTER);
	CHECK_EQ(ask(kind, BPF_WG_HOOKS_ENCRYPT | BPF_WG_HOOKS_TC), BPF_WG_HOOKS_TC);
	CHECK_EQ(ask(kind, BPF_WG_HOOKS_ENCRYPT), 0);
	test_shell("nft flush ruleset && tc qdisc del dev r1-a clsact");
}

void add_hooks_tests(void)
{
	add_both(test_hooks_none, "hooks-none");
	add_both(test_hooks_bad, "hooks-bad");
	add_both(test_hooks_egress, "hooks-egress");
	add_both(test_hooks_netfilter, "hooks-netfilter");
	add_both(test_hooks_netdev, "hooks-netdev");
	add_both(test_hooks_idle, "hooks-idle");
	add_both(test_hooks_conntrack, "hooks-conntrack");
	add_both(test_hooks_filter, "hooks-filter");
	add_both(test_hooks_tcx, "hooks-tcx");
	add_both(test_hooks_qdisc, "hooks-qdisc");
	add_both(test_hooks_both, "hooks-both");
}
