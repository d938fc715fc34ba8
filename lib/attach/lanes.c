// SPDX-License-Identifier: GPL-2.0
/*
 * The maps by which the CPUs tell each other how far their queues are; see bpf/rss_lanes.h.
 */
#include <errno.h>
#include <string.h>

#include "attach/lanes.h"
#include "bpf/xdp_wg.h"
#include "util/log.h"

int lanes_share(const struct bpf_object *datapath, struct bpf_object *object)
{
	static const char *const names[] = { XDP_WG_LANES_MAP, XDP_WG_BATCHES_MAP };
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(names) / sizeof(names[0]); i++) {
		struct bpf_map *owned = bpf_object__find_map_by_name(datapath, names[i]);
		struct bpf_map *map = bpf_object__find_map_by_name(object, names[i]);

		if (map)
			err = owned ? bpf_map__reuse_fd(map, bpf_map__fd(owned)) : -ENOENT;
	}
	if (err)
		log_error("cannot share the maps of the queues: %s", strerror(-err));
	return err;
}
