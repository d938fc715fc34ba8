/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_XDP_H
#define LIB_ATTACH_XDP_H

#include <stdbool.h>
#include <linux/types.h>

#include <xdp/libxdp.h>

#include "attach/attachment.h"
#include "program/rss.h"
#include "state/state.h"

/* Where a program comes among those at the tc hook. */
struct tcx_anchor {
	bool before; /* the other program; otherwise after it */
	__u32 relative_id; /* program id of the other, 0: the last of all */
};

struct attach_options {
	const char *object; /* path of the BPF object */
	enum hook hook;
	__u32 flags; /* enum xdp_wg_flags, without XDP_WG_SKB_MODE */
	/* At the XDP hook: */
	enum xdp_attach_mode mode;
	struct rss_options rss;
	unsigned int prio; /* its place in the dispatcher's chain, lowest first */
	/* At the tc hook: */
	struct tcx_anchor anchor;
};

/* attach_program() - The name of the program that is to be attached. The string is static. */
const char *attach_program(const struct attach_options *options);

/*
 * attach_mode() - Find out which mode a program is to be attached in.
 * @mode: the one asked for; XDP_MODE_UNSPEC is replaced by the one that the programs on the
 *        interface have, or else the best that its driver supports
 *
 * Return: 0, or a negative errno, with a message printed, if the interface cannot do it.
 */
int attach_mode(int ifindex, const char *ifname, enum xdp_attach_mode *mode);

/*
 * attach() - Load an XDP program and attach it to an interface, after those with a lower priority.
 * @options: with a mode from attach_mode()
 * @prog_id: program id of what is attached now
 *
 * The program passes what is not its own to the next one. Needs the lock. Return: 0, or a negative
 * errno, with a message printed and nothing attached.
 */
int attach(const struct state *state, int ifindex, const char *ifname,
	   const struct attach_options *options, __u32 *prog_id);

/*
 * detach() - Detach one program, at any hook, from its interface, and leave all others there.
 *
 * It is no error if it is gone. Return: 0, or a negative errno, with a message printed.
 */
int detach(const struct attachment *entry);

#endif /* LIB_ATTACH_XDP_H */
