// SPDX-License-Identifier: GPL-2.0
/*
 * Lookups of devices and peers.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

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

static long long peer_by_address(enum kind kind, const char *address)
{
	struct request request = { .call = CALL_PEER, .ifindex = netns_ifindex("wg0") };

	request_address(&request, address);
	return call_run(kind, "r1-a", &request, NULL);
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
	expected = test_shell_output("%s | base64 -d | od -An -v -tx1 | tr -d ' \\n'", command);
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

void add_lookup_tests(void)
{
	add_both(test_by_index, "device-by-index");
	add_both(test_by_index_down, "device-by-index-down");
	add_both(test_by_index_other_netns, "device-by-index-other-netns");
	add_both(test_by_port, "device-by-port");
	add_both(test_by_port_down, "device-by-port-down");
	add_both(test_by_port_moved, "device-by-port-moved");
	add_both(test_allowedips, "allowedips");
	add_both(test_allowedips_size, "allowedips-size");
	add_both(test_allowedips_peers, "allowedips-peers");
	add_both(test_hashtable, "hashtable");
	add_both(test_hashtable_handshake, "hashtable-handshake");
}
