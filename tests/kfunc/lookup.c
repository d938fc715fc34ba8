// SPDX-License-Identifier: GPL-2.0
/*
 * Lookups of devices and peers.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <stdio.h>
#include <time.h>

#include "stream.h"
#include "tests.h"

/* An index that no interface has unless a test gives it one. */
#define FREE_INDEX 7777

static long long device_by_index(enum kind kind, const char *ifname, uint32_t ifindex)
{
	struct request request = { .call = CALL_DEVICE, .ifindex = ifindex };

	return call_run(kind, ifname, &request, NULL);
}

static long long device_by_port(enum kind kind, const char *ifname, uint16_t port)
{
	struct request request = {
		.call = CALL_DEVICE,
		.find_device = DEVICE_BY_PORT,
		.port = port,
	};

	return call_run(kind, ifname, &request, NULL);
}

static void test_by_index(const void *arg)
{
	enum kind kind = KIND(arg);
	uint32_t wg0;

	session_enter(&r1);
	wg0 = netns_ifindex("wg0");
	CHECK_EQ(device_by_index(kind, "r1-a", wg0), 0);
	CHECK_EQ(call_reply()->device, wg0);
	CHECK_EQ(device_by_index(kind, "lo", wg0), 0);
	CHECK_EQ(device_by_index(kind, "r1-a", netns_ifindex("lo")), NO_DEVICE);
	CHECK_EQ(device_by_index(kind, "r1-a", netns_ifindex("r1-a")), NO_DEVICE);
	CHECK_EQ(device_by_index(kind, "r1-a", 0), NO_DEVICE);
	CHECK_EQ(device_by_index(kind, "r1-a", FREE_INDEX), NO_DEVICE);
	CHECK_EQ(device_by_index(kind, "r1-a", UINT32_MAX), NO_DEVICE);
}

static void test_by_index_down(const void *arg)
{
	enum kind kind = KIND(arg);

	session_enter(&r1);
	test_shell("ip link add wgx index %d type wireguard", FREE_INDEX);
	CHECK_EQ(device_by_index(kind, "r1-a", FREE_INDEX), NO_DEVICE);
	test_shell("ip link set wgx up");
	CHECK_EQ(device_by_index(kind, "r1-a", FREE_INDEX), 0);
	test_shell("ip link set wgx down");
	CHECK_EQ(device_by_index(kind, "r1-a", FREE_INDEX), NO_DEVICE);
	test_shell("ip link del wgx");
	CHECK_EQ(device_by_index(kind, "r1-a", FREE_INDEX), NO_DEVICE);
}

static void test_by_index_other_netns(const void *arg)
{
	enum kind kind = KIND(arg);

	session_enter(&r2);
	test_shell("ip link add wgx index %d type wireguard && ip link set wgx up", FREE_INDEX);
	CHECK_EQ(device_by_index(kind, "r2-b", FREE_INDEX), 0);
	session_enter(&r1);
	CHECK_EQ(device_by_index(kind, "r1-a", FREE_INDEX), NO_DEVICE);
	session_enter(&r2);
	test_shell("ip link del wgx");
}

static void test_by_port(const void *arg)
{
	enum kind kind = KIND(arg);

	session_enter(&r1);
	CHECK_EQ(device_by_port(kind, "r1-r2", WG_PORT), 0);
	CHECK_EQ(call_reply()->device, netns_ifindex("wg0"));
	CHECK_EQ(device_by_port(kind, "r1-r2", WG_PORT + 1), NO_DEVICE);
	CHECK_EQ(device_by_port(kind, "r1-r2", htons(WG_PORT)), NO_DEVICE);
	CHECK_EQ(device_by_port(kind, "r1-r2", 0), NO_DEVICE);
}

static void test_by_port_down(const void *arg)
{
	enum kind kind = KIND(arg);

	session_enter(&r1);
	test_shell("ip link add wgx type wireguard && wg set wgx listen-port 51830");
	CHECK_EQ(device_by_port(kind, "r1-r2", 51830), NO_DEVICE);
	test_shell("ip link set wgx up");
	CHECK_EQ(device_by_port(kind, "r1-r2", 51830), 0);
	CHECK_EQ(call_reply()->device, netns_ifindex("wgx"));
	session_enter(&r2);
	CHECK_EQ(device_by_port(kind, "r2-r1", 51830), NO_DEVICE);
	session_enter(&r1);
	test_shell("wg set wgx listen-port 51831");
	CHECK_EQ(device_by_port(kind, "r1-r2", 51830), NO_DEVICE);
	CHECK_EQ(device_by_port(kind, "r1-r2", 51831), 0);
	test_shell("ip link set wgx down");
	CHECK_EQ(device_by_port(kind, "r1-r2", 51831), NO_DEVICE);
	test_shell("ip link del wgx");
}

/* The outer packets of a device that was moved are still received where it was made. */
static void test_by_port_moved(const void *arg)
{
	enum kind kind = KIND(arg);

	session_enter(&r1);
	test_shell("ip link add wgx type wireguard && wg set wgx listen-port 51830 && "
		   "ip link set wgx netns R2");
	session_enter(&r2);
	test_shell("ip link set wgx up");
	CHECK_EQ(device_by_port(kind, "r2-r1", 51830), NO_DEVICE);
	session_enter(&r1);
	CHECK_EQ(device_by_port(kind, "r1-r2", 51830), NO_DEVICE);
	session_enter(&r2);
	test_shell("ip link del wgx");
}

/* Nanoseconds for a lookup by port in R1, which many took: the shortest of some averages. */
static uint32_t time_by_port(void)
{
	struct request request = {
		.call = CALL_DEVICE,
		.find_device = DEVICE_BY_PORT,
		.port = WG_PORT,
	};
	uint32_t shortest = UINT32_MAX;
	int i;

	session_enter(&r1);
	for (i = 0; i < 10; i++) {
		struct frame frame = { .length = 64 };
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame.data,
			    .data_size_in = frame.length, .repeat = 10000 / slow(), );

		call_prepare(&request);
		CHECK(!bpf_prog_test_run_opts(call_prog_fd(XDP), &opts), "it does not run");
		CHECK_EQ(opts.retval, XDP_TX);
		if (opts.duration < shortest)
			shortest = opts.duration;
	}
	return shortest;
}

/* What others have in their namespaces makes no lookup slower. A slow kernel has fewer of them. */
static void test_by_port_others(const void *arg)
{
	uint32_t alone, among;

	(void)arg;
	alone = time_by_port();
	session_enter(&r2);
	test_shell("for i in $(seq %d); do echo link add wgo$i group 77 type wireguard; "
		   "echo link set wgo$i up; done | ip -batch -",
		   300 / slow());
	among = time_by_port();
	session_enter(&r2);
	test_shell("ip link del group 77");
	CHECK(among < 2 * alone + 50, "it takes %u ns instead of %u", among, alone);
}

static long long peer_by_address(enum kind kind, const char *address)
{
	struct request request = { .call = CALL_PEER, .ifindex = netns_ifindex("wg0") };

	request_address(&request, address);
	return call_run(kind, "r1-a", &request, NULL);
}

/*
 * The public keys that shell commands have printed. Five processes for each of hundreds of keys
 * would take a slow kernel most of the time that it has for all of these cases.
 */
static struct {
	char command[64];
	char key[2 * KEY_SIZE + 1];
} printed[4];

/* Keys are made anew. */
static void forget_printed(void)
{
	memset(printed, 0, sizeof(printed));
}

static const char *print_key(const char *command)
{
	static size_t next;
	size_t i;

	for (i = 0; i < sizeof(printed) / sizeof(*printed); i++)
		if (!strcmp(printed[i].command, command))
			return printed[i].key;
	i = next++ % (sizeof(printed) / sizeof(*printed));
	snprintf(printed[i].key, sizeof(printed[i].key), "%s",
		 test_shell_output("%s | base64 -d | od -An -v -tx1 | tr -d ' \\n'", command));
	snprintf(printed[i].command, sizeof(printed[i].command), "%s", command);
	return printed[i].key;
}

/* Whether the peer that was found has the public key that a shell command prints. */
static void check_peer(const char *command)
{
	const uint8_t *key = call_reply()->peer;
	char hex[2 * KEY_SIZE + 1];
	const char *expected;
	int i;

	for (i = 0; i < KEY_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	expected = print_key(command);
	CHECK(!strcmp(hex, expected), "the peer is %s, not %s", hex, expected);
}

static void test_allowedips(const void *arg)
{
	enum kind kind = KIND(arg);
	static const char *const good[] = {
		"10.2.0.2", "10.2.0.255", "10.0.0.2", "fd00:2::2", "fd00:2::ffff", "fd00::2",
	};
	static const char *const bad[] = {
		"10.2.1.2", "10.0.0.1", "0.0.0.0", "255.255.255.255", "fd00:3::2", "::", "ff02::1",
	};
	size_t i;

	session_enter(&r1);
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		CHECK(!peer_by_address(kind, good[i]), "no peer for %s", good[i]);
		check_peer("wg pubkey < /run/topology/R2.key");
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(peer_by_address(kind, bad[i]) == NO_PEER, "a peer for %s", bad[i]);
}

static void test_allowedips_size(const void *arg)
{
	struct request request;
	uint32_t size;

	session_enter(&r1);
	request = request_peer(&r1, CALL_PEER);
	for (size = 0; size < 16; size++) {
		request.address_size = size;
		CHECK(call_run(KIND(arg), "r1-a", &request, NULL) == (size == 4 ? 0 : NO_PEER),
		      "size %u", size);
	}
}

static void test_allowedips_peers(const void *arg)
{
	enum kind kind = KIND(arg);

	session_enter(&r1);
	forget_printed();
	test_shell("umask 077; wg genkey > /run/topology/X.key");
	test_shell("wg set wg0 peer $(wg pubkey < /run/topology/X.key) "
		   "allowed-ips 10.2.0.128/25,10.9.0.0/16,fd00:9::/32");
	CHECK_EQ(peer_by_address(kind, "10.9.1.1"), 0);
	check_peer("wg pubkey < /run/topology/X.key");
	CHECK_EQ(peer_by_address(kind, "fd00:9::1"), 0);
	check_peer("wg pubkey < /run/topology/X.key");
	CHECK_EQ(peer_by_address(kind, "10.2.0.129"), 0);
	check_peer("wg pubkey < /run/topology/X.key");
	CHECK_EQ(peer_by_address(kind, "10.2.0.127"), 0);
	check_peer("wg pubkey < /run/topology/R2.key");
	test_shell("wg set wg0 peer $(wg pubkey < /run/topology/X.key) remove");
	CHECK_EQ(peer_by_address(kind, "10.9.1.1"), NO_PEER);
	CHECK_EQ(peer_by_address(kind, "10.2.0.129"), 0);
	check_peer("wg pubkey < /run/topology/R2.key");
}

/*
 * What is remembered is so for one CPU: the cases about that stay on the first one. Their peers X
 * and Y are of a device of their own, wgx.
 */
static void begin_memory(void)
{
	stay_on_cpu(0);
	session_enter(&r1);
	forget_printed();
	test_shell("umask 077; wg genkey > /run/topology/X.key; wg genkey > /run/topology/Y.key; "
		   "ip link add wgx type wireguard && ip link set wgx up");
}

static void end_memory(void)
{
	test_shell("ip link del wgx");
	leave_cpu();
}

/* set_ips() - Give a peer of wgx these allowed IPs, which are all that it has then. */
static void set_ips(char peer, const char *ips)
{
	test_shell("wg set wgx peer $(wg pubkey < /run/topology/%c.key) allowed-ips '%s'", peer,
		   ips);
}

static void remove_from_wgx(char peer)
{
	test_shell("wg set wgx peer $(wg pubkey < /run/topology/%c.key) remove", peer);
}

/* The answer for an address in wgx: a peer's letter, or 0 for none. The first one may be new. */
static void check_answer(enum kind kind, const char *address, char peer)
{
	struct request request = { .call = CALL_PEER, .ifindex = netns_ifindex("wgx") };
	char command[64];
	int again;

	request_address(&request, address);
	snprintf(command, sizeof(command), "wg pubkey < /run/topology/%c.key", peer);
	for (again = 0; again < 2; again++) {
		long long ret = call_run(kind, "r1-a", &request, NULL);

		CHECK(ret == (peer ? 0 : NO_PEER), "%s, time %d: %lld", address, again + 1, ret);
		if (peer)
			check_peer(command);
	}
}

/* Every change of allowed IPs is seen by the very next lookup. */
static void test_memory_changes(const void *arg)
{
	static const struct {
		const char *address, *wide, *narrow, *both;
	} families[] = {
		{ "10.9.1.1", "10.9.0.0/16", "10.9.1.0/24", "10.9.0.0/16,10.9.1.0/24" },
		{ "fd00:9::1", "fd00:9::/32", "fd00:9::/64", "fd00:9::/32,fd00:9::/64" },
	};
	enum kind kind = KIND(arg);
	size_t i;

	begin_memory();
	for (i = 0; i < sizeof(families) / sizeof(*families); i++) {
		const char *address = families[i].address;

		check_answer(kind, address, 0);
		set_ips('X', families[i].wide);
		check_answer(kind, address, 'X');
		/* The same network can be of one peer only. */
		set_ips('Y', families[i].wide);
		check_answer(kind, address, 'Y');
		set_ips('X', families[i].narrow);
		check_answer(kind, address, 'X');
		set_ips('X', "");
		check_answer(kind, address, 'Y');
		set_ips('Y', "");
		check_answer(kind, address, 0);

		set_ips('X', families[i].wide);
		set_ips('Y', families[i].narrow);
		check_answer(kind, address, 'Y');
		remove_from_wgx('Y');
		check_answer(kind, address, 'X');
		remove_from_wgx('X');
		check_answer(kind, address, 0);
		set_ips('X', families[i].both);
		check_answer(kind, address, 'X');
		set_ips('Y', families[i].narrow);
		check_answer(kind, address, 'Y');
		remove_from_wgx('Y');
		check_answer(kind, address, 'X');
		/* A device has no peer that is itself. */
		test_shell("wg set wgx private-key /run/topology/X.key");
		check_answer(kind, address, 0);
		test_shell("wg set wgx private-key /dev/null");
	}
	end_memory();
}

/* A device that comes after another may have its name, its number, and its place in memory. */
static void test_memory_replaced(const void *arg)
{
	static const char *const addresses[] = { "10.9.1.1", "fd00:9::1" };
	const char *ips = "10.9.0.0/16,fd00:9::/32";
	enum kind kind = KIND(arg);
	int round;
	size_t i;

	begin_memory();
	test_shell("ip link del wgx");
	for (round = 0; round < 8; round++) {
		char peer = round % 3 == 2 ? 0 : "XY"[round % 3];

		test_shell("ip link add wgx index %d type wireguard && ip link set wgx up",
			   FREE_INDEX);
		if (peer)
			set_ips(peer, ips);
		for (i = 0; i < sizeof(addresses) / sizeof(*addresses); i++)
			check_answer(kind, addresses[i], peer);
		if (round != 7)
			test_shell("ip link del wgx");
	}
	end_memory();
}

/* What is alike in all but one respect: the device, or the family. */
static void test_memory_distinguishes(const void *arg)
{
	enum kind kind = KIND(arg);
	int round;

	begin_memory();
	set_ips('X', "10.2.0.2/32,fd00:2::2/128,10.9.1.1/32");
	/* The bytes of 10.9.1.1, with zeroes behind them. */
	set_ips('Y', "a09:101::/128,a09:102::/128");
	for (round = 0; round < 3; round++) {
		check_answer(kind, "10.2.0.2", 'X');
		CHECK_EQ(peer_by_address(kind, "10.2.0.2"), 0);
		check_peer("wg pubkey < /run/topology/R2.key");
		check_answer(kind, "fd00:2::2", 'X');
		CHECK_EQ(peer_by_address(kind, "fd00:2::2"), 0);
		check_peer("wg pubkey < /run/topology/R2.key");
		check_answer(kind, "10.9.1.1", 'X');
		CHECK_EQ(peer_by_address(kind, "10.9.1.1"), NO_PEER);
		check_answer(kind, "a09:101::", 'Y');
		check_answer(kind, "10.9.1.1", 'X');
		check_answer(kind, "a09:102::", 'Y');
		check_answer(kind, "10.9.1.2", 0);
		/* Words that are swapped between the halves of an address. */
		check_answer(kind, "0:0:0:0:a09:101::", 0);
	}
	end_memory();
}

/* More addresses than are remembered drive each other out: the odd ones are Y's, the others X's. */
static void test_memory_many(const void *arg)
{
	struct request request = { .call = CALL_PEER };
	char address[INET6_ADDRSTRLEN];
	uint8_t keys[2][KEY_SIZE];
	enum kind kind = KIND(arg);
	int round, i;

	begin_memory();
	request.ifindex = netns_ifindex("wgx");
	set_ips('X', "10.9.0.0/16,fd00:9::/64");
	/* Decimal digits are hexadecimal ones, too. */
	test_shell("wg set wgx peer $(wg pubkey < /run/topology/Y.key) allowed-ips "
		   "$(seq -s, -f 10.9.%%g.0/24 1 2 255),$(seq -s, -f fd00:9::%%g/128 1 2 999)");
	check_answer(kind, "10.9.0.0", 'X');
	memcpy(keys[0], call_reply()->peer, KEY_SIZE);
	check_answer(kind, "10.9.1.0", 'Y');
	memcpy(keys[1], call_reply()->peer, KEY_SIZE);
	for (round = 0; round < 4; round++) {
		/* An odd step, so that both peers are met in turn. */
		for (i = 0; i < 1000; i += slow() > 1 ? 7 : 1) {
			if (round & 1)
				snprintf(address, sizeof(address), "fd00:9::%d", i);
			else
				snprintf(address, sizeof(address), "10.9.%d.%d", i & 255, i >> 8);
			request_address(&request, address);
			CHECK(!call_run(kind, "r1-a", &request, NULL), "no peer for %s", address);
			CHECK_BYTES(address, call_reply()->peer, keys[i & 1], KEY_SIZE);
		}
	}
	end_memory();
}

static long long peer_by_index(enum kind kind, uint32_t index)
{
	struct request request = request_index(&r1, CALL_PEER, index);

	return call_run(kind, "r1-r2", &request, NULL);
}

static void test_hashtable(const void *arg)
{
	enum kind kind = KIND(arg);
	struct session session;

	session_read(&r1, &session);
	CHECK_EQ(peer_by_index(kind, session.local_index), 0);
	check_peer("wg pubkey < /run/topology/R2.key");
	CHECK_EQ(peer_by_index(kind, session.local_index + 1), NO_PEER);
	CHECK_EQ(peer_by_index(kind, htonl(session.local_index)), NO_PEER);
	CHECK_EQ(peer_by_index(kind, session.remote_index), NO_PEER);
}

/* A peer that answers nothing has a handshake under way, whose index is no keypair's. */
static void test_hashtable_handshake(const void *arg)
{
	enum kind kind = KIND(arg);
	clock_t end = clock() + 2 * CLOCKS_PER_SEC;
	struct request request;
	uint32_t index;

	session_enter(&r1);
	test_shell("umask 077; wg set wg0 peer $(wg genkey | tee /run/topology/X.key | wg pubkey) "
		   "endpoint 192.0.2.2:9 persistent-keepalive 1 allowed-ips 10.9.0.0/16");
	request = request_peer(&r1, CALL_KEYS);
	request_address(&request, "10.9.1.1");
	do {
		CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -1);
		index = call_reply()->handshake_index;
	} while (!index && clock() < end);
	CHECK(index, "the handshake has not begun");
	CHECK_EQ(peer_by_index(kind, index), NO_PEER);
	test_shell("wg set wg0 peer $(wg pubkey < /run/topology/X.key) remove");
}

/* A change in one device makes another forget nothing. */
static void test_memory_devices(const void *arg)
{
	enum kind kind = KIND(arg);

	stream_load();
	begin_memory();
	set_ips('X', "10.9.0.0/16");
	CHECK_EQ(peer_by_address(kind, "10.2.0.2"), 0);
	check_answer(kind, "10.9.1.1", 'X');
	stream_lookups();
	CHECK_EQ(peer_by_address(kind, "10.2.0.2"), 0);
	check_answer(kind, "10.9.1.1", 'X');
	CHECK_EQ(stream_lookups(), 0);
	set_ips('Y', "10.9.1.0/24");
	CHECK_EQ(peer_by_address(kind, "10.2.0.2"), 0);
	CHECK_EQ(stream_lookups(), 0);
	check_answer(kind, "10.9.1.1", 'Y');
	CHECK_EQ(stream_lookups(), 1);
	end_memory();
}

void add_lookup_tests(void)
{
	add_both(test_by_index, "device-by-index");
	add_both(test_by_index_down, "device-by-index-down");
	add_both(test_by_index_other_netns, "device-by-index-other-netns");
	add_both(test_by_port, "device-by-port");
	add_both(test_by_port_down, "device-by-port-down");
	add_both(test_by_port_moved, "device-by-port-moved");
	test_add(test_by_port_others, NULL, "kfunc/device-by-port-others/xdp");
	add_both(test_allowedips, "allowedips");
	add_both(test_allowedips_size, "allowedips-size");
	add_both(test_allowedips_peers, "allowedips-peers");
	add_both(test_memory_changes, "memory-changes");
	add_both(test_memory_replaced, "memory-replaced");
	add_both(test_memory_distinguishes, "memory-distinguishes");
	add_both(test_memory_many, "memory-many");
	add_both(test_memory_devices, "memory-devices");
	add_both(test_hashtable, "hashtable");
	add_both(test_hashtable_handshake, "hashtable-handshake");
}
