/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_LOAD_LOAD_H
#define LIB_LOAD_LOAD_H

#include <stdbool.h>

#include "attach/attachment.h"
#include "attach/options.h"
#include "util/interfaces.h"

/* One attempt to load a program on interfaces, on all of them or on none. */
struct load {
	/* What is asked for: */
	const struct attach_options *attach;
	const struct interface_list *interfaces;
	bool replace; /* what is loaded there */
	/* What came of it: */
	struct attachment_list before; /* what the network namespace had */
	struct attachment_list added; /* what the interfaces have now */
	int *old_fds; /* private: the program that one at the tc hook has replaced, or -1 */
};

/*
 * load() - Load a program on interfaces.
 * @load: with what is asked for, and the rest 0; end with load_free(), also after an error
 *
 * Waits for the lock and has it to its end. It may be killed at any point: libxdp swaps whole
 * dispatchers, so an interface works all the time, and the next command starts from what is
 * attached. Return: 0, or a negative errno, with a message printed and the interfaces as they were.
 */
int load(struct load *load);

/*
 * load_remove() - Detach what load() has added, if it still is there.
 *
 * Takes the lock as load() does. Return: 0, or a negative errno, with a message printed.
 */
int load_remove(const struct load *load);

void load_free(struct load *load);

#endif /* LIB_LOAD_LOAD_H */
