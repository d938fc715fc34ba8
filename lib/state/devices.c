// SPDX-License-Identifier: GPL-2.0
/*
 * A pinned map of devices in each network namespace, from which the kernel removes what goes away.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "state/devices.h"
#include "util/log.h"

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

/* Return: 0, or a negative errno, -ENOENT if that was the last one. */
static int keep_next(int fd, __u32 **previous, __u32 *key, devices_keep_fn keep, const void *data)
{
	__u32 next;
	int err;

	err = bpf_map_get_next_key(fd, *previous, &next);
	if (err)
		return err;
	if (!keep(next, data)) {
		err = bpf_map_delete_elem(fd, &next);
		/* The kernel may have taken it out itself. */
		return err == -ENOENT ? 0 : err;
	}
	*key = next;
	*previous = key;
	return 0;
}

int devices_keep(const struct state *state, devices_keep_fn keep, const void *data)
{
	__u32 key, *previous = NULL;
	int fd, err;

	fd = open_map(state);
	err = fd < 0 ? fd : 0;
	while (!err)
		err = keep_next(fd, &previous, &key, keep, data);
	if (fd >= 0)
		close(fd);
	if (err == -ENOENT)
		return 0;
	log_warning("cannot forget which interfaces were used: %s", strerror(-err));
	return err;
}

bool devices_any(const struct state *state, bool *any)
{
	__u32 key;
	int fd;

	fd = open_map(state);
	if (fd < 0)
		return false;
	*any = bpf_map_get_next_key(fd, NULL, &key) != -ENOENT;
	close(fd);
	return true;
}
