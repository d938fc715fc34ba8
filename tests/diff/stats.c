// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>
#include <net/if.h>
#include <string.h>

#include "fatal.h"
#include "addresses.h"
#include "stats.h"

#define STAT_NAME(name) #name,
const char *const stat_names[STAT_MAX] = { STATS(STAT_NAME) };

static struct mnl_socket *route, *generic;
static uint16_t wireguard;
static char buffer[32768];

static void ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t take, void *arg)
{
	unsigned int port = mnl_socket_get_portid(socket);
	static unsigned int seq;
	ssize_t n;
	int more;

	request->nlmsg_seq = ++seq;
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		fatal("cannot ask the kernel for counters: %s", strerror(errno));
	do {
		n = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
		more = n < 0 ? -1 : mnl_cb_run(buffer, n, seq, port, take, arg);
		if (more < 0)
			fatal("the kernel does not tell its counters: %s", strerror(errno));
	} while (more > 0);
}

static int take_family(const struct nlmsghdr *message, void *arg)
{
	struct nlattr *attr;

	(void)arg;
	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			wireguard = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static struct nlmsghdr *generic_request(void *memory, uint16_t family, uint16_t flags, uint8_t cmd)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(memory);
	struct genlmsghdr *header = mnl_nlmsg_put_extra_header(request, sizeof(*header));

	request->nlmsg_type = family;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	header->cmd = cmd;
	header->version = 1;
	return request;
}

void stats_open(void)
{
	char memory[256];
	struct nlmsghdr *request;

	route = mnl_socket_open(NETLINK_ROUTE);
	generic = mnl_socket_open(NETLINK_GENERIC);
	if (!route || !generic || mnl_socket_bind(route, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_bind(generic, 0, MNL_SOCKET_AUTOPID))
		fatal("no netlink socket: %s", strerror(errno));
	request = generic_request(memory, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
	ask(generic, request, take_family, NULL);
}

static int take_link(const struct nlmsghdr *message, void *arg)
{
	struct rtnl_link_stats64 *link = arg;
	struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct ifinfomsg)) {
		size_t length = mnl_attr_get_payload_len(attr);

		if (mnl_attr_get_type(attr) == IFLA_STATS64)
			memcpy(link, mnl_attr_get_payload(attr),
			       length < sizeof(*link) ? length : sizeof(*link));
	}
	return MNL_CB_OK;
}

/* Zeros for a device that is not there. */
static struct rtnl_link_stats64 read_link(const char *ifname)
{
	char memory[256];
	struct nlmsghdr *request = mnl_nlmsg_put_header(memory);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	struct rtnl_link_stats64 stats = {};

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	link->ifi_index = if_nametoindex(ifname);
	if (!link->ifi_index)
		return stats;
	ask(route, request, take_link, &stats);
	return stats;
}

#define PUT_LINK(to, link, stats)                                                                  \
	do {                                                                                       \
		(to)[STAT_##link##_RX_PACKETS] = (stats).rx_packets;                               \
		(to)[STAT_##link##_RX_BYTES] = (stats).rx_bytes;                                   \
		(to)[STAT_##link##_TX_PACKETS] = (stats).tx_packets;                               \
		(to)[STAT_##link##_RX_ERRORS] = (stats).rx_errors;                                 \
		(to)[STAT_##link##_TX_ERRORS] = (stats).tx_errors;                                 \
		(to)[STAT_##link##_RX_DROPPED] = (stats).rx_dropped;                               \
		(to)[STAT_##link##_TX_DROPPED] = (stats).tx_dropped;                               \
		(to)[STAT_##link##_RX_LENGTH_ERRORS] = (stats).rx_length_errors;                   \
		(to)[STAT_##link##_RX_FRAME_ERRORS] = (stats).rx_frame_errors;                     \
	} while (0)

#define PUT_VLAN(to, link, stats)                                                                  \
	do {                                                                                       \
		(to)[STAT_##link##_RX_PACKETS] = (stats).rx_packets;                               \
		(to)[STAT_##link##_RX_BYTES] = (stats).rx_bytes;                                   \
		(to)[STAT_##link##_TX_PACKETS] = (stats).tx_packets;                               \
		(to)[STAT_##link##_TX_BYTES] = (stats).tx_bytes;                                   \
	} while (0)

static void read_links(struct stats *stats)
{
	struct rtnl_link_stats64 link;

	link = read_link("r1-a");
	PUT_LINK(stats->value, R1_A, link);
	link = read_link("r1-w");
	PUT_LINK(stats->value, R1_W, link);
	link = read_link("wg0");
	PUT_LINK(stats->value, WG0, link);
	stats->value[STAT_WG0_TX_BYTES] = link.tx_bytes;
	link = read_link("lan7");
	PUT_VLAN(stats->value, LAN7, link);
	link = read_link("wan9");
	PUT_VLAN(stats->value, WAN9, link);
}

/* Which peer it is, by the IPv4 network that belongs to it; -1 if none of ours. */
static int peer_number(const struct nlattr *allowed)
{
	static const uint8_t networks[PEERS][4] = {
		[PEER_4] = { 10, 2, 0, 0 },
		[PEER_6] = { 10, 2, 128, 0 },
	};
	struct nlattr *network, *attr;
	int number;

	mnl_attr_for_each_nested(network, allowed)
		mnl_attr_for_each_nested(attr, network)
			for (number = 0; number < PEERS; number++)
				if (mnl_attr_get_type(attr) == WGALLOWEDIP_A_IPADDR &&
				    mnl_attr_get_payload_len(attr) == 4 &&
				    !memcmp(mnl_attr_get_payload(attr), networks[number], 4))
					return number;
	return -1;
}

/* FNV-1a, by Fowler, Noll and Vo. */
static uint64_t digest(const uint8_t *data, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325;

	while (length--)
		hash = (hash ^ *data++) * 0x100000001b3;
	return hash;
}

static void take_peer(const struct nlattr *peer, struct stats *stats)
{
	uint64_t rx = 0, tx = 0, endpoint = 0;
	struct nlattr *attr;
	int number = -1;

	mnl_attr_for_each_nested(attr, peer) {
		switch (mnl_attr_get_type(attr)) {
		case WGPEER_A_RX_BYTES:
			rx = mnl_attr_get_u64(attr);
			break;
		case WGPEER_A_TX_BYTES:
			tx = mnl_attr_get_u64(attr);
			break;
		case WGPEER_A_ENDPOINT:
			endpoint =
				digest(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
			break;
		case WGPEER_A_ALLOWEDIPS:
			number = peer_number(attr);
			break;
		}
	}
	if (number == PEER_4) {
		stats->value[STAT_PEER_4_RX_BYTES] = rx;
		stats->value[STAT_PEER_4_TX_BYTES] = tx;
		stats->value[STAT_PEER_4_ENDPOINT] = endpoint;
	} else if (number == PEER_6) {
		stats->value[STAT_PEER_6_RX_BYTES] = rx;
		stats->value[STAT_PEER_6_TX_BYTES] = tx;
		stats->value[STAT_PEER_6_ENDPOINT] = endpoint;
	}
}

static int take_device(const struct nlmsghdr *message, void *arg)
{
	struct nlattr *attr, *peer;

	mnl_attr_for_each(attr, message, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == WGDEVICE_A_PEERS)
			mnl_attr_for_each_nested(peer, attr)
				take_peer(peer, arg);
	return MNL_CB_OK;
}

void stats_read(struct stats *stats)
{
	char memory[256];
	struct nlmsghdr *request;

	memset(stats, 0, sizeof(*stats));
	read_links(stats);
	request = generic_request(memory, wireguard, NLM_F_DUMP, WG_CMD_GET_DEVICE);
	mnl_attr_put_strz(request, WGDEVICE_A_IFNAME, "wg0");
	ask(generic, request, take_device, stats);
}
