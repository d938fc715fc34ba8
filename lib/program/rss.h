/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_PROGRAM_RSS_H
#define LIB_PROGRAM_RSS_H

#include <stdbool.h>

#include "util/cpuset.h"

/* The programs that choose a CPU for a packet. */
enum rss {
	RSS_NONE, /* none: the datapath runs where the packet came in */
	RSS_AUTO, /* there, or elsewhere if that CPU is busy: datapath and choice in one */
	RSS_ROUND_ROBIN,
	RSS_MATCH_PORT,
	RSS_TUPLE_STEERING,
	RSS_RX_HASH,
	RSS_INNER_FLOW,
	RSS_COUNT,
};

#define RSS_QUEUE_SIZE 2048
#define RSS_QUEUE_SIZE_MAX 16384 /* the kernel allows no more */

struct rss_options {
	enum rss rss;
	struct cpuset excluded;
	unsigned int queue_size; /* in packets, of each CPU */
};

/* rss_parse() - The program with a name that users know. Return: whether there is one. */
bool rss_parse(const char *name, enum rss *rss);

/* rss_name() - That name: "inner_flow". The string is static, as all of these are. */
const char *rss_name(enum rss rss);

/* rss_program() - The name of its BPF program: "rss_inner_flow". */
const char *rss_program(enum rss rss);

/* rss_is_bound() - Whether the program is bound to its device, and so works natively only. */
bool rss_is_bound(enum rss rss);

#endif /* LIB_PROGRAM_RSS_H */
