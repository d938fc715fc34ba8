// SPDX-License-Identifier: GPL-2.0
/*
 * Finding our programs. The kernel is asked what is attached, nothing is remembered: so a
 * program is found whoever attached it, and whatever was interrupted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach/attachment.h"
#include "program/config.h"
#include "program/reasons.h"
#include "util/log.h"
#include "attach/tcx.h"

#define MAX_MAPS 64

/* Only what both versions have is copied, so that a later one may append. */
static int read_config(int map_fd, const struct bpf_map_info *info, struct xdp_wg_config *config)
{
	size_t size = info->value_size;
	__u32 key = 0;
	void *value;
	int err;

	value = calloc(1, size);
	if (!value)
		return -ENOMEM;
	err = bpf_map_lookup_elem(map_fd, &key, value);
	if (!err) {
		memset(config, 0, sizeof(*config));
		memcpy(config, value, size < sizeof(*config) ? size : sizeof(*config));
	}
	free(value);
	return err;
}

/* Names in the kernel are cut off at 15 characters. */
static bool name_is(const char *kernel_name, const char *name)
{
	return !strncmp(kernel_name, name, BPF_OBJ_NAME_LEN - 1);
}

/* Which of the programs for a hook has a name. */
static bool find_name(const char *kernel_name, enum hook hook, enum rss *rss)
{
	*rss = RSS_NONE;
	if (name_is(kernel_name, hook_program(hook)))
		return true;
	for (enum rss i = RSS_NONE + 1; hook == HOOK_XDP && i < RSS_COUNT; i++) {
		if (!name_is(kernel_name, rss_program(i)))
			continue;
		*rss = i;
		return true;
	}
	return false;
}

bool attachment_identify(int prog_fd, struct attachment *entry)
{
	struct bpf_prog_info info = {};
	__u32 ids[MAX_MAPS], len = sizeof(info);
	bool found = false;
	enum rss rss;

	info.nr_map_ids = MAX_MAPS;
	info.map_ids = (__u64)(unsigned long)ids;
	if (bpf_prog_get_info_by_fd(prog_fd, &info, &len) ||
	    !find_name(info.name, entry->hook, &rss))
		return false;

	entry->rss = rss;
	entry->prog_id = info.id;
	entry->counters_id = 0;
	entry->cpumap_id = 0;
	for (__u32 i = 0; i < info.nr_map_ids && i < MAX_MAPS; i++) {
		struct bpf_map_info map = {};
		int fd;

		fd = bpf_map_get_fd_by_id(ids[i]);
		if (fd < 0)
			continue;
		len = sizeof(map);
		if (!bpf_map_get_info_by_fd(fd, &map, &len)) {
			if (name_is(map.name, XDP_WG_CONFIG_SECTION))
				found = !read_config(fd, &map, &entry->config);
			else if (name_is(map.name, XDP_WG_COUNTERS_MAP))
				entry->counters_id = map.id;
			else if (name_is(map.name, XDP_WG_CPUMAP))
				entry->cpumap_id = map.id;
		}
		close(fd);
	}
	return found;
}

int attachment_add(struct attachment_list *list, const struct attachment *entry)
{
	struct attachment *entries;

	entries = realloc(list->entries, (list->count + 1) * sizeof(*entries));
	if (!entries) {
		log_error("out of memory");
		return -ENOMEM;
	}
	list->entries = entries;
	entries[list->count++] = *entry;
	return 0;
}

static int find_xdp(int ifindex, const char *ifname, struct attachment_list *list)
{
	struct attachment entry = { .ifindex = ifindex };
	struct xdp_multiprog *multiprog;
	struct xdp_program *prog = NULL;
	int err = 0;

	multiprog = xdp_multiprog__get_from_ifindex(ifindex);
	if (libxdp_get_error(multiprog))
		return 0;

	strncpy(entry.ifname, ifname, sizeof(entry.ifname) - 1);
	entry.mode = xdp_multiprog__attach_mode(multiprog);
	while (!err && (prog = xdp_multiprog__next_prog(prog, multiprog))) {
		if (!attachment_identify(xdp_program__fd(prog), &entry))
			continue;
		entry.prio = xdp_program__run_prio(prog);
		err = attachment_add(list, &entry);
	}

	entry.alone = true;
	entry.prio = 0;
	prog = xdp_multiprog__main_prog(multiprog);
	if (!err && prog && attachment_identify(xdp_program__fd(prog), &entry))
		err = attachment_add(list, &entry);

	entry.mode = XDP_MODE_HW;
	prog = xdp_multiprog__hw_prog(multiprog);
	if (!err && prog && attachment_identify(xdp_program__fd(prog), &entry))
		err = attachment_add(list, &entry);

	xdp_multiprog__close(multiprog);
	return err;
}

static int find_on(int ifindex, const char *ifname, struct attachment_list *list)
{
	int err;

	err = find_xdp(ifindex, ifname, list);
	return err ? err : tcx_find(ifindex, ifname, list);
}

int attachment_find(int ifindex, struct attachment_list *list)
{
	struct if_nameindex *interfaces;
	int err = 0;

	interfaces = if_nameindex();
	if (!interfaces) {
		err = -errno;
		log_error("cannot list the interfaces: %s", strerror(-err));
		return err;
	}
	for (struct if_nameindex *i = interfaces; !err && i->if_index; i++)
		if (!ifindex || (int)i->if_index == ifindex)
			err = find_on(i->if_index, i->if_name, list);
	if_freenameindex(interfaces);
	return err;
}

const struct attachment *attachment_on(const struct attachment_list *list, int ifindex)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].ifindex == ifindex)
			return &list->entries[i];
	return NULL;
}

const struct attachment *attachment_at(const struct attachment_list *list, int ifindex,
				       enum hook hook)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].ifindex == ifindex && list->entries[i].hook == hook)
			return &list->entries[i];
	return NULL;
}

const char *attachment_program(const struct attachment *entry)
{
	return entry->rss ? rss_program(entry->rss) : hook_program(entry->hook);
}

void attachment_free(struct attachment_list *list)
{
	free(list->entries);
	list->entries = NULL;
	list->count = 0;
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
