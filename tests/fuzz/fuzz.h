/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzing program tells its BPF programs, and what these found.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <linux/types.h>

#define STEPS 64 /* of one run of a program, at most */
#define CHOICES 4 /* of each thing that a call can be about; a power of two */
/* That change gives its VLAN device, and its bridge. */
#define VLAN_IFINDEX 977
#define BRIDGE_IFINDEX 978
#define VLAN_NUMBER 7 /* and its VLAN */
#define MESSAGE_OFFSET 42 /* where a frame has its message, behind Ethernet, IPv4 and UDP */
#define UDP_LENGTH_OFFSET 38 /* what tells the length of the message */

enum called {
	FUZZ_DEVICE,
	FUZZ_PEER,
	FUZZ_TUPLE,
	FUZZ_MATCH,
	FUZZ_ROUTE,
	FUZZ_IDENT,
	FUZZ_QUEUED,
	FUZZ_CONSENT_ENCRYPT,
	FUZZ_CONSENT_DECRYPT,
	FUZZ_CONSENT_USED,
	FUZZ_VALIDATE,
	FUZZ_RECALL,
	FUZZ_HOOKS,
	FUZZ_OWN_MAC,
	FUZZ_INGRESS,
	FUZZ_RECEIVED,
	FUZZ_EGRESS,
	FUZZ_PROBE,
	FUZZ_PEEK,
	FUZZ_ENCRYPT,
	FUZZ_DECRYPT,
	FUZZ_MOVE,
	FUZZ_CHECKSUM,
	FUZZ_HAND_OVER,
	FUZZ_TAKE_OVER,
	FUZZ_FORGET,
	FUZZ_FINISH,
	FUZZ_ENCAPSULATED,
	FUZZ_DECAPSULATED,
	FUZZ_HEADROOM,
	FUZZ_UNFINISHED,
	FUZZ_SENT,
	FUZZ_CALLS,
};

/* A rule that every call must keep, and one did not. */
enum broken {
	FUZZ_KEPT, /* none */
	FUZZ_VALUE, /* an error that is not documented, or a value that is too large */
	FUZZ_BEYOND, /* success with a part that is not within the packet */
	FUZZ_LENGTH, /* the packet has another length */
	FUZZ_OUTSIDE, /* the packet has changed where the call does not write */
	FUZZ_INSIDE, /* it has changed where the call could have written, but it was refused */
	FUZZ_MOVED, /* what was moved is not what stood there */
};

/* Of one object; its two programs do not run at the same time. */
struct fuzz {
	/* What user space says. */
	__u64 seed;
	__u32 steps; /* of each run */
	__u32 nested; /* interface that clones are sent by while a lookup is held, or 0 */
	__u32 generic; /* XDP runs in skb mode */
	__u32 unfinished; /* skbs may have a checksum that encryption finishes first */
	__u32 ifindexes[CHOICES];
	__u32 receivers[CHOICES];
	__u16 ports[CHOICES];
	__u8 addresses[CHOICES][16];

	__u32 busy; /* a run is at it */
	__u64 runs, skipped; /* those that came while one was, on another CPU or nested */
	__u64 clones; /* that were sent */
	__u64 state; /* of the generator */
	__u64 ticket; /* the last one */
	__u64 calls, good[FUZZ_CALLS], refused[FUZZ_CALLS];

	/* The first call that broke a rule. */
	__u32 broken; /* enum broken */
	__u32 step, call, offset, length, size;
	__u64 run;
	__s64 ret;
};

#endif /* TESTS_FUZZ_H */
