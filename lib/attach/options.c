// SPDX-License-Identifier: GPL-2.0
/*
 * How a program is to be attached.
 */
#include "attach/options.h"

const char *attach_options_program(const struct attach_options *options)
{
	return options->rss.rss ? rss_program(options->rss.rss) : hook_program(options->hook);
}
