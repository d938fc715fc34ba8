// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces that went away while we were loaded in them.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/dead_netns.h"
#include "load/dispatcher_pins.h"
#include "state/devices.h"
#include "state/pins.h"
#include "util/log.h"

/* What was interrupted before it had pinned anything leaves an empty directory. */
static void remove_if_dead(const struct state *other)
{
	__u32 counters;
	bool any;

	if (!devices_any(other, &any)) {
		rmdir(other->dir);
		return;
	}
	/* Without the counters' number, what they lead to could not be found any more. */
	if (any || state_counters_id(other, &counters))
		return;
	log_debug("removing %s, whose interfaces are gone", other->dir);
	if (counters)
		dispatcher_pins_remove_dead(counters);
	state_remove(other);
}

void dead_netns_remove(const struct state *state)
{
	struct state other = { .lock_fd = -1 };
	struct pins pins;
	const char *name;

	if (!pins_open(&pins, state->root))
		return;
	while ((name = pins_next(&pins))) {
		int len = snprintf(other.dir, sizeof(other.dir), "%s/%s", state->root, name);

		if (!strncmp(name, "net-", strlen("net-")) && len < (int)sizeof(other.dir) &&
		    strcmp(other.dir, state->dir))
			remove_if_dead(&other);
	}
	pins_close(&pins);
}
