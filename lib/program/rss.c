// SPDX-License-Identifier: GPL-2.0
/*
 * The RSS programs that there are.
 */
#include <string.h>

#include "program/rss.h"

static const struct {
	const char *name;
	const char *program;
	bool bound;
} programs[RSS_COUNT] = {
	[RSS_NONE] = { "none", "", false },
	[RSS_AUTO] = { "auto", "xdp_wg_auto", false },
	[RSS_ROUND_ROBIN] = { "round_robin", "rss_round_robin", false },
	[RSS_MATCH_PORT] = { "match_port", "rss_match_port", false },
	[RSS_TUPLE_STEERING] = { "tuple_steering", "rss_tuple_steering", false },
	[RSS_RX_HASH] = { "rx_hash", "rss_rx_hash", true },
	[RSS_INNER_FLOW] = { "inner_flow", "rss_inner_flow", false },
};

bool rss_parse(const char *name, enum rss *rss)
{
	for (enum rss i = RSS_NONE; i < RSS_COUNT; i++) {
		if (strcmp(name, programs[i].name))
			continue;
		*rss = i;
		return true;
	}
	return false;
}

const char *rss_name(enum rss rss)
{
	return programs[rss].name;
}

const char *rss_program(enum rss rss)
{
	return programs[rss].program;
}

bool rss_is_bound(enum rss rss)
{
	return programs[rss].bound;
}
