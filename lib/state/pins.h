/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_STATE_PINS_H
#define LIB_STATE_PINS_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <linux/types.h>

/* A walk over what is in a directory of the BPF file system. */
struct pins {
	DIR *dir; /* NULL if there is no such directory */
	int err; /* the first thing that went wrong on the way, as a negative errno */
	char path[PATH_MAX];
};

/*
 * pins_open() - Begin a walk; end it with pins_close(), which returns what went wrong.
 * Return: whether there is anything to walk over.
 */
bool pins_open(struct pins *pins, const char *dir);

/*
 * pins_next() - The name of the next pin, NULL after the last.
 *
 * It lives until the next call. What is walked over may be removed on the way.
 */
const char *pins_next(struct pins *pins);

/*
 * pins_next_number() - The name of the next pin whose name is a prefix and a number, NULL after the
 * last. More may follow the number.
 */
const char *pins_next_number(struct pins *pins, const char *prefix, __u32 *number);

/* pins_rewind() - Begin again. */
void pins_rewind(struct pins *pins);

/*
 * pins_remove() - Remove a pin, or an empty directory, if it is there. If it cannot be removed, a
 * warning is printed.
 */
void pins_remove(struct pins *pins, const char *name);

/*
 * pins_close() - End a walk, also one that pins_open() did not begin.
 * Return: 0, or a negative errno if it did not see all that is there, or could not remove what it
 * was told to, with a warning printed. That there is no directory is no error.
 */
int pins_close(struct pins *pins);

#endif /* LIB_STATE_PINS_H */
