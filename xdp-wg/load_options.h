/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XDP_WG_LOAD_OPTIONS_H
#define XDP_WG_LOAD_OPTIONS_H

#include <stdbool.h>

#include "attach/options.h"
#include "option.h"

/* The options of `xdp-wg load`. */
struct load_options {
	struct attach_options attach;
	bool foreground;
	bool replace;
	/*
	 * Whether an option is given that not every hook has, or that has a default of its own;
	 * .attach.anchor.before is one, too.
	 */
	bool rss;
	bool mode;
	bool prio;
	bool after;
	bool excluded;
	bool queue_size;
	bool sample;
};

extern const struct option_spec load_option_specs[];

/* load_defaults - The values of options that are not given. */
extern const struct load_options load_defaults;

/*
 * load_options_check() - Check that options go together, and fill in the RSS program if none is
 * given, and the default object's path, which stays until the next call.
 * Return: 0, or -EINVAL, with a message printed.
 */
int load_options_check(struct load_options *options);

#endif /* XDP_WG_LOAD_OPTIONS_H */
