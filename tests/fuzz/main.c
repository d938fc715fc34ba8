// SPDX-License-Identifier: GPL-2.0
/*
 * Calls the kfuncs with arguments of a generator, many in each run of a program, while what they
 * are about goes and comes back: peers, allowed IPs, keys, ports, routes, devices, namespaces. What
 * must hold for every call is checked by the programs, in fuzz.bpf.c.
 *
 * SEED and COUNT in the environment say which calls, and how many. The arguments of each call go by
 * its seed alone; what comes of it goes by the session as well, whose keys are others each time,
 * and by how far the changes are.
 */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests.h"
#include "tests/harness/harness.h"
#include "tests/kfunc/session.h"

#define FEW 20000

uint64_t seed, count;

static const char *const call_names[FUZZ_CALLS] = {
	[FUZZ_DEVICE] = "device_get",
	[FUZZ_PEER] = "peer_lookup",
	[FUZZ_TUPLE] = "endpoint_tuple_get",
	[FUZZ_MATCH] = "endpoint_match",
	[FUZZ_ROUTE] = "peer_route",
	[FUZZ_IDENT] = "ip_ident",
	[FUZZ_QUEUED] = "peer_queued",
	[FUZZ_CONSENT_ENCRYPT] = "consent_encrypt",
	[FUZZ_CONSENT_DECRYPT] = "consent_decrypt",
	[FUZZ_CONSENT_USED] = "consent_used",
	[FUZZ_VALIDATE] = "flow_validate",
	[FUZZ_RECALL] = "flow_recall",
	[FUZZ_HOOKS] = "hooks",
	[FUZZ_OWN_MAC] = "own_mac",
	[FUZZ_INGRESS] = "ingress",
	[FUZZ_RECEIVED] = "received",
	[FUZZ_EGRESS] = "egress",
	[FUZZ_PROBE] = "neigh_probe",
	[FUZZ_PEEK] = "peek",
	[FUZZ_ENCRYPT] = "encrypt",
	[FUZZ_DECRYPT] = "decrypt",
	[FUZZ_MOVE] = "move",
	[FUZZ_CHECKSUM] = "checksum",
	[FUZZ_HAND_OVER] = "stream_hand_over",
	[FUZZ_TAKE_OVER] = "stream_take_over",
	[FUZZ_FORGET] = "stream_forget",
	[FUZZ_FINISH] = "finish",
	[FUZZ_ENCAPSULATED] = "encapsulated",
	[FUZZ_DECAPSULATED] = "decapsulated",
	[FUZZ_HEADROOM] = "headroom",
	[FUZZ_UNFINISHED] = "unfinished",
	[FUZZ_SENT] = "sent",
};

static const char *const rules[] = {
	[FUZZ_KEPT] = "no rule",
	[FUZZ_VALUE] = "that is not documented",
	[FUZZ_BEYOND] = "but that part is not within the packet",
	[FUZZ_LENGTH] = "and the packet has another length",
	[FUZZ_OUTSIDE] = "and the packet has changed elsewhere",
	[FUZZ_INSIDE] = "and the packet has changed there",
	[FUZZ_MOVED] = "and the packet has something else there",
};

void fuzzer_open(struct fuzzer *fuzzer, const char *name, uint32_t which)
{
	static const char *const addresses[] = { "10.2.0.2", "fd00:2::2", "192.0.2.2",
						 "2001:db8::2" };
	struct request request;
	struct fuzz *fuzz;
	int i;

	fuzzer->name = name;
	fuzzer->programs = fuzz_programs__open_and_load();
	CHECK(fuzzer->programs, "the programs that fuzz do not load");
	fuzz = &fuzzer->programs->bss->fuzz;
	fuzz->seed = (seed * 16 + which) << 32;
	for (i = 0; i < CHOICES; i++) {
		request_address(&request, addresses[i]);
		memcpy(fuzz->addresses[i], request.address, sizeof(request.address));
		fuzz->ports[i] = i == 3 ? 0 : WG_PORT;
	}
}

void fuzzer_close(struct fuzzer *fuzzer)
{
	fuzz_programs__destroy(fuzzer->programs);
	fuzzer->programs = NULL;
}

void fuzzer_check(const struct fuzzer *fuzzer)
{
	const struct fuzz *fuzz = &fuzzer->programs->bss->fuzz;

	CHECK(!fuzz->broken,
	      "%s returned %lld for offset %u and length %u of a packet of %u bytes, %s; in step "
	      "%u of run %llu of %s with SEED=%" PRIu64,
	      call_names[fuzz->call], (long long)fuzz->ret, fuzz->offset, fuzz->length, fuzz->size,
	      rules[fuzz->broken], fuzz->step, (unsigned long long)fuzz->run, fuzzer->name, seed);
}

uint64_t fuzzers_calls(const struct fuzzer *fuzzers, int n)
{
	uint64_t calls = 0;

	while (n--)
		calls += fuzzers[n].programs->bss->fuzz.calls;
	return calls;
}

void fuzzers_look(struct fuzzer *fuzzers, int n)
{
	static const char *const names[CHOICES] = { "wg0", "r1-a", "r1-r2", "fz0" };
	uint32_t ifindexes[CHOICES];
	struct fuzz *fuzz;
	int i;

	for (i = 0; i < CHOICES; i++)
		ifindexes[i] = if_nametoindex(names[i]);
	while (n--) {
		fuzz = &fuzzers[n].programs->bss->fuzz;
		memcpy(fuzz->ifindexes, ifindexes, sizeof(ifindexes));
		for (i = 0; i < CHOICES; i++)
			fuzz->receivers[i] = i == 3 ? keys_remote() : keys_local();
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int64_t begun;

void check_coverage(const struct fuzzer *fuzzers, int n)
{
	int64_t ms = now_ms() - begun;
	uint64_t good[FUZZ_CALLS] = {}, refused[FUZZ_CALLS] = {};
	const struct fuzz *fuzz;
	int i, call;

	for (i = 0; i < n; i++) {
		fuzz = &fuzzers[i].programs->bss->fuzz;
		printf("# %s: %llu calls in %llu runs, %llu left out, %llu clones\n",
		       fuzzers[i].name, (unsigned long long)fuzz->calls,
		       (unsigned long long)fuzz->runs, (unsigned long long)fuzz->skipped,
		       (unsigned long long)fuzz->clones);
		for (call = 0; call < FUZZ_CALLS; call++) {
			good[call] += fuzz->good[call];
			refused[call] += fuzz->refused[call];
		}
	}
	printf("# %" PRIu64 " calls in %" PRId64 " ms\n", fuzzers_calls(fuzzers, n), ms);
	for (call = 0; call < FUZZ_CALLS; call++) {
		printf("# %-18s %9" PRIu64 " done %9" PRIu64 " refused\n", call_names[call],
		       good[call], refused[call]);
		CHECK(count < FEW || good[call], "%s was never done", call_names[call]);
	}
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	uint64_t number;
	char *end;

	if (!text || !*text)
		return otherwise;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9') {
		fprintf(stderr, "fuzz: %s is not a number: %s\n", name, text);
		exit(2);
	}
	return number;
}

/* What there is that a change could have left. */
static char things[16384];

static void look_for_things(char *to, size_t size)
{
	session_enter(&r1);
	snprintf(to, size, "%s",
		 test_shell_output(
			 "ip -br link | cut -d' ' -f1 | sort; wg show wg0 peers; "
			 "wg show wg0 allowed-ips; nft list ruleset; ip xfrm policy; "
			 "ls /run/netns; bpftool prog show | grep -o 'name fuzzes.*'; true"));
}

/* After all of it WireGuard does as before, and nothing is left. */
static void test_after(const void *arg)
{
	static char after[sizeof(things)];
	uint8_t plain[1500];
	struct frame frame = { .length = 0 };
	struct request request;
	struct session session;

	(void)arg;
	session_renew();
	session_read(&r1, &session);
	request = request_peer(&r1, CALL_ENCRYPT);
	request.offset = MESSAGE_OFFSET;
	request.length = MESSAGE_OVERHEAD + 400;
	frame_put(&frame, NULL, MESSAGE_OFFSET + MESSAGE_HEADER);
	frame_put_ip(&frame, r1.host_address[0], r2.host_address[0], 400);
	frame_put(&frame, NULL, 16);
	CHECK_EQ(call_run(XDP, r1.lan, &request, &frame), 0);
	message_check(frame.data + MESSAGE_OFFSET, request.length, &session,
		      message_counter(frame.data + MESSAGE_OFFSET), plain);
	session_ping();
	look_for_things(after, sizeof(after));
	CHECK(!strcmp(things, after), "before there was: %s; and now: %s", things, after);
}

static void prepare(void)
{
	printf("# SEED=%" PRIu64 " COUNT=%" PRIu64 "\n", seed, count);
	call_load();
	session_ping();
	look_for_things(things, sizeof(things));
}

static void before(void)
{
	session_keep_fresh();
	begun = now_ms();
}

static void restore(void)
{
	runs_abort();
	traffic_abort();
	changes_abort();
}

int main(int argc, char **argv)
{
	seed = number_of("SEED", 1);
	count = number_of("COUNT", FEW);
	test_add(test_runs, NULL, "fuzz/runs");
	test_add(test_traffic, NULL, "fuzz/traffic");
	test_add(test_after, NULL, "fuzz/after");
	return test_main(argc, argv, prepare, before, restore);
}
