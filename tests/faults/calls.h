/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAULTS_CALLS_H
#define FAULTS_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* A system call that a process is about to make. */
struct call {
	__u64 number;
	__u64 args[6];
	__u64 caller; /* address of the instruction */
	__u64 stack; /* address of its end that grows */
};

/*
 * call_number() - A system call that can fail for want of memory, of the table of them; what writes
 * the command's words and what ends it is not in there.
 * @index: in the table
 * Return: false when there are no more.
 */
bool call_number(size_t index, __u32 *number);

/* call_loads_program() - Whether it gives a program to the verifier. */
bool call_loads_program(const struct call *call);

/* call_is() - Whether it has one of these names, separated by commas. */
bool call_is(const struct call *call, const char *names);

/* call_describe() - Its name, and the command that bpf(2) is given. */
void call_describe(const struct call *call, char *buf, size_t size);

#endif /* FAULTS_CALLS_H */
