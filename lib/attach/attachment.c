// SPDX-License-Identifier: GPL-2.0
/*
 * One attached program of ours: how it is known, and lists of such.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach/attachment.h"
#include "util/bpf_info.h"
#include "util/log.h"

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

/* What one of the program's maps tells, if it is one that we know. */
static int identify_map(__u32 id, struct attachment *entry, bool *found)
{
	struct bpf_map_info map;
	int fd, err;

	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0)
		return fd;
	err = bpf_info_map(fd, &map);
	if (err)
		goto out;
	if (name_is(map.name, XDP_WG_CONFIG_SECTION)) {
		err = read_config(fd, &map, &entry->config);
		*found = !err;
	} else if (name_is(map.name, XDP_WG_COUNTERS_MAP)) {
		entry->counters_id = map.id;
	} else if (name_is(map.name, XDP_WG_CPUMAP)) {
		entry->cpumap_id = map.id;
	}
out:
	close(fd);
	return err;
}

int attachment_identify(int prog_fd, struct attachment *entry)
{
	struct bpf_prog_info info = {};
	__u32 ids[MAX_MAPS];
	bool found = false;
	enum rss rss;
	int err;

	info.nr_map_ids = MAX_MAPS;
	info.map_ids = (__u64)(unsigned long)ids;
	err = bpf_info_prog(prog_fd, &info);
	if (err)
		return err;
	if (!find_name(info.name, entry->hook, &rss))
		return -ENOENT;

	entry->rss = rss;
	entry->prog_id = info.id;
	entry->counters_id = 0;
	entry->cpumap_id = 0;
	for (__u32 i = 0; i < info.nr_map_ids && i < MAX_MAPS; i++) {
		err = identify_map(ids[i], entry, &found);
		if (err)
			return err;
	}
	if (!found)
		return -ENOENT;
	if (entry->hook == HOOK_TC && entry->config.flags & XDP_WG_RELIEF)
		entry->rss = RSS_AUTO;
	return 0;
}

int attachment_add_ours(struct attachment_list *list, int prog_fd, struct attachment *entry)
{
	int err = attachment_identify(prog_fd, entry);

	if (err == -ENOENT)
		return 0;
	if (!err)
		return attachment_add(list, entry);
	log_error("cannot find out which programs %s has: %s", entry->ifname, strerror(-err));
	return err;
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
	return entry->hook == HOOK_XDP && entry->rss ? rss_program(entry->rss)
						     : hook_program(entry->hook);
}

void attachment_free(struct attachment_list *list)
{
	free(list->entries);
	list->entries = NULL;
	list->count = 0;
}
