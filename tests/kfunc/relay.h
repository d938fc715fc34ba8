/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What stands in a frame behind its Ethernet header, for the program that decrypts a message on
 * another CPU than it was peeked at: many run at once, so each brings its orders with it, and takes
 * back what came of them.
 */
#ifndef TESTS_RELAY_H
#define TESTS_RELAY_H

#include <linux/types.h>

#define RELAY_OFFSET 14

enum relay_step {
	RELAY_PEEK, /* and hand over */
	RELAY_DECRYPT, /* and take over before, if there is a ticket */
};

struct relay {
	__u32 step; /* enum relay_step */
	__u32 length; /* of the message */
	__u64 ticket;
	__s32 taken; /* what taking over returned */
	__s32 ret; /* of the peek or the decryption */
};

#endif /* TESTS_RELAY_H */
