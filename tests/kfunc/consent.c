// SPDX-License-Identifier: GPL-2.0
/*
 * Netfilter's consent: what the stack has let through, and when it is good.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests.h"

/* A flow for each kind of program: the first time that it is seen comes only once. */
#define SPORT 7010
#define DPORT 7002

/*
 * How long a flow waits for what has passed, at least, and for what nobody counted; and after how
 * long it surely does no more.
 */
#define PATIENCE_MS 240
#define SETTLES_MS 20
#define ALL_OVER 400000 /* microseconds */

static long long now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void open_firewall(void)
{
	session_enter(&r1);
	test_shell("nft 'add table inet test; add chain inet test c "
		   "{ type filter hook forward priority 0; policy drop; }; "
		   "add rule inet test c ct state established,new accept'");
}

static void close_firewall(void)
{
	session_enter(&r1);
	test_shell("nft flush ruleset");
}

/* Datagrams from A to B, from a port, and so many milliseconds after each. */
static void send_from(uint16_t port, int count, int pause)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(DPORT) };
	int fd;

	netns_enter("A");
	inet_pton(AF_INET, r1.host_address[0], &from.sin_addr);
	inet_pton(AF_INET, r2.host_address[0], &to.sin_addr);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&from, sizeof(from)), "no socket in A");
	while (count--) {
		CHECK(sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1, "not sent");
		usleep(1000 * pause);
	}
	close(fd);
	session_enter(&r1);
}

/* Each of which has time to come to its end. */
static void send_datagrams(enum kind kind, int count)
{
	send_from(SPORT + kind, count, 50 * slow());
}

/* About these datagrams as R1 encrypts them. */
static struct request ask_about(enum kind kind)
{
	struct request request;

	session_enter(&r1);
	request = request_peer(&r1, CALL_CONSENT_ENCRYPT);
	request.flow = (struct bpf_wg_flow){
		.iif = netns_ifindex("r1-a"),
		.oif = netns_ifindex("wg0"),
		.family = AF_INET,
		.protocol = IPPROTO_UDP,
		.sport = htons(SPORT + kind),
		.dport = htons(DPORT),
	};
	inet_pton(AF_INET, r1.host_address[0], request.flow.src);
	inet_pton(AF_INET, r2.host_address[0], request.flow.dst);
	request.consent.needs = BPF_WG_HOOKS_INNER;
	request.consent.sample = BPF_WG_SAMPLE_MAX;
	return request;
}

static long long run(enum kind kind, const struct request *request)
{
	return call_run(kind, "r1-a", request, NULL);
}

/* The hooks are registered by who asks first, a moment later. */
static void await_witnesses(enum kind kind)
{
	struct request request = ask_about(kind);
	int tries = 100 * slow();

	request.consent.needs = 0;
	while (run(kind, &request)) {
		CHECK(tries--, "there are no witnesses");
		usleep(20000);
	}
}

static void test_bad(const void *arg)
{
	struct request request = ask_about(KIND(arg));
	uint32_t bit;

	for (bit = 1; bit; bit <<= 1) {
		request.consent.needs = bit;
		CHECK((run(KIND(arg), &request) == -EINVAL) ==
			      !(bit & (BPF_WG_HOOKS_INNER | BPF_WG_HOOKS_OUTER)),
		      "needs %#x", bit);
	}
	request.consent.needs = BPF_WG_HOOKS_INNER;
	request.consent.flags = BPF_WG_CONSENT_FLAGS + 1;
	CHECK_EQ(run(KIND(arg), &request), -EINVAL);
	request.consent.flags = 0;
	request.consent.sample = BPF_WG_SAMPLE_MAX + 1;
	CHECK_EQ(run(KIND(arg), &request), -EINVAL);
}

/* Any other packet is another flow's, or is not what was let through. */
static void check_others(enum kind kind)
{
	struct request request = ask_about(kind);

	request.flow.iif++;
	CHECK_EQ(run(kind, &request), -ENOENT);
	request = ask_about(kind);
	request.flow.family = AF_INET6;
	CHECK_EQ(run(kind, &request), -ENOENT);
	request = ask_about(kind);
	request.flow.protocol = IPPROTO_TCP;
	CHECK_EQ(run(kind, &request), -ENOENT);
	request = ask_about(kind);
	request.flow.sport++;
	CHECK_EQ(run(kind, &request), -ENOENT);
	request = ask_about(kind);
	request.flow.dport++;
	CHECK_EQ(run(kind, &request), -ENOENT);
	request = ask_about(kind);
	request.flow.src[0]++;
	CHECK_EQ(run(kind, &request), -ENOENT);
	request = ask_about(kind);
	request.flow.dst[0]++;
	CHECK_EQ(run(kind, &request), -ENOENT);
}

/* Nothing is known of a flow until its connection is confirmed, which its first packet does. */
static void test_seen(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request;

	open_firewall();
	await_witnesses(kind);
	request = ask_about(kind);
	CHECK_EQ(run(kind, &request), -ENOENT);
	send_datagrams(kind, 1);
	CHECK_EQ(run(kind, &request), -ENOENT);
	send_datagrams(kind, 2);
	usleep(ALL_OVER);
	CHECK_EQ(run(kind, &request), 0);
	check_others(kind);
	CHECK_EQ(run(kind, &request), 0);
	/* The answers have their own direction. */
	request.call = CALL_CONSENT_DECRYPT;
	request.flow.iif = netns_ifindex("wg0");
	request.flow.oif = netns_ifindex("r1-a");
	CHECK_EQ(run(kind, &request), -ENOENT);
	close_firewall();
}

/*
 * What passes, for the reason @reason, is waited for by those behind it, a quarter of a second at
 * most. On a machine that takes that long to ask twice, nothing can be said.
 */
static void check_waits(enum kind kind, const struct request *passing, long long reason)
{
	struct request request = ask_about(kind);
	long long begin, ret;
	int tries = 10;

	do {
		CHECK(tries--, "it takes too long");
		usleep(ALL_OVER);
		CHECK_EQ(run(kind, &request), 0);
		begin = now_ms();
		CHECK_EQ(run(kind, passing), reason);
		ret = run(kind, &request);
	} while (now_ms() - begin >= PATIENCE_MS);
	CHECK_EQ(ret, -EAGAIN);
}

static void test_old(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request;

	open_firewall();
	await_witnesses(kind);
	send_datagrams(kind, 3);
	request = ask_about(kind);
	request.consent.sample = 1;
	check_waits(kind, &request, -ETIME);
	close_firewall();
}

/* Ask about a new flow, long after its first packet. Returns whether it was answered in time. */
static bool ask_late(enum kind kind, uint16_t port)
{
	struct request request = ask_about(kind);
	long long begin, ret;

	request.flow.sport = htons(port);
	CHECK_EQ(run(kind, &request), -ENOENT);
	usleep(ALL_OVER);
	begin = now_ms();
	CHECK_EQ(run(kind, &request), -ENOENT);
	CHECK_EQ(run(kind, &request), -ENOENT);
	send_from(port, 2, 40);
	ret = run(kind, &request);
	if (ret == -ENOENT || now_ms() - begin >= PATIENCE_MS)
		return false;
	CHECK_EQ(ret, -EAGAIN);
	/* All are through, or it is over. */
	send_from(port, 2, 100);
	CHECK_EQ(run(kind, &request), 0);
	return true;
}

/* Then, too, a flow waits for those that have just passed. */
static void test_late(const void *arg)
{
	enum kind kind = KIND(arg);
	int tries = 0;

	open_firewall();
	await_witnesses(kind);
	do
		CHECK(tries++ < 10, "it takes too long");
	while (!ask_late(kind, SPORT + 2 * tries + kind));
	close_firewall();
}

/* Send a flow's first packets while nobody asks. Returns whether there was an answer in time. */
static bool ask_uncounted(enum kind kind, uint16_t port)
{
	struct request request = ask_about(kind);
	long long begin, ret;

	request.flow.sport = htons(port);
	send_from(port, 1, 100);
	begin = now_ms();
	send_from(port, 1, 4);
	ret = run(kind, &request);
	if (ret == -ENOENT || now_ms() - begin >= SETTLES_MS)
		return false;
	CHECK_EQ(ret, -EAGAIN);
	usleep(ALL_OVER);
	CHECK_EQ(run(kind, &request), 0);
	return true;
}

/* What has passed before anything was known of a flow was not counted, and is waited for as well.
 */
static void test_uncounted(const void *arg)
{
	enum kind kind = KIND(arg);
	int tries = 0;

	open_firewall();
	await_witnesses(kind);
	while (!ask_uncounted(kind, SPORT + 200 + 2 * tries + kind)) {
		if (++tries < 40)
			continue;
		CHECK(slow() > 1, "it takes too long");
		break;
	}
	close_firewall();
}

/* What passes anyway is counted. */
static void test_passes(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request;

	open_firewall();
	await_witnesses(kind);
	send_datagrams(kind, 3);
	request = ask_about(kind);
	request.consent.flags = BPF_WG_CONSENT_PASSES;
	check_waits(kind, &request, -EAGAIN);
	close_firewall();
}

/* A packet that is not as the one that was let through passes, and its flow with it. */
static void test_unlike(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request;

	open_firewall();
	await_witnesses(kind);
	send_datagrams(kind, 3);
	request = ask_about(kind);
	request.flow.oif++;
	check_waits(kind, &request, -ENOENT);
	request = ask_about(kind);
	request.flow.tos = 0x20;
	check_waits(kind, &request, -ENOENT);
	request = ask_about(kind);
	request.flow.flags = BPF_WG_FLOW_END;
	check_waits(kind, &request, -ENOENT);
	request.flow.flags = BPF_WG_FLOW_SYN;
	check_waits(kind, &request, -ENOENT);
	/* ECN is the path's to change. */
	usleep(ALL_OVER);
	request = ask_about(kind);
	request.flow.tos = 3;
	CHECK_EQ(run(kind, &request), 0);
	close_firewall();
}

/* Rules that do something to the flow, beside a firewall that lets it through. */
static void add_rules(const char *hook, const char *rule)
{
	open_firewall();
	test_shell("nft 'add chain inet test nat { type nat hook %s; }; add rule inet test nat %s'",
		   hook, rule);
}

static long long recall(enum kind kind, const struct request *question,
			struct bpf_wg_recalled *recalled)
{
	struct request request = *question;
	long long ret;

	request.call = CALL_RECALL;
	request.size = sizeof(request.flow);
	ret = run(kind, &request);
	*recalled = call_reply()->recalled;
	return ret;
}

/* Another source is none for the route, and is told with the consent. */
static void test_masked(const void *arg)
{
	enum kind kind = KIND(arg);
	struct bpf_wg_recalled recalled;
	struct request request;
	struct in_addr source;

	inet_pton(AF_INET, "10.0.0.1", &source);
	await_witnesses(kind);
	add_rules("postrouting priority srcnat", "udp dport 7002 masquerade to :7900-7999");
	request = ask_about(kind);
	request.flow.sport = htons(SPORT + 300 + kind);
	send_from(SPORT + 300 + kind, 3, 50 * slow());
	CHECK_EQ(recall(kind, &request, &recalled), 0);
	CHECK(recalled.recall.place && !recalled.recall.mark, "it is not known");
	usleep(ALL_OVER);
	request.consent.inner_recall = recalled.recall;
	CHECK_EQ(run(kind, &request), 0);
	CHECK_EQ(call_consent()->translates, BPF_WG_HOOKS_INNER);
	CHECK_EQ(call_consent()->inner_become.src[0], source.s_addr);
	CHECK_EQ(call_consent()->inner_become.dst[0], request.flow.dst[0]);
	CHECK_EQ(ntohs(call_consent()->inner_become.sport) / 100, 79);
	CHECK_EQ(ntohs(call_consent()->inner_become.dport), DPORT);
	/* What was recalled is of that flow as it was. */
	request.consent.inner_recall.number++;
	CHECK_EQ(run(kind, &request), -ENOENT);
	request.consent.inner_recall = recalled.recall;
	request.consent.inner_recall.mark = 1;
	CHECK_EQ(run(kind, &request), -ENOENT);
	request.consent.inner_recall.place = ~0U;
	CHECK_EQ(run(kind, &request), -EINVAL);
	close_firewall();
}

/* Another destination is what the route goes by. */
static void test_redirected(const void *arg)
{
	enum kind kind = KIND(arg);
	struct bpf_wg_recalled recalled;
	struct request request;

	await_witnesses(kind);
	add_rules("prerouting priority dstnat", "udp dport 7002 dnat ip to 10.2.0.2:7003");
	request = ask_about(kind);
	request.flow.sport = htons(SPORT + 400 + kind);
	CHECK_EQ(recall(kind, &request, &recalled), 0);
	CHECK(!recalled.recall.place, "what is not known is recalled");
	send_from(SPORT + 400 + kind, 3, 50 * slow());
	CHECK_EQ(recall(kind, &request, &recalled), 1);
	CHECK_EQ(recalled.dst[0], request.flow.dst[0]);
	CHECK_EQ(ntohs(recalled.dport), 7003);
	usleep(ALL_OVER);
	/* Who does not know that has routed it otherwise. */
	CHECK_EQ(run(kind, &request), -ENOENT);
	usleep(ALL_OVER);
	request.consent.inner_recall = recalled.recall;
	CHECK_EQ(run(kind, &request), 0);
	CHECK_EQ(call_consent()->translates, BPF_WG_HOOKS_INNER);
	CHECK_EQ(call_consent()->inner_become.src[0], request.flow.src[0]);
	CHECK_EQ(ntohs(call_consent()->inner_become.dport), 7003);
	close_firewall();
}

/* So is a mark. */
static void test_marked(const void *arg)
{
	enum kind kind = KIND(arg);
	struct bpf_wg_recalled recalled;
	struct request request;

	await_witnesses(kind);
	open_firewall();
	test_shell("nft 'add chain inet test m { type filter hook prerouting priority mangle; }; "
		   "add rule inet test m udp dport 7002 meta mark set 0x77'");
	request = ask_about(kind);
	request.flow.sport = htons(SPORT + 500 + kind);
	send_from(SPORT + 500 + kind, 3, 50 * slow());
	CHECK_EQ(recall(kind, &request, &recalled), 0);
	CHECK_EQ(recalled.recall.mark, 0x77);
	CHECK(recalled.recall.place, "it is not known");
	usleep(ALL_OVER);
	CHECK_EQ(run(kind, &request), -ENOENT);
	usleep(ALL_OVER);
	request.consent.inner_recall = recalled.recall;
	CHECK_EQ(run(kind, &request), 0);
	CHECK_EQ(call_consent()->translates, 0);
	close_firewall();
}

static void test_recall_bad(const void *arg)
{
	enum kind kind = KIND(arg);
	struct request request = ask_about(kind);

	request.call = CALL_RECALL;
	for (request.size = 0; request.size < sizeof(request.flow); request.size++)
		CHECK_EQ(run(kind, &request), -EINVAL);
	CHECK_EQ(run(kind, &request), 0);
	request.flow.flags = BPF_WG_FLOW_FLAGS + 1;
	CHECK_EQ(run(kind, &request), -EINVAL);
}

/* Who is asked about a packet to encrypt, or one to decrypt. */
static long long ask_hooks(enum kind kind, bool encrypt)
{
	struct request request = {
		.call = CALL_HOOKS,
		.ifindex = netns_ifindex("wg0"),
		.hooks = BPF_WG_HOOKS_NETFILTER | BPF_WG_HOOKS_TC | BPF_WG_HOOKS_CONSENT,
		.egress = netns_ifindex(encrypt ? "r1-r2" : "r1-a"),
	};

	if (encrypt)
		request.hooks |= BPF_WG_HOOKS_ENCRYPT;
	return call_run(kind, encrypt ? "r1-a" : "r1-r2", &request, NULL);
}

/* Where a device has a chain at its ingress, a witness has to come first, within a second. */
static void await_hooks(enum kind kind, const char *hook, bool encrypt, uint32_t wanted)
{
	int tries = 150 * slow();
	long long seen;

	while ((seen = ask_hooks(kind, encrypt)) != wanted) {
		CHECK(seen == BPF_WG_HOOKS_NETFILTER && tries--, "%s: %#llx to %s", hook, seen,
		      encrypt ? "encrypt" : "decrypt");
		/* They come, and stay, while somebody asks for consent. */
		await_witnesses(kind);
		session_enter(&r1);
		usleep(20000);
	}
}

/* Which hooks can consent: those of IPv4 and IPv6, and of ingress. */
static void check_hooks(enum kind kind, const char *hook, uint32_t encrypt, uint32_t decrypt)
{
	session_enter(&r1);
	test_shell("nft 'add table inet test; add chain inet test c "
		   "{ type filter hook %s priority 0; }; add rule inet test c counter'",
		   hook);
	await_hooks(kind, hook, true, encrypt);
	await_hooks(kind, hook, false, decrypt);
	close_firewall();
}

static void test_hooks(const void *arg)
{
	const uint32_t inner = BPF_WG_HOOKS_INNER, outer = BPF_WG_HOOKS_OUTER;
	enum kind kind = KIND(arg);

	await_witnesses(kind);
	check_hooks(kind, "prerouting", inner, inner | outer);
	check_hooks(kind, "forward", inner, inner);
	check_hooks(kind, "postrouting", inner | outer, inner);
	check_hooks(kind, "output", outer, 0);
	check_hooks(kind, "input", 0, outer);
	check_hooks(kind, "ingress device r1-a", inner, 0);
	check_hooks(kind, "ingress device r1-r2", 0, outer);
	check_hooks(kind, "ingress device wg0", 0, inner);
}

void add_consent_tests(void)
{
	add_both(test_bad, "consent-bad");
	add_both(test_seen, "consent-seen");
	add_both(test_old, "consent-old");
	add_both(test_late, "consent-late");
	add_both(test_uncounted, "consent-uncounted");
	add_both(test_passes, "consent-passes");
	add_both(test_unlike, "consent-unlike");
	add_both(test_masked, "consent-masked");
	add_both(test_redirected, "consent-redirected");
	add_both(test_marked, "consent-marked");
	add_both(test_recall_bad, "consent-recall-bad");
	add_both(test_hooks, "consent-hooks");
}
