// SPDX-License-Identifier: GPL-2.0
/*
 * The interfaces given on the command line.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <net/if.h>

#include "util/interfaces.h"
#include "util/log.h"

static bool has(const struct interface_list *list, int ifindex)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].ifindex == ifindex)
			return true;
	return false;
}

int interfaces_resolve(char **names, size_t count, struct interface_list *list)
{
	int err = 0;

	list->count = 0;
	list->entries = calloc(count ? count : 1, sizeof(*list->entries));
	if (!list->entries) {
		log_error("out of memory");
		return -ENOMEM;
	}

	for (size_t i = 0; i < count; i++) {
		int ifindex = if_nametoindex(names[i]);

		if (!ifindex) {
			log_error("there is no interface %s", names[i]);
			err = -ENODEV;
		} else if (!has(list, ifindex)) {
			list->entries[list->count++] = (struct interface){ ifindex, names[i] };
		}
	}
	return err;
}

void interfaces_free(struct interface_list *list)
{
	free(list->entries);
	list->entries = NULL;
	list->count = 0;
}
