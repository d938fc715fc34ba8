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
#include <xdp/prog_dispatcher.h>

#include "load/dispatcher_pins.h"
#include "attach/attachment.h"
#include "attach/xdp.h"
#include "state/pins.h"
#include "state/state.h"
#include "util/bpf_info.h"
#include "util/log.h"

struct dispatcher {
	char path[PATH_MAX];
	int ifindex;
	__u32 prog_id;
};

/* How many programs the dispatcher with this map was made for, 0 if it is not libxdp's. */
static int size_by_map(__u32 map_id, int *size)
{
	struct bpf_map_info info;
	__u8 *config = NULL;
	__u32 key = 0;
	int fd, err;

	fd = bpf_map_get_fd_by_id(map_id);
	if (fd < 0)
		return fd;
	err = bpf_info_map(fd, &info);
	if (err || info.value_size < offsetof(struct xdp_dispatcher_config, is_xdp_frags))
		goto out;
	config = malloc(info.value_size);
	err = config ? bpf_map_lookup_elem(fd, &key, config) : -ENOMEM;
	if (!err && config[offsetof(struct xdp_dispatcher_config, magic)] == XDP_DISPATCHER_MAGIC)
		*size = config[offsetof(struct xdp_dispatcher_config, num_progs_enabled)];

out:
	free(config);
	close(fd);
	return err;
}

/* The same of a program, and -1 if it no longer exists. Return: 0, or a negative errno. */
static int dispatcher_size(__u32 prog_id, int *size)
{
	struct bpf_prog_info info = { .nr_map_ids = 1 };
	__u32 map_id;
	int err;

	*size = 0;
	info.map_ids = (__u64)(unsigned long)&map_id;
	err = bpf_info_prog_by_id(prog_id, &info);
	if (!err && info.nr_map_ids == 1 && !strcmp(info.name, "xdp_dispatcher"))
		err = size_by_map(map_id, size);
	if (err != -ENOENT)
		return err;
	*size = -1;
	return 0;
}

static bool is_pin(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && !strcmp(name + len - suffix_len, suffix);
}

/*
 * Called with libxdp's lock, under which all pins of a dispatcher are made: one with too few
 * has been interrupted. Return: 0, or a negative errno.
 */
static int is_incomplete(const struct dispatcher *dispatcher, struct pins *pins, bool *incomplete)
{
	int size, links = 0, programs = 0, err;
	const char *name;

	*incomplete = false;
	err = dispatcher_size(dispatcher->prog_id, &size);
	if (err)
		return err;
	pins_rewind(pins);
	while ((name = pins_next(pins))) {
		links += is_pin(name, "-link");
		programs += is_pin(name, "-prog");
	}
	*incomplete = !pins->err && (size < 0 || links < size || programs < size);
	return 0;
}

/* Whether a pinned program is ours and counts in this namespace. Return: 0, or a negative errno. */
static int is_ours(const struct dispatcher *dispatcher, const char *pin, const __u32 *counters_ids,
		   size_t count, bool *ours)
{
	struct attachment program = {};
	char path[2 * PATH_MAX];
	int fd, err;

	*ours = false;
	snprintf(path, sizeof(path), "%s/%s", dispatcher->path, pin);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = attachment_identify(fd, &program);
	for (size_t i = 0; !err && i < count; i++)
		*ours |= counters_ids[i] == program.counters_id;
	close(fd);
	return err == -ENOENT ? 0 : err;
}

static int holds_ours(const struct dispatcher *dispatcher, struct pins *pins,
		      const __u32 *counters_ids, size_t count, bool *holds)
{
	const char *name;
	int err = 0;

	*holds = false;
	pins_rewind(pins);
	while (!err && !*holds && (name = pins_next(pins)))
		if (is_pin(name, "-prog"))
			err = is_ours(dispatcher, name, counters_ids, count, holds);
	return err;
}

/*
 * Whoever is making a new dispatcher while we look has started from the attached one, so its
 * number is higher; an older one's maker will find that it was overtaken and give up.
 */
static bool overtaken(const struct dispatcher *dispatcher, __u32 attached)
{
	return !attached || dispatcher->prog_id < attached;
}

/* Return: how many programs are pinned in a directory, with ids to their numbers, or an errno. */
static int pinned_programs(const char *path, __u32 *ids)
{
	char pin[2 * PATH_MAX];
	int count = 0;

	for (int i = 0; i < MAX_DISPATCHER_ACTIONS; i++) {
		int fd, err;

		snprintf(pin, sizeof(pin), "%s/prog%d-prog", path, i);
		fd = bpf_obj_get(pin);
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return fd;
		err = bpf_info_prog_id(fd, &ids[count]);
		close(fd);
		if (err)
			return err;
		count++;
	}
	return count;
}

/*
 * Whether a program in it is also in the dispatcher that is attached to the interface: then both
 * are of this namespace, because each interface has its own programs. Return: 0, or a negative
 * errno.
 */
static int is_related(const struct dispatcher *dispatcher, __u32 attached, bool *related)
{
	__u32 ids[MAX_DISPATCHER_ACTIONS], attached_ids[MAX_DISPATCHER_ACTIONS];
	char path[2 * PATH_MAX];
	int count, attached_count;

	*related = false;
	snprintf(path, sizeof(path), "%s/xdp/dispatch-%d-%u", state_bpffs(), dispatcher->ifindex,
		 attached);
	count = pinned_programs(dispatcher->path, ids);
	attached_count = pinned_programs(path, attached_ids);
	if (count < 0 || attached_count < 0)
		return count < 0 ? count : attached_count;
	for (int i = 0; i < count; i++)
		for (int j = 0; j < attached_count; j++)
			*related |= ids[i] == attached_ids[j];
	return 0;
}

/* Return: 0, or a negative errno. */
static int interface_exists(int ifindex, bool *exists)
{
	char name[IF_NAMESIZE];

	*exists = if_indextoname(ifindex, name);
	return *exists || errno == ENXIO || errno == ENODEV ? 0 : -errno;
}

static int remove_pins(const struct dispatcher *dispatcher, struct pins *pins)
{
	const char *name;

	log_debug("removing %s, which is attached nowhere", dispatcher->path);
	pins_rewind(pins);
	while ((name = pins_next(pins)))
		if (is_pin(name, "-link") || is_pin(name, "-prog"))
			pins_remove(pins, name);
	return rmdir(dispatcher->path) ? -errno : 0;
}

/*
 * The interface may have been moved to another network namespace, where the other programs of
 * the dispatcher still run: only our own are taken out.
 */
static int remove_ours(const struct dispatcher *dispatcher, struct pins *pins,
		       const __u32 *counters_ids, size_t count)
{
	const char *name;
	int err = 0;

	pins_rewind(pins);
	while ((name = pins_next(pins))) {
		char link[NAME_MAX + sizeof("-link")];
		bool ours;
		int failed;

		if (!is_pin(name, "-prog"))
			continue;
		failed = is_ours(dispatcher, name, counters_ids, count, &ours);
		if (failed)
			err = failed;
		if (!ours)
			continue;
		log_debug("removing %s/%s, whose interface is gone", dispatcher->path, name);
		snprintf(link, sizeof(link), "%.*s-link", (int)(strlen(name) - strlen("-prog")),
			 name);
		pins_remove(pins, link);
		pins_remove(pins, name);
	}
	/* Fails as it should if programs of others are left. */
	rmdir(dispatcher->path);
	return err;
}

/*
 * What is to become of a dispatcher's pins, with maps of counters that it may count in. Return: 0,
 * or a negative errno.
 */
typedef int (*examine_fn)(const struct dispatcher *dispatcher, struct pins *pins,
			  const __u32 *counters_ids, size_t count);

/* What is attached must not be taken for what is not because a question was not answered. */
static int examine(const struct dispatcher *dispatcher, struct pins *pins,
		   const __u32 *counters_ids, size_t count)
{
	bool exists, incomplete, ours, related;
	__u32 attached;
	int err;

	err = xdp_attached_id(dispatcher->ifindex, &attached);
	if (err || attached == dispatcher->prog_id)
		return err;
	err = interface_exists(dispatcher->ifindex, &exists);
	if (err)
		return err;
	if (!exists)
		return remove_ours(dispatcher, pins, counters_ids, count);
	err = is_incomplete(dispatcher, pins, &incomplete);
	if (err)
		return err;
	if (incomplete)
		return remove_pins(dispatcher, pins);
	if (!overtaken(dispatcher, attached))
		return 0;
	err = holds_ours(dispatcher, pins, counters_ids, count, &ours);
	if (!err && !ours)
		err = is_related(dispatcher, attached, &related);
	if (err || !(ours || related))
		return err;
	return remove_pins(dispatcher, pins);
}

/* Return: 0, or a negative errno, with a warning printed. */
static int examine_pins(struct dispatcher *dispatcher, examine_fn function,
			const __u32 *counters_ids, size_t count)
{
	struct pins pins;
	int err = 0, failed;

	if (pins_open(&pins, dispatcher->path))
		err = function(dispatcher, &pins, counters_ids, count);
	if (err)
		log_warning("cannot remove what may be left of %s: %s", dispatcher->path,
			    strerror(-err));
	failed = pins_close(&pins);
	return err ? err : failed;
}

static int for_each_dispatcher(examine_fn function, const __u32 *counters_ids, size_t count)
{
	struct dispatcher dispatcher;
	char path[PATH_MAX];
	int err = 0, failed;
	struct pins root;
	const char *name;

	if (snprintf(path, sizeof(path), "%s/xdp", state_bpffs()) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (pins_open(&root, path) && flock(dirfd(root.dir), LOCK_EX)) {
		err = -errno;
		log_warning("cannot lock %s: %s", path, strerror(-err));
		goto out;
	}

	while (root.dir && (name = pins_next(&root))) {
		/* What libxdp pins and unpins at once, to see whether it can. */
		if (!strncmp(name, "prog-test-link-", strlen("prog-test-link-")))
			pins_remove(&root, name);
		if (sscanf(name, "dispatch-%d-%u", &dispatcher.ifindex, &dispatcher.prog_id) != 2)
			continue;
		if (snprintf(dispatcher.path, sizeof(dispatcher.path), "%s/%s", path, name) >=
		    (int)sizeof(dispatcher.path))
			continue;
		failed = examine_pins(&dispatcher, function, counters_ids, count);
		err = failed ? failed : err;
	}
out:
	failed = pins_close(&root);
	return err ? err : failed;
}

int dispatcher_pins_remove(const __u32 *counters_ids, size_t count)
{
	return for_each_dispatcher(examine, counters_ids, count);
}

int dispatcher_pins_remove_dead(__u32 counters_id)
{
	return for_each_dispatcher(remove_ours, &counters_id, 1);
}
