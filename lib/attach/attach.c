// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching and detaching at either hook.
 */
#include <errno.h>

#include <bpf/libbpf.h>

#include "attach/attach.h"
#include "attach/cpumap.h"
#include "attach/tcx.h"
#include "attach/xdp.h"
#include "program/kfuncs.h"
#include "program/object.h"
#include "util/log.h"
#include "util/netdev.h"

int attach_check_objects(const struct attach_options *options)
{
	struct bpf_object *object;
	int err;

	err = object_open(options->object, attach_options_program(options),
			  hook_prog_type(options->hook), &object);
	if (err)
		return err;
	bpf_object__close(object);
	if (options->rss.rss)
		err = cpumap_check(options->object, &options->rss);
	return err ? err : kfuncs_check(options->object);
}

int attach_check(int ifindex, const char *ifname, struct attach_options *options)
{
	int err;

	if (options->hook == HOOK_TC)
		return tcx_check(ifindex, ifname, &options->anchor);
	err = xdp_choose_mode(ifindex, ifname, &options->mode);
	if (!err && options->rss.rss && options->mode != XDP_MODE_NATIVE) {
		log_error("--rss works in native mode only, and %s would have %s mode", ifname,
			  mode_name(options->mode));
		err = -EOPNOTSUPP;
	}
	return err;
}

int attach(const struct state *state, const struct attach_options *options,
	   const struct attachment *old, struct attachment *entry, int *old_fd)
{
	if (options->hook == HOOK_TC && old) {
		*entry = *old;
		return tcx_replace(state, old, options, &entry->prog_id, old_fd);
	}
	entry->hook = options->hook;
	if (options->hook == HOOK_TC)
		return tcx_attach(state, entry->ifindex, entry->ifname, options, &entry->prog_id);
	entry->rss = options->rss.rss;
	entry->mode = options->mode;
	return xdp_attach(state, entry->ifindex, entry->ifname, options, &entry->prog_id);
}

void attach_undo(const struct attachment *entry, int old_fd)
{
	tcx_restore(entry, old_fd);
}

int detach(const struct attachment *entry)
{
	return entry->hook == HOOK_TC ? tcx_detach(entry) : xdp_detach(entry);
}
