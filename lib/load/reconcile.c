// SPDX-License-Identifier: GPL-2.0
/*
 * Keeping the pins in agreement with what is attached, which is the truth.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "program/config.h"
#include "program/reasons.h"
#include "attach/veth.h"
#include "load/dispatcher_pins.h"
#include "util/log.h"
#include "load/rxvlan.h"
#include "state/devices.h"
#include "attach/cpumap_stats.h"
#include "load/reconcile.h"
#include "attach/tcx.h"

static __u32 map_id(int map_fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	return bpf_map_get_info_by_fd(map_fd, &info, &len) ? 0 : info.id;
}

static __u32 pinned_id(const struct state *state)
{
	int fd = state_counters(state);
	__u32 id;

	if (fd < 0)
		return 0;
	id = map_id(fd);
	close(fd);
	return id;
}

/* The map that the programs of this layout count in, 0 if there are none. */
static __u32 shared_id(const struct attachment_list *attached)
{
	for (size_t i = 0; i < attached->count; i++) {
		const struct attachment *entry = &attached->entries[i];
		bool fits;
		int fd;

		if (entry->mode == XDP_MODE_HW || !config_current(&entry->config))
			continue;
		fd = bpf_map_get_fd_by_id(entry->counters_id);
		if (fd < 0)
			continue;
		fits = reasons_map_fits(fd);
		close(fd);
		if (fits)
			return entry->counters_id;
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

/* The pin leads to what was attached before and is no longer. */
static void remove_leftovers(const struct state *state, const struct attachment_list *attached)
{
	size_t count = 0;
	__u32 *ids;

	veth_remove_stale();
	ids = calloc(attached->count + 1, sizeof(*ids));
	if (!ids)
		return;
	ids[count] = pinned_id(state);
	count += !!ids[count];
	for (size_t i = 0; i < attached->count; i++)
		if (attached->entries[i].counters_id)
			ids[count++] = attached->entries[i].counters_id;
	dispatcher_pins_remove(ids, count);
	free(ids);
}

int reconcile_before(struct state *state, const struct attachment_list *attached)
{
	__u32 shared = shared_id(attached), pinned;
	int err;

	/* An interrupted unload's are known by the pin, which may have to go. */
	remove_leftovers(state, attached);
	err = state_prepare(state);
	if (err)
		return err;
	devices_remove_dead(state);
	tcx_remove_stale(state, attached);
	cpumap_stats_remove_stale(state, attached);
	/* Of interfaces that are gone: others may have their numbers. */
	rxvlan_restore(state, attached);
	pinned = pinned_id(state);
	if (shared && pinned == shared)
		return 0;
	if (pinned)
		state_remove_counters(state);
	return shared ? pin(state, shared) : 0;
}

void reconcile_after(struct state *state)
{
	struct attachment_list attached = {};

	if (attachment_find(0, &attached))
		return;
	remove_leftovers(state, &attached);
	tcx_remove_stale(state, &attached);
	cpumap_stats_remove_stale(state, &attached);
	rxvlan_restore(state, &attached);
	devices_keep(state, &attached);
	devices_remove_dead(state);
	if (!attached.count)
		state_remove(state);
	attachment_free(&attached);
}
