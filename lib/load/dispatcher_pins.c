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
#include <errno.h>
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

#include "load/dispatcher_pins.h"
#include "attach/attachment.h"
#include "state/pins.h"
#include "state/state.h"
#include "util/bpf_info.h"
#include "util/log.h"

struct dispatcher {
	char path[PATH_MAX];
	int ifindex;
	__u32 prog_id;
};

/* How many programs a dispatcher was made for, -1 if it no longer exists. */
static int dispatcher_size(__u32 prog_id)
{
	struct bpf_prog_info info = { .nr_map_ids = 1 };
	struct bpf_map_info map_info;
	__u32 map_id, key = 0;
	__u8 *config = NULL;
	int map_fd, size = 0, err;

	info.map_ids = (__u64)(unsigned long)&map_id;
	err = bpf_info_prog_by_id(prog_id, &info);
	if (err)
		return err == -ENOENT ? -1 : 0;
	if (info.nr_map_ids != 1 || strcmp(info.name, "xdp_dispatcher"))
		return 0;
	map_fd = bpf_map_get_fd_by_id(map_id);
	if (map_fd < 0)
		return 0;
	if (bpf_info_map(map_fd, &map_info) ||
	    map_info.value_size < offsetof(struct xdp_dispatcher_config, is_xdp_frags))
		goto out;
	config = malloc(map_info.value_size);
	if (config && !bpf_map_lookup_elem(map_fd, &key, config) &&
	    config[offsetof(struct xdp_dispatcher_config, magic)] == XDP_DISPATCHER_MAGIC)
		size = config[offsetof(struct xdp_dispatcher_config, num_progs_enabled)];

out:
	free(config);
	close(map_fd);
	return size;
}

static bool is_pin(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && !strcmp(name + len - suffix_len, suffix);
}

/*
 * Called with libxdp's lock, under which all pins of a dispatcher are made: one with too few
 * has been interrupted.
 */
static bool incomplete(const struct dispatcher *dispatcher, struct pins *pins)
{
	int size = dispatcher_size(dispatcher->prog_id), links = 0, programs = 0;
	const char *name;

	pins_rewind(pins);
	while ((name = pins_next(pins))) {
		links += is_pin(name, "-link");
		programs += is_pin(name, "-prog");
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
	if (!attachment_identify(fd, &program))
		for (size_t i = 0; i < count; i++)
			found |= counters_ids[i] == program.counters_id;
	close(fd);
	return found;
}

static bool holds_ours(const struct dispatcher *dispatcher, struct pins *pins,
		       const __u32 *counters_ids, size_t count)
{
	const char *name;

	pins_rewind(pins);
	while ((name = pins_next(pins)))
		if (is_pin(name, "-prog") && is_ours(dispatcher, name, counters_ids, count))
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
		int fd;

		snprintf(pin, sizeof(pin), "%s/prog%d-prog", path, i);
		fd = bpf_obj_get(pin);
		if (fd < 0)
			continue;
		count += !bpf_info_prog_id(fd, &ids[count]);
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

static void remove_pins(const struct dispatcher *dispatcher, struct pins *pins)
{
	const char *name;

	log_debug("removing %s, which is attached nowhere", dispatcher->path);
	pins_rewind(pins);
	while ((name = pins_next(pins)))
		if (is_pin(name, "-link") || is_pin(name, "-prog"))
			pins_remove(pins, name);
	if (rmdir(dispatcher->path))
		log_warning("cannot remove %s: %s", dispatcher->path, strerror(errno));
}

/*
 * The interface may have been moved to another network namespace, where the other programs of
 * the dispatcher still run: only our own are taken out.
 */
static void remove_ours(const struct dispatcher *dispatcher, struct pins *pins,
			const __u32 *counters_ids, size_t count)
{
	const char *name;

	pins_rewind(pins);
	while ((name = pins_next(pins))) {
		char link[NAME_MAX + sizeof("-link")];

		if (!is_pin(name, "-prog") || !is_ours(dispatcher, name, counters_ids, count))
			continue;
		log_debug("removing %s/%s, whose interface is gone", dispatcher->path, name);
		snprintf(link, sizeof(link), "%.*s-link", (int)(strlen(name) - strlen("-prog")),
			 name);
		pins_remove(pins, link);
		pins_remove(pins, name);
	}
	/* Fails as it should if programs of others are left. */
	rmdir(dispatcher->path);
}

/* What is to become of a dispatcher's pins, with maps of counters that it may count in. */
typedef void (*examine_fn)(const struct dispatcher *dispatcher, struct pins *pins,
			   const __u32 *counters_ids, size_t count);

static void examine(const struct dispatcher *dispatcher, struct pins *pins,
		    const __u32 *counters_ids, size_t count)
{
	if (attached_here(dispatcher))
		return;
	if (!interface_exists(dispatcher->ifindex))
		remove_ours(dispatcher, pins, counters_ids, count);
	else if (incomplete(dispatcher, pins) ||
		 (overtaken(dispatcher) &&
		  (holds_ours(dispatcher, pins, counters_ids, count) || related(dispatcher))))
		remove_pins(dispatcher, pins);
}

static void for_each_dispatcher(examine_fn function, const __u32 *counters_ids, size_t count)
{
	struct dispatcher dispatcher;
	struct pins root, pins;
	char path[PATH_MAX];
	const char *name;

	if (snprintf(path, sizeof(path), "%s/xdp", state_bpffs()) >= (int)sizeof(path) ||
	    !pins_open(&root, path))
		return;
	if (flock(dirfd(root.dir), LOCK_EX))
		goto out;

	while ((name = pins_next(&root))) {
		/* What libxdp pins and unpins at once, to see whether it can. */
		if (!strncmp(name, "prog-test-link-", strlen("prog-test-link-")))
			pins_remove(&root, name);
		if (sscanf(name, "dispatch-%d-%u", &dispatcher.ifindex, &dispatcher.prog_id) != 2)
			continue;
		if (snprintf(dispatcher.path, sizeof(dispatcher.path), "%s/%s", path, name) >=
			    (int)sizeof(dispatcher.path) ||
		    !pins_open(&pins, dispatcher.path))
			continue;
		function(&dispatcher, &pins, counters_ids, count);
		pins_close(&pins);
	}
out:
	pins_close(&root);
}

void dispatcher_pins_remove(const __u32 *counters_ids, size_t count)
{
	for_each_dispatcher(examine, counters_ids, count);
}

void dispatcher_pins_remove_dead(__u32 counters_id)
{
	for_each_dispatcher(remove_ours, &counters_id, 1);
}
