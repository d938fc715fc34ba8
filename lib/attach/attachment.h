/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_ATTACH_ATTACHMENT_H
#define LIB_ATTACH_ATTACHMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <net/if.h>
#include <linux/types.h>

#include <xdp/libxdp.h>

#include "bpf/xdp_wg.h"
#include "program/hook.h"
#include "program/rss.h"

/* One program of ours that is attached to an interface. */
struct attachment {
	int ifindex;
	char ifname[IF_NAMESIZE];
	enum hook hook;
	enum rss rss; /* which chooses a CPU, RSS_NONE: the datapath itself. At the tc hook, there
		       * is nothing but auto and none. */
	__u32 prog_id;
	/* At the XDP hook: */
	enum xdp_attach_mode mode;
	bool alone; /* not by way of libxdp's dispatcher */
	unsigned int prio; /* 0 if alone */
	/* At the tc hook: */
	unsigned int position; /* the first is 1 */
	unsigned int positions; /* how many programs there are */
	__u32 link_id; /* 0: attached without a link */
	/* At any: */
	struct xdp_wg_config config; /* what of it the program has; the rest is 0 */
	__u32 counters_id; /* of its map of counters, 0 if it has none */
	__u32 cpumap_id; /* of an RSS program's cpumap, otherwise 0 */
};

struct attachment_list {
	struct attachment *entries;
	size_t count;
};

/* attachment_on() - The first entry for an interface, NULL if there is none. */
const struct attachment *attachment_on(const struct attachment_list *list, int ifindex);

/* attachment_at() - The same for one hook of the interface. */
const struct attachment *attachment_at(const struct attachment_list *list, int ifindex,
				       enum hook hook);

/* attachment_add() - Add a copy of an entry. Return: 0, or -ENOMEM, with a message printed. */
int attachment_add(struct attachment_list *list, const struct attachment *entry);

/* attachment_program() - The name of a program. The string is static. */
const char *attachment_program(const struct attachment *entry);

void attachment_free(struct attachment_list *list);

/*
 * attachment_identify() - Whether a loaded program is one of ours.
 * @prog_fd: any program
 * @entry: with the hook; which program it is, its id, configuration and maps are written if it is
 *
 * Return: 0 if it is, -ENOENT if it is not, or another negative errno if the kernel does not tell,
 * which must not be taken for either.
 */
int attachment_identify(int prog_fd, struct attachment *entry);

/*
 * attachment_add_ours() - Add a program to a list if it is one of ours.
 * @entry: with the hook and the interface; the rest is written as by attachment_identify()
 *
 * Return: 0, also if it is not ours; or a negative errno, with a message printed.
 */
int attachment_add_ours(struct attachment_list *list, int prog_fd, struct attachment *entry);

#endif /* LIB_ATTACH_ATTACHMENT_H */
