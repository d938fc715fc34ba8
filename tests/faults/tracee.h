/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAULTS_TRACEE_H
#define FAULTS_TRACEE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "calls.h"

/* Addresses of a process. */
struct range {
	uint64_t start, end;
};

/* A process that stops before those of its system calls that can fail for want of memory. */
struct tracee {
	pid_t pid;
	int status; /* as of wait(2), once it has ended */
	struct range linker; /* the dynamic linker's code */
	struct range own; /* the program's own code, without libraries */
	struct range stack;
};

/* fatal() - End this program: what it would say would not be true. */
void fatal(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* tracee_start() - Run a command, and stop it before its first instruction. */
void tracee_start(struct tracee *tracee, char **command);

/*
 * tracee_next() - Let it go on until it is about to make a system call. Those of the dynamic linker
 * are passed over: what it does before main() is not the command's.
 *
 * Return: false when it has ended.
 */
bool tracee_next(struct tracee *tracee, struct call *call);

/*
 * tracee_finish_call() - Let it make the call that it is stopped at.
 * @result: what the call returned, as the kernel says it
 *
 * Return: false when it has ended.
 */
bool tracee_finish_call(struct tracee *tracee, long *result);

/* tracee_refuse_call() - Have the call that it is stopped at fail with an errno, unmade. */
void tracee_refuse_call(struct tracee *tracee, int error);

/* tracee_let_go() - Let it run to its end. */
void tracee_let_go(struct tracee *tracee);

/*
 * tracee_place() - A number for where in the program's own code the call comes from, through
 * whatever libraries: of the return addresses on the stack that are in that code, whether they are
 * of the functions that are running or left there by others.
 */
uint64_t tracee_place(const struct tracee *tracee, const struct call *call);

#endif /* FAULTS_TRACEE_H */
