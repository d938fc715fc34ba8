// SPDX-License-Identifier: GPL-2.0
/*
 * What is sent: bursts of UDP packets, as frames, so that the sender's own network stack has next
 * to no part in it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "burst.h"
#include "fatal.h"

#define IFNAME "a-r1"
#define FIRST_PORT 1024
#define PORTS 60000
#define DISCARD 9

struct burst {
	int fd;
	uint32_t flows; /* 0 if each packet is the first of one */
	uint32_t sent; /* before these */
	struct mmsghdr messages[BURST];
	struct iovec vectors[BURST];
	uint8_t frames[BURST][ETH_FRAME_LEN];
};

static uint16_t checksum(const void *data, size_t length)
{
	const uint8_t *byte = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += byte[i] << 8 | byte[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return htons(~((sum & 0xffff) + (sum >> 16)));
}

/* The router's MAC address: what the neighbour table knows, after a ping. */
static void gateway_mac(int family, uint8_t *mac)
{
	char command[160], line[64] = "";
	FILE *pipe;

	snprintf(command, sizeof(command), "ip neigh show %s dev %s | sed -n 's/.*lladdr //p'",
		 family == AF_INET ? "10.1.0.1" : "fd00:1::1", IFNAME);
	pipe = popen(command, "r");
	if (!pipe)
		fatal("%s", command);
	if (!fgets(line, sizeof(line), pipe) ||
	    sscanf(line, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != 6) {
		errno = ENOENT;
		fatal("neighbour entry for the router");
	}
	pclose(pipe);
}

static void fill_ports(struct udphdr *udp, uint32_t flow)
{
	udp->source = htons(FIRST_PORT + flow % PORTS);
	udp->dest = htons(DISCARD + flow / PORTS);
}

static void fill_ip4(void *packet, int length)
{
	struct iphdr *ip = packet;

	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tot_len = htons(length);
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	inet_pton(AF_INET, "10.1.0.2", &ip->saddr);
	inet_pton(AF_INET, "10.2.0.2", &ip->daddr);
	ip->check = checksum(ip, sizeof(*ip));
	((struct udphdr *)(ip + 1))->len = htons(length - sizeof(*ip));
}

static void fill_ip6(void *packet, int length)
{
	struct ip6_hdr *ip = packet;

	ip->ip6_flow = htonl(6U << 28);
	ip->ip6_plen = htons(length - sizeof(*ip));
	ip->ip6_nxt = IPPROTO_UDP;
	ip->ip6_hlim = 64;
	inet_pton(AF_INET6, "fd00:1::2", &ip->ip6_src);
	inet_pton(AF_INET6, "fd00:2::2", &ip->ip6_dst);
	((struct udphdr *)(ip + 1))->len = ip->ip6_plen;
}

/* The next flows, for all packets. */
static void renew(struct burst *burst)
{
	for (int i = 0; i < BURST; i++) {
		uint8_t *ip = burst->frames[i] + sizeof(struct ethhdr);

		fill_ports((void *)(ip + (ip[0] >> 4 == 4 ? sizeof(struct iphdr)
							  : sizeof(struct ip6_hdr))),
			   burst->flows ? i % burst->flows : burst->sent++);
	}
}

struct burst *burst_open(int family, int length, uint32_t flows)
{
	struct burst *burst = calloc(1, sizeof(*burst));
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(IFNAME),
	};
	struct ifreq request = { .ifr_name = IFNAME };
	struct ethhdr eth = {
		.h_proto = htons(family == AF_INET ? ETH_P_IP : ETH_P_IPV6),
	};

	if (!burst || !address.sll_ifindex)
		fatal("interface %s", IFNAME);
	burst->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (burst->fd < 0 || bind(burst->fd, (struct sockaddr *)&address, sizeof(address)) ||
	    ioctl(burst->fd, SIOCGIFHWADDR, &request))
		fatal("packet socket on %s", IFNAME);
	burst->flows = flows;
	memcpy(eth.h_source, request.ifr_hwaddr.sa_data, ETH_ALEN);
	gateway_mac(family, eth.h_dest);
	for (int i = 0; i < BURST; i++) {
		memcpy(burst->frames[i], &eth, sizeof(eth));
		if (family == AF_INET)
			fill_ip4(burst->frames[i] + sizeof(eth), length);
		else
			fill_ip6(burst->frames[i] + sizeof(eth), length);
		burst->vectors[i].iov_base = burst->frames[i];
		burst->vectors[i].iov_len = sizeof(eth) + length;
		burst->messages[i].msg_hdr.msg_iov = &burst->vectors[i];
		burst->messages[i].msg_hdr.msg_iovlen = 1;
	}
	renew(burst);
	return burst;
}

void burst_send(struct burst *burst)
{
	if (sendmmsg(burst->fd, burst->messages, BURST, 0) != BURST)
		fatal("sending a burst");
	if (!burst->flows)
		renew(burst);
}

void burst_close(struct burst *burst)
{
	close(burst->fd);
	free(burst);
}
