// SPDX-License-Identifier: GPL-2.0
/*
 * send FROM-NS FROM-IF AT-NS AT-IF LENGTH FAMILY: send packets of LENGTH bytes from A towards B,
 * count and drop them where they arrive at AT-IF, and print what one of them cost: nanoseconds of
 * the guest's clock, which are instructions when QEMU counts them (-icount shift=0).
 *
 * There is one CPU and this process runs only when nothing else wants to (SCHED_IDLE), so when it
 * sees a burst arrived, all work that the burst has made is done.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "drop.skel.h"

#define BURST 64
#define PACKETS 4096
#define RUNS 4 /* the first warms up */
#define PATIENCE 2000000000ULL /* a burst that takes longer has lost a packet */

struct sender {
	int fd;
	struct mmsghdr messages[BURST];
	struct iovec vectors[BURST];
	uint8_t frames[BURST][ETH_FRAME_LEN];
};

static void die(const char *what)
{
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void enter(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(name);
	close(fd);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

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
static void gateway_mac(const char *ifname, int family, uint8_t *mac)
{
	char command[160], line[64] = "";
	FILE *pipe;

	snprintf(command, sizeof(command), "ip neigh show %s dev %s | sed -n 's/.*lladdr //p'",
		 family == AF_INET ? "10.1.0.1" : "fd00:1::1", ifname);
	pipe = popen(command, "r");
	if (!pipe || !fgets(line, sizeof(line), pipe) ||
	    sscanf(line, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != 6) {
		errno = ENOENT;
		die("no neighbour entry for the router");
	}
	pclose(pipe);
}

/* One UDP packet; every packet of a burst is of a flow of its own. */
static void build(uint8_t *frame, int family, int length, uint16_t port)
{
	uint8_t *ip = frame + ETH_HLEN;
	struct udphdr *udp;
	int header;

	memset(ip, 0, length);
	if (family == AF_INET) {
		struct iphdr *ip4 = (struct iphdr *)ip;

		header = sizeof(*ip4);
		ip4->version = 4;
		ip4->ihl = header / 4;
		ip4->tot_len = htons(length);
		ip4->ttl = 64;
		ip4->protocol = IPPROTO_UDP;
		inet_pton(AF_INET, "10.1.0.2", &ip4->saddr);
		inet_pton(AF_INET, "10.2.0.2", &ip4->daddr);
		ip4->check = checksum(ip4, header);
	} else {
		struct ip6_hdr *ip6 = (struct ip6_hdr *)ip;

		header = sizeof(*ip6);
		ip6->ip6_flow = htonl(6U << 28);
		ip6->ip6_plen = htons(length - header);
		ip6->ip6_nxt = IPPROTO_UDP;
		ip6->ip6_hlim = 64;
		inet_pton(AF_INET6, "fd00:1::2", &ip6->ip6_src);
		inet_pton(AF_INET6, "fd00:2::2", &ip6->ip6_dst);
	}
	udp = (struct udphdr *)(ip + header);
	udp->source = htons(port);
	udp->dest = htons(9);
	udp->len = htons(length - header);
}

static struct sender *open_sender(const char *ifname, int family, int length)
{
	struct sender *sender = calloc(1, sizeof(*sender));
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(ifname),
	};
	struct ifreq request = {};
	uint8_t mac[ETH_ALEN];

	if (!sender || !address.sll_ifindex)
		die(ifname);
	sender->fd = socket(AF_PACKET, SOCK_RAW, 0);
	strncpy(request.ifr_name, ifname, IFNAMSIZ - 1);
	if (sender->fd < 0 || bind(sender->fd, (struct sockaddr *)&address, sizeof(address)) ||
	    ioctl(sender->fd, SIOCGIFHWADDR, &request))
		die(ifname);
	gateway_mac(ifname, family, mac);
	for (int i = 0; i < BURST; i++) {
		struct ethhdr *eth = (struct ethhdr *)sender->frames[i];

		memcpy(eth->h_dest, mac, ETH_ALEN);
		memcpy(eth->h_source, request.ifr_hwaddr.sa_data, ETH_ALEN);
		eth->h_proto = htons(family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
		build(sender->frames[i], family, length, 1024 + i);
		sender->vectors[i].iov_base = sender->frames[i];
		sender->vectors[i].iov_len = ETH_HLEN + length;
		sender->messages[i].msg_hdr.msg_iov = &sender->vectors[i];
		sender->messages[i].msg_hdr.msg_iovlen = 1;
	}
	return sender;
}

/* Send all packets, a burst after the other has arrived. Returns what they took. */
static uint64_t run(struct sender *sender, const volatile uint64_t *arrived)
{
	uint64_t begin = now(), target = *arrived, deadline;

	for (int sent = 0; sent < PACKETS; sent += BURST) {
		if (sendmmsg(sender->fd, sender->messages, BURST, 0) != BURST)
			die("sendmmsg");
		target += BURST;
		deadline = now() + PATIENCE;
		while (*arrived < target) {
			if (now() > deadline) {
				fprintf(stderr, "send: %llu of %d packets did not arrive\n",
					(unsigned long long)(target - *arrived), BURST);
				exit(1);
			}
		}
	}
	return now() - begin;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char *argv[])
{
	const struct sched_param param = {};
	struct drop *drop;
	struct sender *sender;
	uint64_t took[RUNS], *arrived;
	int length, family, ifindex;

	if (argc != 7) {
		fprintf(stderr, "Usage: send FROM-NS FROM-IF AT-NS AT-IF LENGTH 4|6\n");
		return 2;
	}
	length = atoi(argv[5]);
	family = argv[6][0] == '4' ? AF_INET : AF_INET6;

	drop = drop__open();
	if (!drop)
		die("opening the measuring point");
	drop->rodata->min_length = ETH_HLEN + length;
	if (drop__load(drop))
		die("loading the measuring point");
	enter(argv[3]);
	ifindex = if_nametoindex(argv[4]);
	if (!ifindex || bpf_xdp_attach(ifindex, bpf_program__fd(drop->progs.drop), 0, NULL))
		die(argv[4]);
	arrived = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED,
		       bpf_map__fd(drop->maps.arrived), 0);
	if (arrived == MAP_FAILED)
		die("mapping the measuring point");
	enter(argv[1]);
	sender = open_sender(argv[2], family, length);
	if (sched_setscheduler(0, SCHED_IDLE, &param))
		die("SCHED_IDLE");
	for (int i = 0; i < RUNS; i++)
		took[i] = run(sender, arrived);
	qsort(took + 1, RUNS - 1, sizeof(*took), compare);
	printf("%.1f %.2f\n", (double)took[RUNS / 2] / PACKETS,
	       100.0 * (took[RUNS - 1] - took[1]) / took[RUNS / 2]);
	enter(argv[3]);
	bpf_xdp_detach(ifindex, 0, NULL);
	return 0;
}
