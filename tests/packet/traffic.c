// SPDX-License-Identifier: GPL-2.0
/*
 * Frames as the interfaces of the routers receive them, and what must become of them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "packet.h"

const int families[FAMILIES] = { AF_INET, AF_INET6 };
const char *const family_names[FAMILIES] = { "4", "6" };

static const uint16_t ethertypes[FAMILIES] = { ETHERTYPE_IP, ETHERTYPE_IPV6 };

static int outer_now;
static uint32_t tunnel_mtu = TUNNEL_MTU;

void set_tunnel_mtu(uint32_t mtu)
{
	tunnel_mtu = mtu;
}

int current_outer(void)
{
	return outer_now;
}

static const struct side *const sides[] = { &r1, &r2 };

/* Where a router is to send to, as wg shows it. */
static void print_endpoint(const struct side *side, int outer, char *endpoint, size_t size)
{
	static const char *const formats[FAMILIES] = { "%s:%d", "[%s]:%d" };

	snprintf(endpoint, size, formats[outer], side->peer->wan_address[outer], WG_PORT);
}

static void set_endpoints(int outer)
{
	char endpoint[64];
	size_t i;

	for (i = 0; i < 2; i++) {
		session_enter(sides[i]);
		print_endpoint(sides[i], outer, endpoint, sizeof(endpoint));
		test_shell("wg set wg0 peer $(wg pubkey < /run/topology/%s.key) endpoint '%s'",
			   sides[i]->peer->ns, endpoint);
	}
}

static bool have_endpoints(int outer)
{
	char endpoint[64];
	size_t i;

	for (i = 0; i < 2; i++) {
		session_enter(sides[i]);
		print_endpoint(sides[i], outer, endpoint, sizeof(endpoint));
		if (!strstr(test_shell_output("wg show wg0 endpoints"), endpoint))
			return false;
	}
	return true;
}

/*
 * A router that gets a packet by the other family goes back to that, and one may have been sent
 * before, or between the two.
 */
void use_outer(int outer)
{
	int tries = 20;

	if (outer == outer_now)
		return;
	do {
		CHECK(tries--, "the routers do not stay with the family");
		set_endpoints(outer);
		session_ping();
		if (slow() > 1)
			usleep(1000000);
	} while (!have_endpoints(outer));
	outer_now = outer;
}

/* The MAC address of an interface of some namespace. */
static void get_mac(const char *ns, const char *ifname, uint8_t *mac)
{
	netns_enter(ns);
	memcpy(mac, netns_mac(ifname), ETH_ALEN);
}

void lan_frame(const struct side *side, struct frame *frame, int inner)
{
	uint8_t to[ETH_ALEN], from[ETH_ALEN];

	get_mac(side->host, side->host_if, from);
	get_mac(side->ns, side->lan, to);
	frame->length = 0;
	frame_put_eth(frame, to, from, ethertypes[inner]);
}

void inner_packet(const struct side *side, struct frame *packet, int inner, uint32_t length)
{
	packet->length = 0;
	frame_put_ip(packet, side->host_address[inner], side->peer->host_address[inner], length);
}

void host_frame(const struct side *side, struct frame *frame, int inner, uint32_t length)
{
	session_keep_alive();
	lan_frame(side, frame, inner);
	frame_put_ip(frame, side->host_address[inner], side->peer->host_address[inner], length);
	/* Ethernet has a shortest frame. */
	if (frame->length < 60)
		frame_put(frame, NULL, 60 - frame->length);
}

void *wan_frame(const struct side *side, struct frame *frame, const struct message *message)
{
	uint8_t to[ETH_ALEN], from[ETH_ALEN];
	int outer = outer_now;

	get_mac(side->peer->ns, side->peer->wan, from);
	get_mac(side->ns, side->wan, to);
	frame->length = 0;
	frame_put_eth(frame, to, from, ethertypes[outer]);
	return frame_put_datagram(frame, side->peer->wan_address[outer], side->wan_address[outer],
				  WG_PORT, WG_PORT, message->data, message->length);
}

void *message_frame(const struct side *side, struct frame *frame, const struct frame *packet)
{
	struct frame padded = *packet;
	struct session session;
	uint64_t counter = message_next_counter(side, &session);
	struct message message;

	frame_put(&padded, NULL, (PADDING - padded.length % PADDING) % PADDING);
	if (padded.length > tunnel_mtu && packet->length <= tunnel_mtu)
		padded.length = tunnel_mtu;
	message_seal(&message, &session, counter, padded.data, padded.length);
	return wan_frame(side, frame, &message);
}

bool is_icmp_error(int inner, int type)
{
	return inner ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static uint32_t ip_length(const void *packet)
{
	const struct ip6_hdr *ip6 = packet;
	const struct ip *ip = packet;

	if (ip_family(packet) == AF_INET)
		return ntohs(ip->ip_len);
	return sizeof(*ip6) + ntohs(ip6->ip6_plen);
}

static uint8_t ip_tos(const void *packet)
{
	const struct ip6_hdr *ip6 = packet;
	const struct ip *ip = packet;

	return ip_family(packet) == AF_INET ? ip->ip_tos : ntohl(ip6->ip6_flow) >> 20;
}

static void check_link(const struct frame *frame, const char *to_ns, const char *to_if,
		       const char *from_ns, const char *from_if, uint16_t ethertype)
{
	const struct ether_header *eth = (const struct ether_header *)frame->data;
	uint8_t mac[ETH_ALEN];

	get_mac(to_ns, to_if, mac);
	CHECK_BYTES("destination MAC", eth->ether_dhost, mac, ETH_ALEN);
	get_mac(from_ns, from_if, mac);
	CHECK_BYTES("source MAC", eth->ether_shost, mac, ETH_ALEN);
	CHECK_EQ(ntohs(eth->ether_type), ethertype);
}

static void check_outer4(const struct side *side, const struct ip *ip, uint32_t length, uint8_t tos)
{
	struct in_addr address;

	CHECK_EQ(ip->ip_v, 4);
	CHECK_EQ(ip->ip_hl, 5);
	CHECK_EQ(ip->ip_tos, tos);
	CHECK_EQ(ntohs(ip->ip_len), length);
	CHECK_EQ(ip->ip_off, 0);
	CHECK_EQ(ip->ip_ttl, 64);
	CHECK_EQ(ip->ip_p, IPPROTO_UDP);
	CHECK_EQ(checksum_sum(ip, sizeof(*ip), 0), 0xffff);
	inet_pton(AF_INET, side->wan_address[0], &address);
	CHECK_BYTES("outer source", &ip->ip_src, &address, sizeof(address));
	inet_pton(AF_INET, side->peer->wan_address[0], &address);
	CHECK_BYTES("outer destination", &ip->ip_dst, &address, sizeof(address));
}

static void check_outer6(const struct side *side, const struct ip6_hdr *ip, uint32_t length,
			 uint8_t tos)
{
	struct in6_addr address;

	CHECK_EQ(ntohl(ip->ip6_flow), 6u << 28 | tos << 20);
	CHECK_EQ(ntohs(ip->ip6_plen), length - sizeof(*ip));
	CHECK_EQ(ip->ip6_nxt, IPPROTO_UDP);
	CHECK_EQ(ip->ip6_hlim, 64);
	inet_pton(AF_INET6, side->wan_address[1], &address);
	CHECK_BYTES("outer source", &ip->ip6_src, &address, sizeof(address));
	inet_pton(AF_INET6, side->peer->wan_address[1], &address);
	CHECK_BYTES("outer destination", &ip->ip6_dst, &address, sizeof(address));
}

static void check_udp(const void *outer, const struct udphdr *udp, uint32_t length, bool summed)
{
	CHECK_EQ(ntohs(udp->uh_sport), WG_PORT);
	CHECK_EQ(ntohs(udp->uh_dport), WG_PORT);
	CHECK_EQ(ntohs(udp->uh_ulen), length);
	if (!summed) {
		CHECK_EQ(udp->uh_sum, 0);
		return;
	}
	CHECK(udp->uh_sum, "the UDP checksum is missing");
	CHECK(udp_check(outer, udp) == 0xffff, "the UDP checksum is wrong");
}

/* Marks are copied out, but CE, which this path has not said yet (RFC 3168 section 9.1.1). */
static uint8_t outer_tos(const void *packet)
{
	uint8_t ecn = ip_tos(packet) & 3;

	return ecn == 3 ? 2 : ecn;
}

static void check_message(const uint8_t *message, uint32_t length, const struct session *session,
			  uint64_t counter, void *packet)
{
	uint32_t inner = ip_length(packet), padded = (inner + PADDING - 1) / PADDING * PADDING;
	static const uint8_t zeros[PADDING];
	uint8_t plain[FRAME_MAX];

	if (padded > tunnel_mtu)
		padded = tunnel_mtu;
	CHECK_EQ(length, padded + MESSAGE_OVERHEAD);
	message_check(message, length, session, counter, plain);
	ip_decrease_ttl(packet);
	CHECK_BYTES("inner packet", plain, packet, inner);
	CHECK_BYTES("padding", plain + inner, zeros, padded - inner);
}

void check_encap(const struct side *side, __u32 flags, struct frame *frame)
{
	const uint8_t *outer = frame->data + ETHER_HDR_LEN;
	uint32_t ip = current_outer() ? sizeof(struct ip6_hdr) : sizeof(struct ip);
	struct frame before = *frame;
	void *packet = before.data + ETHER_HDR_LEN;
	struct session session, after;
	enum xdp_wg_reason reason;
	uint32_t length;
	enum outcome verdict;

	/* If there is another session now, nobody knows with which of them it was sent. */
	do {
		*frame = before;
		session_read(side, &session);
		reason = datapath_run(flags, side->lan, frame, &verdict);
		session_read(side, &after);
	} while (after.birth != session.birth);
	CHECK(reason == XDP_WG_ENCAP, "length %u: %s", ip_length(packet), reason_name(reason));
	CHECK_EQ(verdict, REDIRECT);

	length = frame->length - ETHER_HDR_LEN;
	check_link(frame, side->peer->ns, side->peer->wan, side->ns, side->wan,
		   ethertypes[current_outer()]);
	if (current_outer())
		check_outer6(side, (const void *)outer, length, outer_tos(packet));
	else
		check_outer4(side, (const void *)outer, length, outer_tos(packet));
	check_udp(outer, (const void *)(outer + ip), length - ip,
		  current_outer() || !(flags & XDP_WG_NO_UDP_CSUM));
	check_message(outer + ip + sizeof(struct udphdr), length - ip - sizeof(struct udphdr),
		      &session, after.counter - 1, packet);
}

void check_decap(const struct side *side, struct frame *frame, const struct frame *packet,
		 uint8_t tos)
{
	struct frame expected = *packet;
	enum xdp_wg_reason reason;
	enum outcome verdict;

	session_enter(side);
	reason = datapath_run(0, side->wan, frame, &verdict);
	CHECK(reason == XDP_WG_DECAP, "length %u: %s", packet->length, reason_name(reason));
	CHECK_EQ(verdict, REDIRECT);
	check_link(frame, side->host, side->host_if, side->ns, side->lan,
		   ethertypes[ip_family(packet->data) == AF_INET6]);
	CHECK_EQ(frame->length, ETHER_HDR_LEN + packet->length);
	ip_decrease_ttl(expected.data);
	if (ip_tos(expected.data) != tos)
		ip_set_tos(expected.data, tos);
	CHECK_BYTES("inner packet", frame->data + ETHER_HDR_LEN, expected.data, packet->length);
}
