/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_ATTACH_H
#define LIB_ATTACH_ATTACH_H

#include "attach/attachment.h"
#include "attach/options.h"
#include "state/state.h"

/*
 * The front door for both hooks. What changes something needs the lock; all print a message when
 * they fail.
 */

/*
 * attach_check_objects() - Check that all programs that will be loaded are there, and that the
 * kernel has what they call. Return: 0, or a negative errno.
 */
int attach_check_objects(const struct attach_options *options);

/*
 * attach_check() - Check that a program can be attached to an interface.
 * @options: copied from what is asked for; their mode becomes the one to attach in
 *
 * Return: 0, or a negative errno.
 */
int attach_check(int ifindex, const char *ifname, struct attach_options *options);

/*
 * attach() - Load a program and attach it to an interface.
 * @options: from attach_check()
 * @old: the one of ours at that hook, NULL if there is none. tcx replaces it at once; an XDP
 *       program comes beside it, so that no packet finds none, and the old one is for the caller
 *       to detach.
 * @entry: on input the interface's index and name; on success what is attached now
 * @old_fd: -1; becomes a reference to a replaced program, for attach_undo() and the caller to close
 *
 * Return: 0, or a negative errno, with nothing changed.
 */
int attach(const struct state *state, const struct attach_options *options,
	   const struct attachment *old, struct attachment *entry, int *old_fd);

/* attach_undo() - Put back what attach() has replaced. */
void attach_undo(const struct attachment *entry, int old_fd);

/*
 * detach() - Detach one program, at any hook, from its interface, and leave all others there.
 *
 * It is no error if it is gone. Return: 0, or a negative errno.
 */
int detach(const struct attachment *entry);

#endif /* LIB_ATTACH_ATTACH_H */
