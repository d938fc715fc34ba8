/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_STATE_STATE_H
#define LIB_STATE_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/*
 * What xdp-wg keeps in the BPF file system: one directory for each network namespace, because
 * several may share one BPF file system, and interface indices repeat between them.
 *
 * Pins are only a means to find the counters again. What is loaded is decided by what is
 * attached, so a missing or a stale pin does no harm.
 */
struct state {
	int lock_fd; /* -1 while not locked */
	char root[PATH_MAX]; /* /sys/fs/bpf/xdp-wg */
	char dir[PATH_MAX]; /* of this network namespace */
};

/* state_bpffs() - Where the BPF file system is, for libxdp and for us. The string is static. */
const char *state_bpffs(void);

/*
 * state_check_bpffs() - Check that the BPF file system is there, without which libxdp cannot tell
 * which programs are in a dispatcher. Return: 0, or -ENOENT, with a message printed.
 */
int state_check_bpffs(void);

/*
 * state_netns_cookie() - The number that names the caller's network namespace until the machine
 * restarts. Return: 0, or a negative errno.
 */
int state_netns_cookie(__u64 *cookie);

/*
 * state_path() - The path of the directory of a network namespace, or of a pin in it.
 * @bpffs: mount point of the BPF file system
 * @pin: name of the pin, NULL for the directory
 *
 * Return: 0, or -ENAMETOOLONG.
 */
int state_path(char *buf, size_t size, const char *bpffs, __u64 cookie, const char *pin);

/*
 * state_lock() - Wait until no other xdp-wg changes anything, and lock others out.
 *
 * Creates the root directory; end with state_unlock(). The lock ends with the process, however
 * that ends. Return: 0, or a negative errno, with a message printed.
 */
int state_lock(struct state *state);

/*
 * state_unlock() - Let others in. Removes the root directory if nothing is in it. For who leaves
 * something there, it does not matter whether that could be found out.
 */
void state_unlock(struct state *state);

/*
 * state_end() - The same for who may be the last one. Return: 0, or a negative errno, with a
 * message printed, if an empty directory stays.
 */
int state_end(struct state *state);

/*
 * state_prepare() - Make the directory of this network namespace. Needs the lock.
 * Return: 0, or a negative errno, with a message printed.
 */
int state_prepare(struct state *state);

/*
 * state_counters_id() - The map id of the pinned map of counters, 0 if there is none. Needs the
 * lock. Return: 0, or a negative errno if it cannot be told.
 */
int state_counters_id(const struct state *state, __u32 *id);

/*
 * state_pin_path() - Path of a pin of this network namespace.
 * Return: 0, or -ENAMETOOLONG.
 */
int state_pin_path(const struct state *state, const char *pin, char *buf, size_t size);

/*
 * state_counters_path() - Path of the pin of the map of counters.
 * Return: 0, or -ENAMETOOLONG.
 */
int state_counters_path(const struct state *state, char *buf, size_t size);

/* state_remove_counters() - Remove the pin of the map of counters, if there is one. */
void state_remove_counters(const struct state *state);

/*
 * state_remove() - Remove the directory of this network namespace with all pins.
 * Return: 0, or a negative errno, with a warning printed.
 */
int state_remove(const struct state *state);

#endif /* LIB_STATE_STATE_H */
