// SPDX-License-Identifier: GPL-2.0
/*
 * The endpoint of a peer: what it is, and whether a packet comes from it. All of it is asked in R1.
 */
#include <arpa/inet.h>

#include "tests.h"

void check_sizes(enum kind kind, struct request *request, uint32_t good)
{
	uint32_t size;

	for (size = 0; size <= good; size += good > 40 ? 7 : 1) {
		if (size == good)
			continue;
		request->size = size;
		CHECK(call_run(kind, "r1-a", request, NULL) == -EINVAL, "size %u", size);
	}
	request->size = good;
}

void check_address(const char *what, const void *actual, const char *expected)
{
	uint8_t address[16];
	int family = strchr(expected, ':') ? AF_INET6 : AF_INET;

	inet_pton(family, expected, address);
	CHECK_BYTES(what, actual, address, family == AF_INET ? 4 : 16);
}

void set_endpoint(const char *address)
{
	session_enter(&r1);
	test_shell("wg set wg0 peer $(wg pubkey < /run/topology/R2.key) endpoint %s:51820",
		   address);
}

struct request add_peer(enum call call, const char *options)
{
	struct request request;

	session_enter(&r1);
	test_shell(
		"umask 077; wg set wg0 peer $(wg genkey | tee /run/topology/X.key | wg pubkey) %s "
		"allowed-ips 10.9.0.0/16",
		options);
	request = request_peer(&r1, call);
	request_address(&request, "10.9.1.1");
	return request;
}

void remove_peer(void)
{
	test_shell("wg set wg0 peer $(wg pubkey < /run/topology/X.key) remove");
}

static void test_tuple4(const void *arg)
{
	const struct bpf_sock_tuple *tuple = &call_reply()->tuple;
	static const uint32_t sizes[] = {
		sizeof(tuple->ipv4),
		sizeof(tuple->ipv6),
		sizeof(*tuple),
	};
	struct request request;
	size_t i;

	session_ping();
	session_enter(&r1);
	request = request_peer(&r1, CALL_TUPLE);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		request.size = sizes[i];
		CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), AF_INET);
		check_address("saddr", &tuple->ipv4.saddr, "192.0.2.1");
		check_address("daddr", &tuple->ipv4.daddr, "192.0.2.2");
		CHECK_EQ(ntohs(tuple->ipv4.sport), WG_PORT);
		CHECK_EQ(ntohs(tuple->ipv4.dport), WG_PORT);
	}
}

static void test_tuple6(const void *arg)
{
	const struct bpf_sock_tuple *tuple = &call_reply()->tuple;
	struct request request;

	set_endpoint("[2001:db8::2]");
	session_ping();
	session_enter(&r1);
	request = request_peer(&r1, CALL_TUPLE);
	request.size = sizeof(tuple->ipv6);
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), AF_INET6);
	check_address("saddr", tuple->ipv6.saddr, "2001:db8::1");
	check_address("daddr", tuple->ipv6.daddr, "2001:db8::2");
	CHECK_EQ(ntohs(tuple->ipv6.sport), WG_PORT);
	CHECK_EQ(ntohs(tuple->ipv6.dport), WG_PORT);
	request.size = sizeof(tuple->ipv4);
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -EAFNOSUPPORT);
	set_endpoint("192.0.2.2");
	session_ping();
}

static void test_tuple_size(const void *arg)
{
	const struct bpf_sock_tuple *tuple = &call_reply()->tuple;
	struct request request;
	uint32_t size;

	session_enter(&r1);
	request = request_peer(&r1, CALL_TUPLE);
	for (size = 0; size < sizeof(*tuple); size++) {
		if (size == sizeof(tuple->ipv4) || size == sizeof(tuple->ipv6))
			continue;
		request.size = size;
		CHECK(call_run(KIND(arg), "r1-a", &request, NULL) == -EINVAL, "size %u", size);
	}
}

static void test_tuple_no_endpoint(const void *arg)
{
	struct request request = add_peer(CALL_TUPLE, "");

	request.size = sizeof(call_reply()->tuple);
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), -EDESTADDRREQ);
	remove_peer();
}

/* Nothing has been received from this peer yet, so that there is no source address either. */
static void test_tuple_no_source(const void *arg)
{
	struct request request = add_peer(CALL_TUPLE, "endpoint 192.0.2.2:9");

	request.size = sizeof(call_reply()->tuple);
	CHECK_EQ(call_run(KIND(arg), "r1-a", &request, NULL), AF_INET);
	check_address("saddr", &call_reply()->tuple.ipv4.saddr, "0.0.0.0");
	CHECK_EQ(ntohs(call_reply()->tuple.ipv4.dport), 9);
	remove_peer();
}

static struct request match_request(int family)
{
	struct request request = request_peer(&r1, CALL_MATCH);
	int six = family == AF_INET6;

	request.size = sizeof(request.flow);
	request.flow.iif = netns_ifindex("r1-r2");
	request.flow.family = family;
	request.flow.sport = htons(WG_PORT);
	request.flow.dport = htons(WG_PORT);
	inet_pton(family, r2.wan_address[six], request.flow.src);
	inet_pton(family, r1.wan_address[six], request.flow.dst);
	return request;
}

static void check_match(enum kind kind, int family)
{
	const struct request right = match_request(family);
	struct request wrong;
	int word;

	CHECK_EQ(call_run(kind, "r1-r2", &right, NULL), 1);
	wrong = right;
	wrong.flow.sport ^= 1;
	CHECK_EQ(call_run(kind, "r1-r2", &wrong, NULL), 0);
	wrong = right;
	wrong.flow.iif = netns_ifindex("r1-a");
	/* An IPv6 endpoint has an interface only if its address is link-local. */
	CHECK_EQ(call_run(kind, "r1-r2", &wrong, NULL), family == AF_INET6);
	wrong = right;
	wrong.flow.family = family == AF_INET ? AF_INET6 : AF_INET;
	CHECK_EQ(call_run(kind, "r1-r2", &wrong, NULL), 0);
	wrong.flow.family = 0;
	CHECK_EQ(call_run(kind, "r1-r2", &wrong, NULL), 0);
	for (word = 0; word < (family == AF_INET ? 1 : 4); word++) {
		wrong = right;
		wrong.flow.src[word] ^= htonl(1);
		CHECK_EQ(call_run(kind, "r1-r2", &wrong, NULL), 0);
		wrong = right;
		wrong.flow.dst[word] ^= htonl(1);
		CHECK_EQ(call_run(kind, "r1-r2", &wrong, NULL), 0);
	}
}

static void test_match4(const void *arg)
{
	session_ping();
	session_enter(&r1);
	check_match(KIND(arg), AF_INET);
}

static void test_match6(const void *arg)
{
	set_endpoint("[2001:db8::2]");
	session_ping();
	session_enter(&r1);
	check_match(KIND(arg), AF_INET6);
	set_endpoint("192.0.2.2");
	session_ping();
}

static void test_match_size(const void *arg)
{
	struct request request;

	session_ping();
	session_enter(&r1);
	request = match_request(AF_INET);
	check_sizes(KIND(arg), &request, sizeof(request.flow));
}

void add_endpoint_tests(void)
{
	add_both(test_tuple4, "endpoint-tuple-4");
	add_both(test_tuple6, "endpoint-tuple-6");
	add_both(test_tuple_size, "endpoint-tuple-size");
	add_both(test_tuple_no_endpoint, "endpoint-tuple-no-endpoint");
	add_both(test_tuple_no_source, "endpoint-tuple-no-source");
	add_both(test_match4, "endpoint-match-4");
	add_both(test_match6, "endpoint-match-6");
	add_both(test_match_size, "endpoint-match-size");
}
