// SPDX-License-Identifier: GPL-2.0
/*
 * The lock and the pins in the BPF file system.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include <bpf/bpf.h>

#include "state/state.h"
#include "bpf/xdp_wg.h"
#include "state/pins.h"
#include "util/bpf_info.h"
#include "util/log.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static int join(char *buf, size_t size, const char *dir, const char *name)
{
	int len = snprintf(buf, size, "%s/%s", dir, name);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

const char *state_bpffs(void)
{
	const char *dir = secure_getenv("LIBXDP_BPFFS");

	return dir ? dir : "/sys/fs/bpf";
}

int state_check_bpffs(void)
{
	const char *bpffs = state_bpffs();
	struct statfs fs;

	if (!statfs(bpffs, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC)
		return 0;
	log_error("no BPF file system is mounted at %s: mount it (mount -t bpf bpf %s); "
		  "if ip netns exec hides it, use nsenter --net=/run/netns/NAME instead",
		  bpffs, bpffs);
	return -ENOENT;
}

int state_netns_cookie(__u64 *cookie)
{
	socklen_t len = sizeof(*cookie);
	int fd, err = 0;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len))
		err = -errno;
	close(fd);
	return err;
}

int state_path(char *buf, size_t size, const char *bpffs, __u64 cookie, const char *pin)
{
	int len;

	len = snprintf(buf, size, "%s/xdp-wg/net-%" PRIu64 "%s%s", bpffs, (uint64_t)cookie,
		       pin ? "/" : "", pin ? pin : "");
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

/* The last one to leave removes the directory: a lock on a removed one locks nobody out. */
static bool lock_is_current(const struct state *state)
{
	struct stat locked, there;

	return !fstat(state->lock_fd, &locked) && !stat(state->root, &there) &&
	       locked.st_dev == there.st_dev && locked.st_ino == there.st_ino;
}

static int open_and_lock(struct state *state)
{
	bool made;
	int err;

	for (;;) {
		made = !mkdir(state->root, 0700);
		if (!made && errno != EEXIST)
			return -errno;
		state->lock_fd = open(state->root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
		if (state->lock_fd < 0) {
			if (errno == ENOENT)
				continue;
			err = -errno;
			if (made)
				rmdir(state->root);
			return err;
		}
		if (flock(state->lock_fd, LOCK_EX)) {
			err = -errno;
			if (made)
				rmdir(state->root);
			close(state->lock_fd);
			state->lock_fd = -1;
			return err;
		}
		if (lock_is_current(state))
			return 0;
		close(state->lock_fd);
	}
}

int state_lock(struct state *state)
{
	const char *bpffs = state_bpffs();
	__u64 cookie = 0;
	int err;

	state->lock_fd = -1;

	err = state_check_bpffs();
	if (err)
		return err;
	err = state_netns_cookie(&cookie);
	if (err) {
		log_error("the kernel does not tell which network namespace this is: %s",
			  strerror(-err));
		return err;
	}

	err = join(state->root, sizeof(state->root), bpffs, "xdp-wg");
	if (!err)
		err = state_path(state->dir, sizeof(state->dir), bpffs, cookie, NULL);
	if (!err)
		err = open_and_lock(state);
	if (err)
		log_error("cannot lock %s/xdp-wg: %s", bpffs, strerror(-err));
	return err;
}

static int unlock(struct state *state)
{
	int err;

	if (state->lock_fd < 0)
		return 0;
	err = rmdir(state->root) && errno != ENOTEMPTY && errno != ENOENT ? -errno : 0;
	close(state->lock_fd);
	state->lock_fd = -1;
	return err;
}

void state_unlock(struct state *state)
{
	unlock(state);
}

int state_end(struct state *state)
{
	int err = unlock(state);

	if (err)
		log_error("cannot remove %s: %s", state->root, strerror(-err));
	return err;
}

int state_prepare(struct state *state)
{
	int err;

	if (!mkdir(state->dir, 0700) || errno == EEXIST)
		return 0;
	err = -errno;
	log_error("cannot make the directory %s: %s", state->dir, strerror(-err));
	return err;
}

int state_pin_path(const struct state *state, const char *pin, char *buf, size_t size)
{
	return join(buf, size, state->dir, pin);
}

int state_counters_path(const struct state *state, char *buf, size_t size)
{
	return state_pin_path(state, XDP_WG_COUNTERS_PIN, buf, size);
}

int state_counters_id(const struct state *state, __u32 *id)
{
	char path[PATH_MAX];
	int fd, err;

	*id = 0;
	err = state_counters_path(state, path, sizeof(path));
	if (err)
		return err;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	err = bpf_info_map_id(fd, id);
	close(fd);
	return err;
}

void state_remove_counters(const struct state *state)
{
	char path[PATH_MAX];

	if (!state_counters_path(state, path, sizeof(path)) && unlink(path) && errno != ENOENT)
		log_warning("cannot remove %s: %s", path, strerror(errno));
}

int state_remove(const struct state *state)
{
	struct pins pins;
	const char *name;
	int err;

	pins_open(&pins, state->dir);
	while (pins.dir && (name = pins_next(&pins)))
		pins_remove(&pins, name);
	err = pins_close(&pins);
	if (err || !rmdir(state->dir) || errno == ENOENT)
		return err;
	err = -errno;
	log_warning("cannot remove %s: %s", state->dir, strerror(-err));
	return err;
}
