// SPDX-License-Identifier: GPL-2.0
/*
 * Keeping the pins in agreement with what is attached, which is the truth.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "load/reconcile.h"
#include "attach/cpumap_stats.h"
#include "attach/find.h"
#include "attach/tcx.h"
#include "attach/veth.h"
#include "load/dead_netns.h"
#include "load/dispatcher_pins.h"
#include "load/rxvlan.h"
#include "program/config.h"
#include "program/reasons.h"
#include "state/devices.h"
#include "util/log.h"

/*
 * The map that the programs of this layout count in, 0 if there are none. Return: 0, or a negative
 * errno.
 */
static int find_shared(const struct attachment_list *attached, __u32 *id)
{
	*id = 0;
	for (size_t i = 0; i < attached->count; i++) {
		const struct attachment *entry = &attached->entries[i];
		bool fits;
		int fd;

		if (entry->mode == XDP_MODE_HW || !config_current(&entry->config))
			continue;
		fd = bpf_map_get_fd_by_id(entry->counters_id);
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return fd;
		fits = reasons_map_fits(fd);
		close(fd);
		if (fits) {
			*id = entry->counters_id;
			return 0;
		}
	}
	return 0;
}

static int pin(const struct state *state, __u32 id)
{
	char path[PATH_MAX];
	int fd, err;

	err = state_counters_path(state, path, sizeof(path));
	if (err)
		goto out;
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0) {
		err = fd;
		goto out;
	}
	err = bpf_obj_pin(fd, path);
	close(fd);
out:
	if (err)
		log_error("cannot pin the counters in %s: %s", state->dir, strerror(-err));
	return err;
}

static int first(int err, int next)
{
	return err ? err : next;
}

/* The pin leads to what was attached before and is no longer. */
static int remove_leftovers(const struct state *state, const struct attachment_list *attached)
{
	size_t count = 0;
	__u32 *ids;
	int err;

	err = veth_remove_stale();
	ids = calloc(attached->count + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	err = first(err, state_counters_id(state, &ids[count]));
	count += !!ids[count];
	for (size_t i = 0; i < attached->count; i++)
		if (attached->entries[i].counters_id)
			ids[count++] = attached->entries[i].counters_id;
	err = first(err, dispatcher_pins_remove(ids, count));
	free(ids);
	return err;
}

int reconcile_before(struct state *state, const struct attachment_list *attached)
{
	__u32 shared, pinned;
	int err;

	/* An interrupted unload's are known by the pin, which may have to go. */
	remove_leftovers(state, attached);
	err = state_prepare(state);
	if (err)
		return err;
	dead_netns_remove(state);
	tcx_remove_stale(state, attached);
	cpumap_stats_remove_stale(state, attached);
	/* Of interfaces that are gone: others may have their numbers. */
	rxvlan_restore(state, attached);
	err = find_shared(attached, &shared);
	if (!err)
		err = state_counters_id(state, &pinned);
	if (err) {
		log_error("cannot find out where packets are counted: %s", strerror(-err));
		return err;
	}
	if (shared && pinned == shared)
		return 0;
	if (pinned)
		state_remove_counters(state);
	return shared ? pin(state, shared) : 0;
}

static bool has_program(int ifindex, const void *attached)
{
	return attachment_on(attached, ifindex);
}

/* What was changed of interfaces; the map of devices is what tells them from later ones. */
static int tidy_interfaces(const struct state *state, const struct attachment_list *attached)
{
	int err;

	err = rxvlan_restore(state, attached);
	return err ? err : devices_keep(state, has_program, attached);
}

/* As much of it as can be done; without all of it, the pins that lead to the rest have to stay. */
static int tidy(const struct state *state, const struct attachment_list *attached)
{
	int err;

	err = remove_leftovers(state, attached);
	err = first(err, tcx_remove_stale(state, attached));
	err = first(err, cpumap_stats_remove_stale(state, attached));
	err = first(err, tidy_interfaces(state, attached));
	dead_netns_remove(state);
	return err || attached->count ? err : state_remove(state);
}

int reconcile_after(struct state *state)
{
	struct attachment_list attached = {};
	int err;

	err = attachment_find(0, &attached);
	if (!err) {
		err = tidy(state, &attached);
		if (err)
			log_error("something may be left of what is not attached any more (%s): "
				  "unload again",
				  strerror(-err));
	}
	attachment_free(&attached);
	return err;
}
