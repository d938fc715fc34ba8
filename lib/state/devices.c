// SPDX-License-Identifier: GPL-2.0
/*
 * A pinned map of devices in each network namespace, from which the kernel removes what goes away.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "load/dispatcher_pins.h"
#include "util/log.h"
#include "state/devices.h"

#define MAP_PIN "devices"
#define MAX_DEVICES 4096

static int open_map(const struct state *state)
{
	char path[PATH_MAX];
	int err;

	err = state_pin_path(state, MAP_PIN, path, sizeof(path));
	return err ? err : bpf_obj_get(path);
}

static int make_map(const struct state *state)
{
	char path[PATH_MAX];
	int fd, err;

	err = state_pin_path(state, MAP_PIN, path, sizeof(path));
	if (err)
		return err;
	fd = bpf_map_create(BPF_MAP_TYPE_DEVMAP_HASH, "xdp_wg_devices", sizeof(__u32),
			    sizeof(__u32), MAX_DEVICES, NULL);
	if (fd < 0)
		return fd;
	err = bpf_obj_pin(fd, path);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int devices_add(const struct state *state, int ifindex, const char *ifname)
{
	__u32 key = ifindex;
	int fd, err;

	fd = open_map(state);
	if (fd == -ENOENT)
		fd = make_map(state);
	err = fd < 0 ? fd : bpf_map_update_elem(fd, &key, &key, BPF_ANY);
	if (err)
		log_error("cannot remember that %s is used: %s", ifname, strerror(-err));
	if (fd >= 0)
		close(fd);
	return err;
}

bool devices_has(const struct state *state, int ifindex)
{
	__u32 key = ifindex, value;
	bool has;
	int fd;

	fd = open_map(state);
	if (fd < 0)
		return true;
	has = bpf_map_lookup_elem(fd, &key, &value) != -ENOENT;
	close(fd);
	return has;
}

void devices_keep(const struct state *state, const struct attachment_list *attached)
{
	__u32 key, next, *previous = NULL;
	int fd;

	fd = open_map(state);
	if (fd < 0)
		return;
	while (!bpf_map_get_next_key(fd, previous, &next)) {
		if (attachment_on(attached, next)) {
			key = next;
			previous = &key;
		} else if (bpf_map_delete_elem(fd, &next)) {
			break;
		}
	}
	close(fd);
}

static bool is_empty(int map_fd)
{
	__u32 key;

	return bpf_map_get_next_key(map_fd, NULL, &key) == -ENOENT;
}

static __u32 counters_id(const struct state *state)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	int fd;

	fd = state_counters(state);
	if (fd < 0)
		return 0;
	if (bpf_map_get_info_by_fd(fd, &info, &len))
		info.id = 0;
	close(fd);
	return info.id;
}

/* What was interrupted before it had pinned anything leaves an empty directory. */
static void remove_if_dead(const struct state *other)
{
	__u32 counters;
	bool dead;
	int fd;

	fd = open_map(other);
	if (fd < 0) {
		rmdir(other->dir);
		return;
	}
	dead = is_empty(fd);
	close(fd);
	if (!dead)
		return;
	log_debug("removing %s, whose interfaces are gone", other->dir);
	counters = counters_id(other);
	if (counters)
		dispatcher_pins_remove_dead(counters);
	state_remove(other);
}

void devices_remove_dead(const struct state *state)
{
	struct state other = { .lock_fd = -1 };
	struct dirent *entry;
	DIR *dir;

	dir = opendir(state->root);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int len = snprintf(other.dir, sizeof(other.dir), "%s/%s", state->root,
				   entry->d_name);

		if (!strncmp(entry->d_name, "net-", strlen("net-")) &&
		    len < (int)sizeof(other.dir) && strcmp(other.dir, state->dir))
			remove_if_dead(&other);
	}
	closedir(dir);
}
