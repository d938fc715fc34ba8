// SPDX-License-Identifier: GPL-2.0
/*
 * A session that has got too old, because no handshake came through for three minutes.
 */
#include <unistd.h>

#include "tests.h"

/* REJECT_AFTER_TIME of WireGuard, and a little more. */
#define TOO_OLD 182

static void check_expired(enum kind kind, const struct request *receive,
			  const struct frame *received)
{
	struct request request = request_peer(&r1, CALL_ROUTE);
	struct frame frame = { .length = 0 };

	request.size = sizeof(call_reply()->route);
	CHECK_EQ(call_run(kind, "r1-a", &request, NULL), -EKEYEXPIRED);

	frame_put_eth(&frame, netns_mac("r1-a"), netns_mac("r1-a"), ETHERTYPE_IP);
	frame_put(&frame, NULL, 2);
	frame_put_ip(&frame, "10.1.0.2", "10.2.0.2", 64);
	frame_put(&frame, NULL, AEAD_TAG);
	request = request_peer(&r1, CALL_ENCRYPT);
	request.length = frame.length;
	check_error(kind, "r1-a", &request, &frame, -EKEYEXPIRED);

	check_receive_refused(kind, receive, received, -EKEYEXPIRED);
}

static void test_expired(const void *arg)
{
	uint8_t plain[80] = {};
	struct request receive;
	struct frame received;

	(void)arg;
	session_renew();
	receive = receive_request(CALL_DECRYPT, &received, 0, plain, sizeof(plain));
	test_shell("nft 'add table inet test; add chain inet test in { "
		   "type filter hook prerouting priority raw; }; "
		   "add rule inet test in udp dport 51820 drop'");
	sleep(TOO_OLD);
	check_expired(XDP, &receive, &received);
	check_expired(SKB, &receive, &received);
	test_shell("nft delete table inet test");
	session_ping();
	session_enter(&r1);
	CHECK_EQ(call_run(XDP, "r1-r2", &receive, &received), -EKEYEXPIRED);
}

void add_expiry_tests(void)
{
	test_add(test_expired, NULL, "kfunc/expired");
}
