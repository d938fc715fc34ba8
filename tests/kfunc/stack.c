// SPDX-License-Identifier: GPL-2.0
/*
 * kfuncs together with the kernel's own WireGuard and with packets that its stack made, which test
 * runs cannot.
 */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests.h"

/* What is looked for in frames that pass an interface. */
struct inner {
	const void *packet;
	uint32_t length;
};

/* A frame that carries the inner packet one hop further. */
static bool is_forwarded(const struct frame *frame, const void *arg)
{
	const struct inner *inner = arg;

	return frame->length == ETHER_HDR_LEN + inner->length &&
	       !memcmp(frame->data + ETHER_HDR_LEN, inner->packet, inner->length);
}

/* A message that was encrypted by a kfunc in R1 is decrypted by the kernel of R2 and goes to B. */
static void test_encrypt_for_kernel(const void *arg)
{
	uint8_t to[6], from[6], packet[1500];
	struct inner inner = { .packet = packet };
	struct frame frame, received;
	struct request request;
	uint32_t length;
	int wan, host;

	session_ping();
	netns_enter("B");
	host = netns_capture("b-r2");
	session_enter(&r2);
	memcpy(to, netns_mac("r2-r1"), sizeof(to));
	session_enter(&r1);
	memcpy(from, netns_mac("r1-r2"), sizeof(from));
	wan = netns_capture("r1-r2");
	request = request_peer(&r1, CALL_ENCRYPT);
	request.offset = MESSAGE_OFFSET;
	for (length = 28; length <= 1420; length += 87) {
		struct message message = { .length = MESSAGE_OVERHEAD + (length + 15) / 16 * 16 };

		frame.length = 0;
		frame_put_eth(&frame, to, from, ETHERTYPE_IP);
		frame_put_datagram(&frame, "192.0.2.1", "192.0.2.2", WG_PORT, WG_PORT, message.data,
				   message.length);
		received.length = 0;
		frame_put_ip(&received, "10.1.0.2", "10.2.0.2", length);
		memcpy(frame.data + MESSAGE_OFFSET + MESSAGE_HEADER, received.data, length);
		memcpy(packet, received.data, length);
		request.length = message.length;
		CHECK_EQ(call_run(KIND(arg), "r1-a", &request, &frame), 0);
		/* The checksum was that of another payload. */
		memset(frame.data + MESSAGE_OFFSET - 2, 0, 2);
		inner.length = length;
		ip_decrease_ttl(packet);
		netns_send(wan, &frame);
		netns_receive(host, is_forwarded, &inner, &received);
	}
	close(wan);
	close(host);
}

static bool is_data_message(const struct frame *frame, const void *arg)
{
	const uint32_t *length = arg;

	return frame->length == MESSAGE_OFFSET + *length &&
	       frame->data[MESSAGE_OFFSET] == MESSAGE_DATA;
}

/* A message of R2's kernel is decrypted by a kfunc in R1, whose kernel is made not to see it. */
static void test_decrypt_from_kernel(const void *arg)
{
	uint32_t size = 400, length = MESSAGE_OVERHEAD + 432;
	struct request request;
	struct frame frame;
	struct session session;
	struct ip *ip;
	uint8_t *payload;
	int wan;

	session_ping();
	session_read(&r1, &session);
	wan = netns_capture("r1-r2");
	test_shell("nft 'add table netdev test; add chain netdev test in { "
		   "type filter hook ingress device r1-r2 priority 0; }; "
		   "add rule netdev test in udp dport 51820 drop'");
	netns_enter("B");
	test_shell("ping -q -n -c 1 -W 1 -s %u -p 5a 10.1.0.2 || true", size);
	netns_receive(wan, is_data_message, &length, &frame);
	close(wan);
	session_enter(&r1);
	request = request_index(&r1, CALL_DECRYPT, session.local_index);
	request.offset = MESSAGE_OFFSET;
	request.length = length;
	CHECK_EQ(call_run(KIND(arg), "r1-r2", &request, &frame), 0);
	test_shell("nft delete table netdev test");

	ip = (struct ip *)(frame.data + MESSAGE_OFFSET + MESSAGE_HEADER);
	CHECK_EQ(ntohs(ip->ip_len), 28 + size);
	CHECK_EQ(ip->ip_p, IPPROTO_ICMP);
	CHECK_EQ(ip->ip_ttl, 63);
	CHECK_EQ(ntohl(ip->ip_src.s_addr), 0x0a020002);
	CHECK_EQ(ntohl(ip->ip_dst.s_addr), 0x0a010002);
	CHECK_EQ(checksum_sum(ip, sizeof(*ip), 0), 0xffff);
	CHECK_EQ(checksum_sum(ip + 1, 8 + size, 0), 0xffff);
	for (payload = (uint8_t *)ip + 44; payload < (uint8_t *)ip + 28 + size; payload++)
		CHECK_EQ(*payload, 0x5a);
}

/* Attach a tc program to an interface, for packets that the stack receives or sends. */
static struct bpf_tc_hook attach(const char *ifname, enum bpf_tc_attach_point point, int prog_fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = netns_ifindex(ifname), .attach_point = point, );
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd, );

	CHECK(!bpf_tc_hook_create(&hook), "no clsact on %s", ifname);
	CHECK(!bpf_tc_attach(&hook, &opts), "the program cannot be attached to %s", ifname);
	return hook;
}

static void detach(struct bpf_tc_hook *hook)
{
	hook->attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	CHECK(!bpf_tc_hook_destroy(hook), "clsact cannot be removed");
}

/* A packet that a socket has captured too must not be written to. */
static void test_cloned(const void *arg)
{
	static const enum call calls[] = { CALL_ENCRYPT, CALL_DECRYPT, CALL_MOVE };
	struct bpf_tc_hook hook;
	struct request request;
	size_t i;
	int tap;

	(void)arg;
	session_enter(&r1);
	tap = netns_capture("r1-a");
	hook = attach("r1-a", BPF_TC_INGRESS, call_prog_fd(SKB));
	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		session_enter(&r1);
		request = request_peer(&r1, calls[i]);
		request.from = MESSAGE_OFFSET;
		request.offset = ETHER_HDR_LEN - MESSAGE_HEADER / 2;
		request.length = 64;
		call_prepare(&request);
		netns_enter("A");
		/* Nothing else may come in between, as the neighbour is known. */
		test_shell("ping -q -n -c 1 -s 200 10.1.0.1");
		CHECK_EQ(call_reply()->ret, -EBUSY);
	}
	session_enter(&r1);
	detach(&hook);
	close(tap);
}

static bool is_datagram(const struct frame *frame, const void *arg)
{
	const uint32_t *length = arg;

	return frame->length >= *length;
}

/*
 * Send a UDP datagram of 300 bytes by an interface of R1 whose device would finish its checksum,
 * and let a program make the call there. What comes out is in @frame.
 */
static void send_by_call(int prog_fd, const struct request *request, struct frame *frame)
{
	uint32_t shortest = ETHER_HDR_LEN + 328;
	struct bpf_tc_hook hook;
	int tap;

	session_enter(&r1);
	test_shell("ip link add dummy9 type dummy && ethtool -K dummy9 tx on > /dev/null && "
		   "sysctl -q -w net.ipv6.conf.dummy9.disable_ipv6=1 && "
		   "ip addr add 10.77.0.1/24 dev dummy9 && ip link set dummy9 up && "
		   "ip neigh add 10.77.0.2 lladdr 02:00:00:00:00:01 dev dummy9");
	hook = attach("dummy9", BPF_TC_EGRESS, prog_fd);
	tap = netns_capture("dummy9");
	call_prepare(request);
	test_shell("bash -c 'printf %%300s x > /dev/udp/10.77.0.2/5000'");
	netns_receive(tap, is_datagram, &shortest, frame);
	close(tap);
	detach(&hook);
	test_shell("ip link del dummy9");
}

/* The program makes a message of it. */
static void send_by_program(int prog_fd, uint64_t room_flags, struct frame *frame)
{
	struct request request = request_peer(&r1, CALL_ENCRYPT);

	request.room_flags = room_flags;
	send_by_call(prog_fd, &request, frame);
}

/* A checksum that the stack left to the device is finished before the packet is encrypted. */
static void check_partial_checksum(int prog_fd)
{
	uint8_t plain[FRAME_MAX];
	struct udphdr *udp = (struct udphdr *)(plain + sizeof(struct ip));
	struct session session;
	struct frame frame;

	session_read(&r1, &session);
	send_by_program(prog_fd, BPF_F_ADJ_ROOM_NO_CSUM_RESET, &frame);
	CHECK_EQ(call_reply()->ret, 0);
	message_check(frame.data + MESSAGE_OFFSET, frame.length - MESSAGE_OFFSET, &session,
		      message_counter(frame.data + MESSAGE_OFFSET), plain);
	CHECK_EQ(ntohs(udp->uh_ulen), 308);
	CHECK(udp->uh_sum, "there is no checksum");
	CHECK_EQ(udp_check(plain, udp), 0xffff);
}

static void test_partial_checksum(const void *arg)
{
	(void)arg;
	check_partial_checksum(call_encapsulate_fd());
}

/* It is that of the part which has moved. */
static void test_partial_checksum_moved(const void *arg)
{
	(void)arg;
	check_partial_checksum(call_encapsulate_moved_fd());
}

/* It stays that of its bytes when others move. */
static void test_partial_checksum_header_moved(const void *arg)
{
	(void)arg;
	check_partial_checksum(call_encapsulate_header_moved_fd());
}

/* One can be finished by itself, and only with an end that the packet has. */
static void test_finish(const void *arg)
{
	struct request request = { .call = CALL_FINISH };
	struct frame frame;
	struct udphdr *udp = (struct udphdr *)(frame.data + ETHER_HDR_LEN + sizeof(struct ip));

	(void)arg;
	request.offset = ETHER_HDR_LEN + 328 + 1;
	send_by_call(call_prog_fd(SKB), &request, &frame);
	CHECK_EQ(call_reply()->ret, -EINVAL);
	request.offset = ETHER_HDR_LEN + 20;
	send_by_call(call_prog_fd(SKB), &request, &frame);
	CHECK_EQ(call_reply()->ret, -EOPNOTSUPP);
	CHECK(udp_check(frame.data + ETHER_HDR_LEN, udp) != 0xffff, "it is finished all the same");
	request.offset = ETHER_HDR_LEN + 328;
	send_by_call(call_prog_fd(SKB), &request, &frame);
	CHECK_EQ(call_reply()->ret, 1);
	CHECK_EQ(frame.length, ETHER_HDR_LEN + 328);
	CHECK_EQ(udp_check(frame.data + ETHER_HDR_LEN, udp), 0xffff);
	/* There is nothing to do in a test run. */
	session_enter(&r1);
	CHECK_EQ(call_run(SKB, r1.lan, &request, &frame), 0);
}

static bool kernel_has_warned(void)
{
	return atoi(test_shell_output("cat /proc/sys/kernel/tainted")) & 1 << 9;
}

/* Send a datagram of 300 bytes to R1, where XDP cuts so much off before the call. */
static void check_cut(uint32_t head, int32_t tail)
{
	struct bpf_tc_hook hook;
	struct request request;
	uint32_t ifindex;

	session_enter(&r1);
	request = request_peer(&r1, CALL_ENCRYPT);
	request.length = MESSAGE_OVERHEAD;
	request.headroom = head;
	request.grow = tail;
	hook = attach("r1-a", BPF_TC_INGRESS, call_prog_fd(SKB));
	ifindex = netns_ifindex("r1-a");
	CHECK(!bpf_xdp_attach(ifindex, call_cut_fd(), 0, NULL), "no XDP program on r1-a");
	call_prepare(&request);
	netns_enter("A");
	test_shell("ethtool -K a-r1 tx on > /dev/null && "
		   "bash -c 'printf %%300s x > /dev/udp/10.1.0.1/5000' && "
		   "ethtool -K a-r1 tx off > /dev/null");
	session_enter(&r1);
	CHECK(!bpf_xdp_detach(ifindex, 0, NULL), "the XDP program cannot be detached");
	detach(&hook);
	CHECK_EQ(call_reply()->ret, -EOPNOTSUPP);
	CHECK(!kernel_has_warned(), "the kernel has warned");
}

/* XDP leaves an skb whose checksum begins before the packet, or ends behind it. */
static void test_checksum_cut(const void *arg)
{
	(void)arg;
	session_ping();
	check_cut(42, 0);
	check_cut(0, 41 - 342);
}

/* Helpers could not undo the resize of a packet that is marked so. */
static void test_marked_encapsulated(const void *arg)
{
	struct frame frame;

	(void)arg;
	send_by_program(call_encapsulate_fd(),
			BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP, &frame);
	CHECK_EQ(call_reply()->ret, -EOPNOTSUPP);
}

/* What queueing disciplines and filters see of an encrypted packet. */
static void test_encapsulated(const void *arg)
{
	const struct reply *reply = call_reply();
	struct frame frame = { .length = 0 };
	struct request request;

	(void)arg;
	session_enter(&r1);
	frame_put_eth(&frame, netns_mac("r1-a"), netns_mac("r1-a"), ETHERTYPE_IP);
	frame_put_ip(&frame, "10.1.0.2", "10.2.0.2", 100);
	test_shell("wg set wg0 fwmark 77");
	request = request_peer(&r1, CALL_ENCAPSULATED);
	request.family = AF_INET6;
	CHECK_EQ(call_run(SKB, "r1-a", &request, &frame), 0);
	CHECK_EQ(reply->mark, 77);
	CHECK_EQ(ntohs(reply->protocol), ETHERTYPE_IPV6);
	CHECK_EQ(reply->priority, 0);
	CHECK_EQ(reply->ingress, 0);
	CHECK_EQ(reply->queue, 0);
	CHECK_EQ(reply->tc_index, 0);
	test_shell("wg set wg0 fwmark 0");
	request.family = AF_INET;
	CHECK_EQ(call_run(SKB, "r1-a", &request, &frame), 0);
	CHECK_EQ(reply->mark, 0);
	CHECK_EQ(ntohs(reply->protocol), ETHERTYPE_IP);
	request.family = AF_UNIX;
	CHECK_EQ(call_run(SKB, "r1-a", &request, &frame), -EAFNOSUPPORT);
	CHECK_EQ(ntohs(reply->protocol), ETHERTYPE_IP);
	/* Nor does a header begin behind the end. */
	request.family = AF_INET6;
	for (frame.length = ETHER_HDR_LEN + sizeof(struct ip);
	     frame.length < ETHER_HDR_LEN + sizeof(struct ip6_hdr) + sizeof(struct udphdr);
	     frame.length++) {
		CHECK_EQ(call_run(SKB, "r1-a", &request, &frame), -EFAULT);
		CHECK_EQ(ntohs(reply->protocol), ETHERTYPE_IP);
	}
	CHECK_EQ(call_run(SKB, "r1-a", &request, &frame), 0);
	CHECK_EQ(ntohs(reply->protocol), ETHERTYPE_IPV6);
	session_ping();
}

static void check_priority(struct request *request, uint8_t tos, uint32_t priority)
{
	const struct reply *reply = call_reply();
	struct frame frame = { .length = 0 };

	frame_put_eth(&frame, netns_mac("r1-a"), netns_mac("r1-a"), ETHERTYPE_IP);
	frame_put_ip(&frame, "10.1.0.2", "10.2.0.2", 100);
	ip_set_tos(frame.data + ETHER_HDR_LEN, tos);
	CHECK_EQ(call_run(SKB, "r1-a", request, &frame), 0);
	CHECK_EQ(reply->priority, priority);
	CHECK_EQ(reply->ingress, netns_ifindex("wg0"));
	CHECK_EQ(reply->mark, 0);
	CHECK_EQ(reply->queue, 0);
	CHECK_EQ(reply->tc_index, 0);
}

/* What they see of a decrypted packet: the kernel's table has 6 for low delay and 2 for throughput.
 */
static void test_decapsulated(const void *arg)
{
	struct frame frame = { .length = 0 };
	struct request request;

	(void)arg;
	session_enter(&r1);
	request = request_peer(&r1, CALL_DECAPSULATED);
	check_priority(&request, 0, 0);
	check_priority(&request, 0x10, 6);
	check_priority(&request, 0x08, 2);
	test_shell("sysctl -q -w net.ipv4.ip_forward_update_priority=0");
	check_priority(&request, 0x10, 0);
	test_shell("sysctl -q -w net.ipv4.ip_forward_update_priority=1");
	/* The kernel does not forward IPv6 by priority. */
	frame_put_eth(&frame, netns_mac("r1-a"), netns_mac("r1-a"), ETHERTYPE_IPV6);
	frame_put_ip(&frame, "fd00:1::2", "fd00:2::2", 100);
	ip_set_tos(frame.data + ETHER_HDR_LEN, 0x10);
	CHECK_EQ(call_run(SKB, "r1-a", &request, &frame), 0);
	CHECK_EQ(call_reply()->priority, 0);
	/* A test run wants the header of the protocol that it is told. */
	frame.length = 0;
	frame_put_eth(&frame, netns_mac("r1-a"), netns_mac("r1-a"), ETHERTYPE_ARP);
	frame_put(&frame, NULL, sizeof(struct ip) - 1);
	CHECK_EQ(call_run(SKB, "r1-a", &request, &frame), -EFAULT);
	CHECK_EQ(call_reply()->priority, 7);
}

void add_stack_tests(void)
{
	add_both(test_encrypt_for_kernel, "encrypt-for-kernel");
	add_both(test_decrypt_from_kernel, "decrypt-from-kernel");
	test_add(test_partial_checksum, NULL, "kfunc/partial-checksum/skb");
	test_add(test_partial_checksum_moved, NULL, "kfunc/partial-checksum-moved/skb");
	test_add(test_partial_checksum_header_moved, NULL,
		 "kfunc/partial-checksum-header-moved/skb");
	test_add(test_checksum_cut, NULL, "kfunc/encrypt-checksum-cut/skb");
	test_add(test_finish, NULL, "kfunc/finish/skb");
	test_add(test_marked_encapsulated, NULL, "kfunc/encrypt-marked-encapsulated/skb");
	test_add(test_encapsulated, NULL, "kfunc/encapsulated/skb");
	test_add(test_decapsulated, NULL, "kfunc/decapsulated/skb");
	test_add(test_cloned, NULL, "kfunc/cloned/skb");
}
