// SPDX-License-Identifier: GPL-2.0
/*
 * libxdp pins every dispatcher's programs and links in BPFFS/xdp/dispatch-IFINDEX-PROGID, before
 * it attaches the dispatcher, and unpins them after it has detached it. What is killed between
 * the two, or attached to an interface that is removed, stays in memory.
 *
 * libxdp's own way to clean up takes whatever is not attached in the caller's network namespace.
 * But others may share the BPF file system, with the same interface indices: so only what is
 * certainly dead is removed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/file.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/prog_dispatcher.h>

#include "attach/attachment.h"
#include "load/dispatcher_pins.h"
#include "util/log.h"
#include "state/state.h"

struct dispatcher {
	char path[PATH_MAX];
	int ifindex;
	__u32 prog_id;
};

/* How many programs a dispatcher was made for, -1 if it no longer exists. */
static int dispatcher_size(__u32 prog_id)
{
	struct bpf_prog_info info = {};
	struct bpf_map_info map_info = {};
	__u32 map_id, key = 0, len = sizeof(info);
	__u8 *config = NULL;
	int prog_fd, map_fd = -1, size = 0;

	prog_fd = bpf_prog_get_fd_by_id(prog_id);
	if (prog_fd < 0)
		return prog_fd == -ENOENT ? -1 : 0;

	info.nr_map_ids = 1;
	info.map_ids = (__u64)(unsigned long)&map_id;
	if (bpf_prog_get_info_by_fd(prog_fd, &info, &len) || info.nr_map_ids != 1 ||
	    strcmp(info.name, "xdp_dispatcher"))
		goto out;
	map_fd = bpf_map_get_fd_by_id(map_id);
	len = sizeof(map_info);
	if (map_fd < 0 || bpf_map_get_info_by_fd(map_fd, &map_info, &len) ||
	    map_info.value_size < offsetof(struct xdp_dispatcher_config, is_xdp_frags))
		goto out;
	config = malloc(map_info.value_size);
	if (config && !bpf_map_lookup_elem(map_fd, &key, config) &&
	    config[offsetof(struct xdp_dispatcher_config, magic)] == XDP_DISPATCHER_MAGIC)
		size = config[offsetof(struct xdp_dispatcher_config, num_progs_enabled)];

out:
	free(config);
	if (map_fd >= 0)
		close(map_fd);
	close(prog_fd);
	return size;
}

static bool is_pin(const struct dirent *entry, const char *suffix)
{
	size_t len = strlen(entry->d_name), suffix_len = strlen(suffix);

	return len > suffix_len && !strcmp(entry->d_name + len - suffix_len, suffix);
}

/*
 * Called with libxdp's lock, under which all pins of a dispatcher are made: one with too few
 * has been interrupted.
 */
static bool incomplete(const struct dispatcher *dispatcher, DIR *dir)
{
	int size = dispatcher_size(dispatcher->prog_id), links = 0, programs = 0;
	struct dirent *entry;

	rewinddir(dir);
	while ((entry = readdir(dir))) {
		links += is_pin(entry, "-link");
		programs += is_pin(entry, "-prog");
	}
	return size < 0 || links < size || programs < size;
}

/* Whether a pinned program is ours and counts in this namespace. */
static bool is_ours(const struct dispatcher *dispatcher, const char *pin, const __u32 *counters_ids,
		    size_t count)
{
	struct attachment program = {};
	char path[2 * PATH_MAX];
	bool found = false;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dispatcher->path, pin);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return false;
	if (attachment_identify(fd, &program))
		for (size_t i = 0; i < count; i++)
			found |= counters_ids[i] == program.counters_id;
	close(fd);
	return found;
}

static bool holds_ours(const struct dispatcher *dispatcher, DIR *dir, const __u32 *counters_ids,
		       size_t count)
{
	struct dirent *entry;

	rewinddir(dir);
	while ((entry = readdir(dir)))
		if (is_pin(entry, "-prog") &&
		    is_ours(dispatcher, entry->d_name, counters_ids, count))
			return true;
	return false;
}

/* The dispatcher that is attached to an interface, 0 if none is. */
static __u32 attached_id(int ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query(ifindex, 0, &query))
		return 0;
	return query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
}

/*
 * Whoever is making a new dispatcher while we look has started from the attached one, so its
 * number is higher; an older one's maker will find that it was overtaken and give up.
 */
static bool overtaken(const struct dispatcher *dispatcher)
{
	__u32 attached = attached_id(dispatcher->ifindex);

	return !attached || dispatcher->prog_id < attached;
}

static size_t pinned_programs(const char *path, __u32 *ids)
{
	char pin[2 * PATH_MAX];
	size_t count = 0;

	for (int i = 0; i < MAX_DISPATCHER_ACTIONS; i++) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd;

		snprintf(pin, sizeof(pin), "%s/prog%d-prog", path, i);
		fd = bpf_obj_get(pin);
		if (fd < 0)
			continue;
		if (!bpf_prog_get_info_by_fd(fd, &info, &len))
			ids[count++] = info.id;
		close(fd);
	}
	return count;
}

/*
 * Whether a program in it is also in the dispatcher that is attached to the interface: then both
 * are of this namespace, because each interface has its own programs.
 */
static bool related(const struct dispatcher *dispatcher)
{
	__u32 ids[MAX_DISPATCHER_ACTIONS], attached_ids[MAX_DISPATCHER_ACTIONS];
	size_t count, attached_count;
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/xdp/dispatch-%d-%u", state_bpffs(), dispatcher->ifindex,
		 attached_id(dispatcher->ifindex));
	count = pinned_programs(dispatcher->path, ids);
	attached_count = pinned_programs(path, attached_ids);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < attached_count; j++)
			if (ids[i] == attached_ids[j])
				return true;
	return false;
}

static bool attached_here(const struct dispatcher *dispatcher)
{
	return attached_id(dispatcher->ifindex) == dispatcher->prog_id;
}

static bool interface_exists(int ifindex)
{
	char name[IF_NAMESIZE];

	return if_indextoname(ifindex, name);
}

static void remove_pins(const struct dispatcher *dispatcher, DIR *dir)
{
	struct dirent *entry;

	log_debug("removing %s, which is attached nowhere", dispatcher->path);
	rewinddir(dir);
	while ((entry = readdir(dir)))
		if (is_pin(entry, "-link") || is_pin(entry, "-prog"))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (rmdir(dispatcher->path))
		log_warning("cannot remove %s: %s", dispatcher->path, strerror(errno));
}

/*
 * The interface may have been moved to another network namespace, where the other programs of
 * the dispatcher still run: only our own are taken out.
 */
static void remove_ours(const struct dispatcher *dispatcher, DIR *dir, const __u32 *counters_ids,
			size_t count)
{
	struct dirent *entry;

	rewinddir(dir);
	while ((entry = readdir(dir))) {
		char link[sizeof(entry->d_name) + sizeof("-link")];

		if (!is_pin(entry, "-prog") ||
		    !is_ours(dispatcher, entry->d_name, counters_ids, count))
			continue;
		log_debug("removing %s/%s, whose interface is gone", dispatcher->path,
			  entry->d_name);
		snprintf(link, sizeof(link), "%.*s-link",
			 (int)(strlen(entry->d_name) - strlen("-prog")), entry->d_name);
		unlinkat(dirfd(dir), link, 0);
		unlinkat(dirfd(dir), entry->d_name, 0);
	}
	/* Fails as it should if programs of others are left. */
	rmdir(dispatcher->path);
}

/* What is to become of a dispatcher's pins, with maps of counters that it may count in. */
typedef void (*examine_fn)(const struct dispatcher *dispatcher, const __u32 *counters_ids,
			   size_t count);

static void examine(const struct dispatcher *dispatcher, const __u32 *counters_ids, size_t count)
{
	DIR *dir;

	if (attached_here(dispatcher))
		return;
	dir = opendir(dispatcher->path);
	if (!dir)
		return;
	if (!interface_exists(dispatcher->ifindex))
		remove_ours(dispatcher, dir, counters_ids, count);
	else if (incomplete(dispatcher, dir) ||
		 (overtaken(dispatcher) && (holds_ours(dispatcher, dir, counters_ids, count) ||
					    related(dispatcher))))
		remove_pins(dispatcher, dir);
	closedir(dir);
}

static void examine_dead(const struct dispatcher *dispatcher, const __u32 *counters_ids,
			 size_t count)
{
	DIR *dir = opendir(dispatcher->path);

	if (!dir)
		return;
	remove_ours(dispatcher, dir, counters_ids, count);
	closedir(dir);
}

static void for_each_dispatcher(examine_fn function, const __u32 *counters_ids, size_t count)
{
	struct dispatcher dispatcher;
	char root[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (snprintf(root, sizeof(root), "%s/xdp", state_bpffs()) >= (int)sizeof(root))
		return;
	dir = opendir(root);
	if (!dir)
		return;
	if (flock(dirfd(dir), LOCK_EX))
		goto out;

	while ((entry = readdir(dir))) {
		/* What libxdp pins and unpins at once, to see whether it can. */
		if (!strncmp(entry->d_name, "prog-test-link-", strlen("prog-test-link-")))
			unlinkat(dirfd(dir), entry->d_name, 0);
		if (sscanf(entry->d_name, "dispatch-%d-%u", &dispatcher.ifindex,
			   &dispatcher.prog_id) != 2)
			continue;
		if (snprintf(dispatcher.path, sizeof(dispatcher.path), "%s/%s", root,
			     entry->d_name) < (int)sizeof(dispatcher.path))
			function(&dispatcher, counters_ids, count);
	}
out:
	closedir(dir);
}

void dispatcher_pins_remove(const __u32 *counters_ids, size_t count)
{
	for_each_dispatcher(examine, counters_ids, count);
}

void dispatcher_pins_remove_dead(__u32 counters_id)
{
	for_each_dispatcher(examine_dead, &counters_id, 1);
}
