/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_OPTIONS_H
#define LIB_ATTACH_OPTIONS_H

#include <stdbool.h>
#include <linux/types.h>

#include <xdp/libxdp.h>

#include "program/hook.h"
#include "program/rss.h"

/* Where a program comes among those at the tc hook. */
struct tcx_anchor {
	bool before; /* the other program; otherwise after it */
	__u32 relative_id; /* program id of the other, 0: the last of all */
};

struct attach_options {
	const char *object; /* path of the BPF object */
	enum hook hook;
	__u32 flags; /* enum xdp_wg_flags, without those of the mode */
	unsigned int sample; /* with XDP_WG_CONNTRACK, in milliseconds */
	/* At the XDP hook: */
	enum xdp_attach_mode mode;
	struct rss_options rss;
	unsigned int prio; /* its place in the dispatcher's chain, lowest first */
	/* At the tc hook: */
	struct tcx_anchor anchor;
};

/*
 * attach_options_program() - The name of the program that is to be attached. The string is static.
 */
const char *attach_options_program(const struct attach_options *options);

#endif /* LIB_ATTACH_OPTIONS_H */
