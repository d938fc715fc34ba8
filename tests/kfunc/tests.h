/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_KFUNC_TESTS_H
#define TESTS_KFUNC_TESTS_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "call.h"
#include "session.h"
#include "tests/harness/harness.h"
#include "tests/harness/netns.h"
#include "tests/harness/run.h"

/* Offset of a data message behind Ethernet, IPv4 and UDP. */
#define MESSAGE_OFFSET 42

/* Add a case for each kind of program; its argument is the kind. */
void add_both(void (*run)(const void *arg), const char *name);

#define KIND(arg) (*(const enum kind *)(arg))

/*
 * check_sizes() - Fail the case unless a kfunc refuses all sizes of its memory argument that the
 * verifier lets a program pass, but @good.
 */
void check_sizes(enum kind kind, struct request *request, uint32_t good);

/* check_address() - Fail the case unless an address in memory is a textual one. */
void check_address(const char *what, const void *actual, const char *expected);

/* set_endpoint() - Give R1's peer an endpoint at an address of R2, in brackets if it is IPv6. */
void set_endpoint(const char *address);

/*
 * add_peer() - Add a peer without a session to R1, to be removed by remove_peer().
 * @options: of `wg set`, in front of its allowed IPs
 * Return: a request for a call about it.
 */
struct request add_peer(enum call call, const char *options);
void remove_peer(void);

/* receive_frame() - A frame with a data message for R1, and bytes around it that tell a change. */
void receive_frame(struct frame *frame, const struct message *message);

/*
 * receive_request() - A call in R1 for a message from R2, which is put into @frame.
 * @counter: of the message; one that no message has had if it is 0
 * @plain: what it carries
 */
struct request receive_request(enum call call, struct frame *frame, uint64_t counter,
			       const void *plain, uint32_t length);

/* receive_fill() - Fill a plaintext with bytes that depend on their position. */
void receive_fill(uint8_t *plain, uint32_t length);

/*
 * check_receive_refused() - Fail the case unless both peek and decrypt refuse a message with that
 * error, with the packet as it was and nothing noted down.
 */
void check_receive_refused(enum kind kind, const struct request *request, const struct frame *frame,
			   long long error);

/* stay_on_cpu() - Have all calls on one CPU, which may remember things, until leave_cpu(). */
void stay_on_cpu(int cpu);
void leave_cpu(void);

/* counted() - What a device of the current namespace has counted: tx.packets, rx.bytes, ... */
unsigned long long counted(const char *dev, const char *what);

/* Add the cases of each file. */
void add_lookup_tests(void);
void add_endpoint_tests(void);
void add_route_tests(void);
void add_input_tests(void);
void add_hooks_tests(void);
void add_path_tests(void);
void add_bridge_tests(void);
void add_consent_tests(void);
void add_encrypt_tests(void);
void add_peek_tests(void);
void add_decrypt_tests(void);
void add_decrypt_error_tests(void);
void add_stream_tests(void);
void add_relay_tests(void);
void add_memory_tests(void);
void add_aead_tests(void);
void add_stack_tests(void);
void add_unfinished_tests(void);
void add_expiry_tests(void);
void add_verifier_tests(void);

#endif /* TESTS_KFUNC_TESTS_H */
