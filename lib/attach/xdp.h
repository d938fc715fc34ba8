/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_XDP_H
#define LIB_ATTACH_XDP_H

#include <stdbool.h>

#include <linux/types.h>

#include <xdp/libxdp.h>

#include "attach/attachment.h"
#include "attach/options.h"
#include "state/state.h"

/*
 * xdp_choose_mode() - Find out which mode a program is to be attached in.
 * @mode: the one asked for; XDP_MODE_UNSPEC is replaced by the one that the programs on the
 *        interface have, or else the best that its driver supports
 *
 * Return: 0, or a negative errno, with a message printed, if the interface cannot do it.
 */
int xdp_choose_mode(int ifindex, const char *ifname, enum xdp_attach_mode *mode);

/*
 * xdp_attach() - Load an XDP program and attach it to an interface, after those with a lower
 * priority.
 * @options: with a mode from xdp_choose_mode()
 * @prog_id: program id of what is attached now
 *
 * The program passes what is not its own to the next one. Needs the lock. Return: 0, or a negative
 * errno, with a message printed and nothing attached.
 */
int xdp_attach(const struct state *state, int ifindex, const char *ifname,
	       const struct attach_options *options, __u32 *prog_id);

/*
 * xdp_has_dispatcher() - Whether programs share interfaces, as they do unless the environment tells
 * libxdp to attach each alone.
 */
bool xdp_has_dispatcher(void);

/* xdp_detach() - Detach an XDP program. As detach(). */
int xdp_detach(const struct attachment *entry);

/*
 * xdp_find() - Find our XDP programs on an interface. As attachment_find(). Whatever libxdp cannot
 * tell has none.
 */
int xdp_find(int ifindex, const char *ifname, struct attachment_list *list);

/*
 * xdp_attached_id() - Find out what the driver or the stack runs on an interface: a dispatcher, or
 * a program that stands alone.
 * @id: its program id, 0 if there is nothing or no such interface
 *
 * Return: 0, or a negative errno.
 */
int xdp_attached_id(int ifindex, __u32 *id);

#endif /* LIB_ATTACH_XDP_H */
