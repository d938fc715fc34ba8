/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_CALL_H
#define TESTS_CALL_H

#include "exchange.h"
#include "tests/harness/frame.h"

enum kind {
	XDP,
	SKB,
};

extern const char *const kind_names[];

/* call_load() - Load the programs that call kfuncs. Fails the running case if that fails. */
void call_load(void);

/* call_prog_fd() - The program that calls, to attach it elsewhere. */
int call_prog_fd(enum kind kind);

/*
 * call_run() - Call a kfunc with a packet that an interface of the current namespace received.
 * @frame: the packet; holds afterwards what it became. NULL for one that does not matter.
 *
 * Return: what the kfunc returned, or NO_DEVICE or NO_PEER if it was not reached.
 */
long long call_run(enum kind kind, const char *ifname, const struct request *request,
		   struct frame *frame);

/*
 * check_error() - Call a kfunc that is to fail, and fail the case unless it returns that error with
 * the packet as it was.
 */
void check_error(enum kind kind, const char *ifname, const struct request *request,
		 const struct frame *frame, long long error);

/* call_moved_fd() - An XDP program that leaves only the headroom that the request says. */
int call_moved_fd(void);

/* call_cut_fd() - An XDP program that cuts off what the request says, and calls nothing. */
int call_cut_fd(void);

/* call_encapsulate_fd() - A tc program that makes room and then calls for encryption. */
int call_encapsulate_fd(void);

/* call_encapsulate_moved_fd() - The same, by moving the packet to the back. */
int call_encapsulate_moved_fd(void);

/* call_encapsulate_header_moved_fd() - The same, with bytes in front of it moved before. */
int call_encapsulate_header_moved_fd(void);

/* call_grown_fd() - A tc program that grows the packet in front, as the request says, and calls. */
int call_grown_fd(void);

/* call_prepare() - Set the request for calls that do not come from call_run(). */
void call_prepare(const struct request *request);

/* call_reply() - What the last call said besides its return value. */
const struct reply *call_reply(void);

/* call_consent() - What the last question for consent was answered in its own structure. */
const struct bpf_wg_consent *call_consent(void);

#endif /* TESTS_CALL_H */
