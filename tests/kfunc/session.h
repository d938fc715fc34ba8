/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_SESSION_H
#define TESTS_SESSION_H

#include "call.h"
#include "tests/harness/aead.h"

/* One of the two routers of the topology, and what is beside it. */
struct side {
	const char *ns;
	const char *lan; /* interface to the host */
	const char *wan; /* interface to the other router */
	const char *host; /* the namespace of the host */
	const char *host_if;
	const char *wan_address[2]; /* IPv4, IPv6 */
	const char *host_address[2];
	const struct side *peer; /* the other router */
};

extern const struct side r1, r2;

#define WG_PORT 51820

/* The session keys of one side, and its transfer counters. */
struct session {
	uint8_t sending[AEAD_KEY];
	uint8_t receiving[AEAD_KEY];
	uint64_t counter; /* next to be sent */
	uint32_t local_index; /* as in messages */
	uint32_t remote_index;
	uint64_t birth; /* nanoseconds since boot */
};

/* session_enter() - Continue in the namespace of a router. */
void session_enter(const struct side *side);

/* session_read() - Read the current session of a router out of the kernel. */
void session_read(const struct side *side, struct session *session);

/* session_renew() - Make the routers agree on a new session, which both have confirmed. */
void session_renew(void);

/* session_keep_fresh() - Renew a session that has not got a minute left before WireGuard would. */
void session_keep_fresh(void);

/*
 * session_keep_alive() - Answer what was sent for a while, and renew a session that is about to be
 * renewed: now, not in the middle of what a case counts. A WireGuard that has sent for 15 seconds
 * and heard nothing takes its session for dead.
 */
void session_keep_alive(void);

/* session_ping() - Send a ping from host to host, so that what is resolved on demand is. */
void session_ping(void);

/* request_peer() - A request for the peer of a router, found by the address of the host behind. */
struct request request_peer(const struct side *side, enum call call);

/* request_index() - A request for the peer that a receiver index belongs to. */
struct request request_index(const struct side *side, enum call call, uint32_t index);

/* request_address() - Ask for the peer by that address. */
void request_address(struct request *request, const char *address);

/* A WireGuard data message. */
struct message {
	uint32_t length;
	uint8_t data[4096];
};

#define MESSAGE_HEADER 16
#define MESSAGE_DATA 4

/*
 * message_seal() - Make the data message that the peer of @session would send.
 * @counter: of the message
 */
void message_seal(struct message *message, const struct session *session, uint64_t counter,
		  const void *plain, uint32_t length);

/*
 * message_next_counter() - A counter that no message to a router has had.
 * @to: the receiving router
 * @session: set to its session that the counter is for: a moment later it may have another, in
 * which the counter is chosen again
 */
uint64_t message_next_counter(const struct side *to, struct session *session);

/* message_counter() - Counter of a message, host byte order. */
uint64_t message_counter(const void *message);

/*
 * message_check() - Fail the case unless the message is one that @session sends, with @counter.
 * @plain: takes the plaintext, of length - MESSAGE_OVERHEAD bytes
 */
void message_check(const uint8_t *message, uint32_t length, const struct session *session,
		   uint64_t counter, uint8_t *plain);

struct transfer {
	uint64_t received, sent; /* bytes, as `wg show` has them */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes; /* of the device */
	uint64_t counters; /* drawn for messages */
};

/*
 * transfer_check() - Fail the case unless something raises the counters of a router's session by
 * exactly that much. A keepalive or handshake of the kernel may come in between, so it gets three
 * chances.
 */
void transfer_check(const struct side *side, void (*run)(const void *arg), const void *arg,
		    const struct transfer *expected);

#endif /* TESTS_SESSION_H */
