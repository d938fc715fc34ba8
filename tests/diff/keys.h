/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test program and its BPF program tell each other.
 */
#ifndef DIFF_KEYS_H
#define DIFF_KEYS_H

#include <linux/types.h>

#define KEY_SIZE 32

struct keys_request {
	__u32 ifindex; /* of the WireGuard device */
	__be32 address; /* one that the peer may use */
};

/* A session, from the side of the router under test. */
struct keys {
	__u8 sending[KEY_SIZE];
	__u8 receiving[KEY_SIZE];
	__u64 birth; /* nanoseconds since boot */
	__u32 local_index; /* of messages to the router, as in messages */
	__u32 remote_index;
};

#endif /* DIFF_KEYS_H */
