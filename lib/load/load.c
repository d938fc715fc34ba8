// SPDX-License-Identifier: GPL-2.0
/*
 * Loading on all interfaces or on none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/load.h"
#include "attach/attach.h"
#include "attach/find.h"
#include "load/reconcile.h"
#include "load/rxvlan.h"
#include "netns/ports.h"
#include "state/devices.h"
#include "state/state.h"
#include "util/log.h"

/* Nothing that is above ports runs XDP programs itself, but those that the stack runs. */
static int check_port(const struct load *load, const struct interface *interface)
{
	const char *kind;
	char ports[256];

	if (load->attach->hook == HOOK_TC || load->attach->mode != XDP_MODE_NATIVE ||
	    !ports_below(interface->name, &kind, ports, sizeof(ports)))
		return 0;
	log_error("%s is %s: load below it, on %s, or use --hook tc", interface->name, kind, ports);
	return -EOPNOTSUPP;
}

/* What is there may be replaced, but only at the same hook. */
static int check_old(const struct load *load, const struct interface *interface)
{
	const char *program = attach_options_program(load->attach);
	enum hook hook = load->attach->hook;
	const struct attachment *old;

	old = attachment_at(&load->before, interface->ifindex,
			    hook == HOOK_TC ? HOOK_XDP : HOOK_TC);
	if (old) {
		log_error("%s is loaded on %s, and there is nothing left to do for %s then: "
			  "unload it first",
			  attachment_program(old), interface->name, program);
		return -EBUSY;
	}
	old = attachment_at(&load->before, interface->ifindex, hook);
	if (old && !load->replace) {
		log_error("%s is already loaded on %s: use -R to replace it",
			  attachment_program(old), interface->name);
		return -EEXIST;
	}
	if (old && (hook == HOOK_TC ? !old->link_id : old->alone)) {
		log_error("%s on %s cannot be replaced, because it was attached without a %s: "
			  "unload it first",
			  attachment_program(old), interface->name,
			  hook == HOOK_TC ? "link" : "dispatcher");
		return -EBUSY;
	}
	return 0;
}

/*
 * Everything that can be refused before anything is changed. @options has an entry for each
 * interface.
 */
static int check(const struct load *load, struct attach_options *options)
{
	int err;

	for (size_t i = 0; i < load->interfaces->count; i++) {
		const struct interface *interface = &load->interfaces->entries[i];

		options[i] = *load->attach;
		err = check_old(load, interface);
		if (!err)
			err = check_port(load, interface);
		if (!err)
			err = attach_check(interface->ifindex, interface->name, &options[i]);
		if (err)
			return err;
	}
	return attach_check_objects(load->attach);
}

static int remember_all(const struct load *load, const struct state *state)
{
	int err = 0;

	for (size_t i = 0; !err && i < load->interfaces->count; i++)
		err = devices_add(state, load->interfaces->entries[i].ifindex,
				  load->interfaces->entries[i].name);
	return err;
}

static int attach_all(struct load *load, const struct state *state,
		      const struct attach_options *options)
{
	enum hook hook = load->attach->hook;
	int err;

	for (size_t i = 0; i < load->interfaces->count; i++) {
		const struct interface *interface = &load->interfaces->entries[i];
		struct attachment *entry = &load->added.entries[i];

		entry->ifindex = interface->ifindex;
		memcpy(entry->ifname, interface->name, sizeof(entry->ifname));
		if (hook == HOOK_XDP)
			rxvlan_disable(state, entry->ifindex, entry->ifname);
		err = attach(state, &options[i],
			     attachment_at(&load->before, interface->ifindex, hook), entry,
			     &load->old_fds[i]);
		if (err)
			return err;
		load->added.count++;
	}
	return 0;
}

static int detach_added(const struct load *load)
{
	struct attachment_list now = {};
	int err, failed;

	/* libxdp may have attached a program alone, where a dispatcher is not supported. */
	err = attachment_find(0, &now);
	for (size_t i = 0; i < now.count; i++) {
		for (size_t j = 0; j < load->added.count; j++) {
			if (now.entries[i].prog_id != load->added.entries[j].prog_id)
				continue;
			failed = detach(&now.entries[i]);
			err = err ? err : failed;
		}
	}
	attachment_free(&now);
	return err;
}

/* After a failure: the interfaces are left as they were. */
static void roll_back(struct load *load)
{
	size_t kept = 0;

	for (size_t i = 0; i < load->added.count; i++) {
		if (load->old_fds[i] >= 0)
			attach_undo(&load->added.entries[i], load->old_fds[i]);
		else
			load->added.entries[kept++] = load->added.entries[i];
	}
	load->added.count = kept;
	detach_added(load);
}

/* A link that has the new program now was the old one's. */
static int detach_replaced(const struct load *load)
{
	int err = 0;

	for (size_t i = 0; !err && i < load->before.count; i++) {
		const struct attachment *old = &load->before.entries[i];
		const struct attachment *new = attachment_on(&load->added, old->ifindex);

		if (new && !(new->link_id && new->link_id == old->link_id))
			err = detach(old);
	}
	return err;
}

static int load_locked(struct load *load, struct state *state, struct attach_options *options)
{
	int err;

	err = attachment_find(0, &load->before);
	if (!err)
		err = check(load, options);
	if (err)
		return err;

	err = reconcile_before(state, &load->before);
	if (!err)
		err = remember_all(load, state);
	if (!err)
		err = attach_all(load, state, options);
	if (err)
		roll_back(load);
	else if (load->replace)
		err = detach_replaced(load);
	/* The program is loaded also if what others left is still there: the next command's
	 * business. */
	reconcile_after(state);
	return err;
}

static int allocate(struct load *load, struct attach_options **options)
{
	size_t count = load->interfaces->count;

	*options = calloc(count, sizeof(**options));
	load->added.entries = calloc(count, sizeof(*load->added.entries));
	load->old_fds = malloc(count * sizeof(*load->old_fds));
	for (size_t i = 0; load->old_fds && i < count; i++)
		load->old_fds[i] = -1;
	if (!*options || !load->added.entries || !load->old_fds) {
		log_error("out of memory");
		return -ENOMEM;
	}
	return 0;
}

int load(struct load *load)
{
	struct attach_options *options = NULL;
	struct state state;
	int err;

	err = allocate(load, &options);
	if (!err)
		err = state_lock(&state);
	if (err)
		goto out;
	err = load_locked(load, &state, options);
	state_unlock(&state);
out:
	free(options);
	return err;
}

int load_remove(const struct load *load)
{
	struct state state;
	int err, left, ended;

	err = state_lock(&state);
	if (err)
		return err;
	err = detach_added(load);
	left = reconcile_after(&state);
	ended = state_end(&state);
	err = err ? err : left;
	return err ? err : ended;
}

void load_free(struct load *load)
{
	for (size_t i = 0; load->old_fds && i < load->interfaces->count; i++)
		if (load->old_fds[i] >= 0)
			close(load->old_fds[i]);
	free(load->old_fds);
	load->old_fds = NULL;
	attachment_free(&load->before);
	attachment_free(&load->added);
}
