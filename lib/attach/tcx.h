/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_TCX_H
#define LIB_ATTACH_TCX_H

#include "attach/attachment.h"
#include "attach/options.h"
#include "state/state.h"

/*
 * The tc program is attached to tcx ingress by a BPF link. While the link is pinned in our state,
 * the program stays; a link that is not pinned yet ends with the process.
 */

/*
 * tcx_check() - Check that a program can be attached in the place that is asked for.
 * Return: 0, or a negative errno, with a message printed.
 */
int tcx_check(int ifindex, const char *ifname, const struct tcx_anchor *anchor);

/*
 * tcx_attach() - Load the program and attach it to an interface.
 * @prog_id: program id of what is attached now
 *
 * The map of counters is shared like that of xdp_attach(). Needs the lock. Return: 0, or a negative
 * errno, with a message printed and nothing attached.
 */
int tcx_attach(const struct state *state, int ifindex, const char *ifname,
	       const struct attach_options *options, __u32 *prog_id);

/*
 * tcx_replace() - Load the program and put it in the place of one that is attached, at once.
 * @entry: the old one, which must have a link
 * @prog_id: program id of what is attached now
 * @old_fd: keeps the old program for tcx_restore(); for the caller to close
 *
 * Return: 0, or a negative errno, with a message printed and nothing changed.
 */
int tcx_replace(const struct state *state, const struct attachment *entry,
		const struct attach_options *options, __u32 *prog_id, int *old_fd);

/* tcx_restore() - Undo tcx_replace(). */
void tcx_restore(const struct attachment *entry, int old_fd);

/* tcx_detach() - Detach a program; its link's pin is left to tcx_remove_stale(). As detach(). */
int tcx_detach(const struct attachment *entry);

/*
 * tcx_find() - Find our programs at an interface's hook. As attachment_find(). A kernel without the
 * hook has none.
 */
int tcx_find(int ifindex, const char *ifname, struct attachment_list *list);

/*
 * tcx_remove_stale() - Remove the pins of links that attach nothing in this network namespace.
 * @attached: all of our programs in it
 *
 * Needs the lock. Return: 0, or a negative errno, with a warning printed.
 */
int tcx_remove_stale(const struct state *state, const struct attachment_list *attached);

#endif /* LIB_ATTACH_TCX_H */
