/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_STATE_PINS_H
#define LIB_STATE_PINS_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <linux/types.h>

/* A walk over what is in a directory of the BPF file system. */
struct pins {
	DIR *dir;
	char path[PATH_MAX];
};

/*
 * pins_open() - Begin a walk; end it with pins_close().
 * Return: whether there is such a directory; if not, there is nothing to close.
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
void pins_remove(const struct pins *pins, const char *name);

void pins_close(struct pins *pins);

#endif /* LIB_STATE_PINS_H */
