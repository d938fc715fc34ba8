// SPDX-License-Identifier: GPL-2.0
/*
 * xdp-wg unload: detach our programs, and leave no trace of them.
 */
#include <errno.h>

#include "attach/attach.h"
#include "attach/find.h"
#include "load/reconcile.h"
#include "state/state.h"
#include "util/interfaces.h"
#include "util/log.h"
#include "command.h"

struct unload_options {
	bool all;
};

static const struct option_spec unload_option_specs[] = {
	{ 'a', "all", NULL, "unload from all interfaces", OPTION_FLAG,
	  .value = offsetof(struct unload_options, all) },
	{},
};

static int detach_from(const struct attachment_list *attached, int ifindex)
{
	int err = 0;

	/* An interrupted load -R leaves two programs on an interface. */
	for (size_t i = 0; i < attached->count; i++) {
		const struct attachment *entry = &attached->entries[i];

		if (ifindex && entry->ifindex != ifindex)
			continue;
		if (detach(entry))
			err = -EIO;
		else
			log_info("%s is unloaded from %s", attachment_program(entry),
				 entry->ifname);
	}
	return err;
}

static int unload_locked(const struct unload_options *options,
			 const struct interface_list *interfaces)
{
	struct attachment_list attached = {};
	int err;

	err = attachment_find(0, &attached);
	if (err)
		goto out;

	if (options->all) {
		if (!attached.count)
			log_info("xdp-wg is not loaded on any interface");
		err = detach_from(&attached, 0);
	}
	for (size_t i = 0; !options->all && i < interfaces->count; i++) {
		const struct interface *interface = &interfaces->entries[i];

		if (!attachment_on(&attached, interface->ifindex))
			log_info("xdp-wg is not loaded on %s", interface->name);
		else if (detach_from(&attached, interface->ifindex))
			err = -EIO;
	}
out:
	attachment_free(&attached);
	return err;
}

static int check_usage(void *values, size_t count)
{
	const struct unload_options *options = values;

	if (options->all != (count > 0))
		return 0;
	log_error("unload needs either the names of interfaces or --all");
	command_usage(&unload_command, true);
	return -EINVAL;
}

static int run(const void *values, char **names, size_t count)
{
	struct interface_list interfaces;
	struct state state;
	int unknown, err, left = 0, ended = 0;

	unknown = interfaces_resolve(names, count, &interfaces);
	err = state_lock(&state);
	if (!err) {
		err = unload_locked(values, &interfaces);
		left = reconcile_after(&state);
		ended = state_end(&state);
	}
	interfaces_free(&interfaces);
	return err || left || ended || unknown ? STATUS_FAILED : STATUS_DONE;
}

const struct command unload_command = {
	.name = "unload",
	.arguments = "IFNAME... | --all",
	.summary = "Unload the program from interfaces",
	.options = unload_option_specs,
	.values_size = sizeof(struct unload_options),
	.privileged = true,
	.check = check_usage,
	.run = run,
};
