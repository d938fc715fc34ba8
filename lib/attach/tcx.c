// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching and detaching at the tcx ingress hook, where several programs follow one another
 * without anything that dispatches them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach/tcx.h"
#include "program/config.h"
#include "program/object.h"
#include "state/pins.h"
#include "util/bpf_info.h"
#include "util/log.h"

/* The kernel allows no more. */
#define MAX_PROGRAMS 64

#define PIN "tcx-"

struct programs {
	__u32 ids[MAX_PROGRAMS];
	__u32 link_ids[MAX_PROGRAMS]; /* 0: attached without a link */
	__u32 count;
};

static int query(int ifindex, struct programs *programs)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts);
	int err;

	memset(programs, 0, sizeof(*programs));
	opts.prog_ids = programs->ids;
	opts.link_ids = programs->link_ids;
	opts.count = MAX_PROGRAMS;
	err = bpf_prog_query_opts(ifindex, BPF_TCX_INGRESS, &opts);
	if (!err)
		programs->count = opts.count;
	return err;
}

static bool has_program(const struct programs *programs, __u32 id)
{
	for (__u32 i = 0; i < programs->count; i++)
		if (programs->ids[i] == id)
			return true;
	return false;
}

int tcx_check(int ifindex, const char *ifname, const struct tcx_anchor *anchor)
{
	struct programs programs;
	int err;

	err = query(ifindex, &programs);
	if (err == -EINVAL) {
		log_error("the kernel has no tcx hook: use Linux 6.6 or newer, or --hook xdp");
		return -EOPNOTSUPP;
	}
	if (err) {
		log_error("cannot find out which tc programs %s has: %s", ifname, strerror(-err));
		return err;
	}
	if (anchor->relative_id && !has_program(&programs, anchor->relative_id)) {
		log_error("%s has no program %u at tcx ingress: see bpftool net show dev %s",
			  ifname, anchor->relative_id, ifname);
		return -ENOENT;
	}
	if (programs.count == MAX_PROGRAMS) {
		log_error("%s has no free place at tcx ingress: detach another program", ifname);
		return -E2BIG;
	}
	return 0;
}

static int link_path(const struct state *state, int ifindex, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s/" PIN "%d", state->dir, ifindex);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

/* The object is for the caller to close. */
static int load_program(const struct state *state, const char *ifname,
			const struct attach_options *options, struct bpf_object **object,
			struct bpf_program **prog)
{
	char counters[PATH_MAX];
	struct xdp_wg_config config;
	int err;

	err = object_open(options->object, hook_program(HOOK_TC), hook_prog_type(HOOK_TC), object);
	if (err)
		return err;
	*prog = bpf_object__find_program_by_name(*object, hook_program(HOOK_TC));
	/* What tc redirects is sent by the stack, which needs nothing of the egress. */
	config_init(&config, options->flags | XDP_WG_SKB_MODE, options->sample);
	err = state_counters_path(state, counters, sizeof(counters));
	if (!err)
		err = object_configure(*object, &config, counters);
	if (err)
		goto out;
	err = bpf_object__load(*object);
	if (err)
		log_error("cannot load the program for %s: %s (-vv tells more)", ifname,
			  strerror(-err));
out:
	if (err)
		bpf_object__close(*object);
	return err;
}

static int program_id(const struct bpf_program *prog, __u32 *id)
{
	int err = bpf_info_prog_id(bpf_program__fd(prog), id);

	if (err)
		log_error("cannot ask for the program's id: %s", strerror(-err));
	return err;
}

int tcx_attach(const struct state *state, int ifindex, const char *ifname,
	       const struct attach_options *options, __u32 *prog_id)
{
	LIBBPF_OPTS(bpf_tcx_opts, opts);
	struct bpf_object *object;
	struct bpf_program *prog;
	struct bpf_link *link;
	char path[PATH_MAX];
	int err;

	err = load_program(state, ifname, options, &object, &prog);
	if (err)
		return err;
	err = program_id(prog, prog_id);
	if (!err)
		err = link_path(state, ifindex, path, sizeof(path));
	if (err)
		goto out;

	if (options->anchor.relative_id) {
		opts.relative_id = options->anchor.relative_id;
		opts.flags = BPF_F_ID | (options->anchor.before ? BPF_F_BEFORE : BPF_F_AFTER);
	}
	link = bpf_program__attach_tcx(prog, ifindex, &opts);
	if (!link) {
		err = -errno;
		log_error("cannot attach to %s: %s (-vv tells more)", ifname, strerror(-err));
		goto out;
	}
	err = bpf_link__pin(link, path);
	if (err)
		log_error("cannot pin the link of the program as %s: %s", path, strerror(-err));
	bpf_link__destroy(link);
out:
	bpf_object__close(object);
	return err;
}

/* Swap the program of a link, if it still is the one that we know. */
static int update(__u32 link_id, int new_fd, int old_fd)
{
	LIBBPF_OPTS(bpf_link_update_opts, opts, .flags = BPF_F_REPLACE, .old_prog_fd = old_fd);
	int link_fd, err;

	link_fd = bpf_link_get_fd_by_id(link_id);
	if (link_fd < 0)
		return link_fd;
	err = bpf_link_update(link_fd, new_fd, &opts);
	close(link_fd);
	return err;
}

int tcx_replace(const struct state *state, const struct attachment *entry,
		const struct attach_options *options, __u32 *prog_id, int *old_fd)
{
	struct bpf_object *object;
	struct bpf_program *prog;
	int err;

	err = load_program(state, entry->ifname, options, &object, &prog);
	if (err)
		return err;
	err = program_id(prog, prog_id);
	if (err)
		goto out;
	*old_fd = bpf_prog_get_fd_by_id(entry->prog_id);
	err = *old_fd < 0 ? *old_fd : update(entry->link_id, bpf_program__fd(prog), *old_fd);
	if (err)
		log_error("cannot replace the program on %s: %s", entry->ifname, strerror(-err));
	if (err && *old_fd >= 0)
		close(*old_fd);
out:
	bpf_object__close(object);
	return err;
}

void tcx_restore(const struct attachment *entry, int old_fd)
{
	int fd, err;

	fd = bpf_prog_get_fd_by_id(entry->prog_id);
	err = fd < 0 ? fd : update(entry->link_id, old_fd, fd);
	if (err)
		log_warning("cannot put the old program on %s back: %s", entry->ifname,
			    strerror(-err));
	if (fd >= 0)
		close(fd);
}

/* Someone else may have attached it without a link, or keep its link alive elsewhere. */
int tcx_detach(const struct attachment *entry)
{
	int fd, err;

	if (entry->link_id) {
		fd = bpf_link_get_fd_by_id(entry->link_id);
		err = fd < 0 ? fd : bpf_link_detach(fd);
	} else {
		fd = bpf_prog_get_fd_by_id(entry->prog_id);
		err = fd < 0 ? fd : bpf_prog_detach_opts(fd, entry->ifindex, BPF_TCX_INGRESS, NULL);
	}
	if (fd >= 0)
		close(fd);
	if (err && err != -ENOENT) {
		log_error("cannot detach from %s: %s", entry->ifname, strerror(-err));
		return err;
	}
	return 0;
}

/* Kernels without the hook have none of our programs at it, nor has an interface that is gone. */
static int query_to_find(int ifindex, const char *ifname, struct programs *programs)
{
	int err = query(ifindex, programs);

	if (err == -EINVAL || err == -ENODEV)
		return 0;
	if (err)
		log_error("cannot find out which tc programs %s has: %s", ifname, strerror(-err));
	return err;
}

int tcx_find(int ifindex, const char *ifname, struct attachment_list *list)
{
	struct programs programs;
	int err;

	err = query_to_find(ifindex, ifname, &programs);
	for (__u32 i = 0; !err && i < programs.count; i++) {
		struct attachment entry = {
			.hook = HOOK_TC,
			.ifindex = ifindex,
			.position = i + 1,
			.positions = programs.count,
			.link_id = programs.link_ids[i],
		};
		int fd;

		fd = bpf_prog_get_fd_by_id(programs.ids[i]);
		if (fd == -ENOENT)
			continue;
		if (fd < 0) {
			log_error("cannot find out which tc programs %s has: %s", ifname,
				  strerror(-fd));
			return fd;
		}
		strncpy(entry.ifname, ifname, sizeof(entry.ifname) - 1);
		err = attachment_add_ours(list, fd, &entry);
		close(fd);
	}
	return err;
}

static bool has_link(const struct attachment_list *attached, __u32 link_id)
{
	for (size_t i = 0; i < attached->count; i++)
		if (attached->entries[i].link_id == link_id)
			return true;
	return false;
}

static int is_stale(const char *path, const struct attachment_list *attached, bool *stale)
{
	__u32 link_id;
	int fd, err;

	fd = bpf_obj_get(path);
	if (fd < 0)
		return fd;
	err = bpf_info_link_id(fd, &link_id);
	close(fd);
	*stale = !err && !has_link(attached, link_id);
	return err;
}

int tcx_remove_stale(const struct state *state, const struct attachment_list *attached)
{
	int err = 0, failed;
	struct pins pins;
	const char *name;
	__u32 ifindex;

	pins_open(&pins, state->dir);
	while (pins.dir && (name = pins_next_number(&pins, PIN, &ifindex))) {
		char path[PATH_MAX];
		bool stale = false;

		failed = link_path(state, ifindex, path, sizeof(path));
		if (!failed)
			failed = is_stale(path, attached, &stale);
		if (stale)
			pins_remove(&pins, name);
		if (!failed)
			continue;
		log_warning("cannot find out what %s is: %s", path, strerror(-failed));
		err = failed;
	}
	failed = pins_close(&pins);
	return err ? err : failed;
}
