/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_KFUNC_TESTS_H
#define TESTS_KFUNC_TESTS_H

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "call.h"
#include "session.h"
#include "tests/lib/harness.h"
#include "tests/lib/netns.h"
#include "tests/lib/run.h"

/* Offset of a data message behind Ethernet, IPv4 and UDP. */
#define MESSAGE_OFFSET 42

/* Add a case for each kind of program; its argument is the kind. */
void add_both(void (*run)(const void *arg), const char *name);

#define KIND(arg) (*(const enum kind *)(arg))

/*
 * check_error() - Call a kfunc that is to fail, and fail the case unless it returns that error with
 * the packet as it was.
 */
void check_error(enum kind kind, const char *ifname, const struct request *request,
		 const struct frame *frame, long long error);

/* Add the cases of each file. */
void add_lookup_tests(void);
void add_route_tests(void);
void add_input_tests(void);
void add_encrypt_tests(void);
void add_decrypt_tests(void);
void add_memory_tests(void);
void add_stack_tests(void);
void add_verifier_tests(void);

#endif /* TESTS_KFUNC_TESTS_H */
