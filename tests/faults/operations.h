/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FAULTS_OPERATIONS_H
#define FAULTS_OPERATIONS_H

#include <stdbool.h>

/* What the kernel is asked to do. */
struct operation {
	const char *name;
	bool module_out; /* the module is not there when it begins, and in its place otherwise */
	void (*prepare)(void); /* before each, with as much memory as it wants; or NULL */
	int (*run)(void); /* return: 0 or a negative errno */
	/*
	 * What it left, when it ended with that, and whether it can be done again; puts everything
	 * back to where it was. Return: NULL, or what is wrong.
	 */
	const char *(*check)(int err);
};

/* operation_find() - The one of that name, or NULL. */
const struct operation *operation_find(const char *name);

/*
 * operations_start() - In a network namespace of its own, with or without the module as the
 * operation wants it. The kernel does not load modules by itself any more until operations_end().
 * @module: its file
 */
void operations_start(const struct operation *operation, const char *module);

void operations_end(void);

/*
 * is_shortage() - Whether an errno says that there was no memory: sockets say it in words of their
 * own.
 */
bool is_shortage(int err);

/* die() - End this program: what it would say would not be true. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif /* FAULTS_OPERATIONS_H */
