/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_WG_LOAD_H
#define XDP_WG_LOAD_H

#include <stdbool.h>

#include "attach.h"

/* The options of `xdp-wg load`. */
struct load_options {
	struct attach_options attach;
	bool foreground;
	bool replace;
};

/* load_options_init() - The values of options that are not given. */
void load_options_init(struct load_options *options);

#endif /* XDP_WG_LOAD_H */
