// SPDX-License-Identifier: GPL-2.0
/*
 * Finding our programs. The kernel is asked what is attached, nothing is remembered: so a
 * program is found whoever attached it, and whatever was interrupted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>

#include <bpf/bpf.h>

#include "attach/find.h"
#include "attach/tcx.h"
#include "attach/xdp.h"
#include "program/config.h"
#include "program/reasons.h"
#include "util/log.h"

static int find_on(int ifindex, const char *ifname, struct attachment_list *list)
{
	int err;

	err = xdp_find(ifindex, ifname, list);
	return err ? err : tcx_find(ifindex, ifname, list);
}

static int by_name(const void *one, const void *other)
{
	const struct if_nameindex *a = one, *b = other;

	/* As people count: eth2 before eth10. */
	return strverscmp(a->if_name, b->if_name);
}

int attachment_find(int ifindex, struct attachment_list *list)
{
	struct if_nameindex *interfaces;
	size_t count = 0;
	int err = 0;

	interfaces = if_nameindex();
	if (!interfaces) {
		err = -errno;
		log_error("cannot list the interfaces: %s", strerror(-err));
		return err;
	}
	while (interfaces[count].if_index)
		count++;
	qsort(interfaces, count, sizeof(*interfaces), by_name);
	for (struct if_nameindex *i = interfaces; !err && i->if_index; i++)
		if (!ifindex || (int)i->if_index == ifindex)
			err = find_on(i->if_index, i->if_name, list);
	if_freenameindex(interfaces);
	return err;
}

static bool counted_before(const struct attachment_list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (config_current(&list->entries[i].config) &&
		    list->entries[i].counters_id == list->entries[index].counters_id)
			return true;
	return false;
}

int attachment_counters(const struct attachment_list *list, struct xdp_wg_counter *totals)
{
	int err = 0;

	for (size_t i = 0; !err && i < list->count; i++) {
		const struct attachment *entry = &list->entries[i];
		int fd;

		if (!entry->counters_id || !config_current(&entry->config) ||
		    counted_before(list, i))
			continue;
		fd = bpf_map_get_fd_by_id(entry->counters_id);
		if (fd < 0)
			continue;
		if (reasons_map_fits(fd))
			err = reasons_add_map(fd, totals);
		close(fd);
	}
	return err;
}
