// SPDX-License-Identifier: GPL-2.0
/*
 * What it means that a feature is there, or is not. features_probe.c finds out whether it is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "diagnose/features.h"
#include "util/log.h"

/* What a driver keeps free behind a frame: struct skb_shared_info, aligned. */
#define SHARED_INFO 320

int features_add(struct features *features, const struct feature *feature)
{
	struct feature *list;

	list = realloc(features->list, (features->count + 1) * sizeof(*list));
	if (!list) {
		log_error("out of memory");
		return -ENOMEM;
	}
	features->list = list;
	list[features->count++] = *feature;
	return 0;
}

struct row {
	const char *name;
	bool there;
	bool needed;
	const char *cost; /* the note if it is not there; there is none otherwise */
};

static int add_rows(struct features *features, enum feature_group group, const char *ifname,
		    const struct row *rows, size_t count)
{
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		struct feature feature = {
			.group = group,
			.there = rows[i].there,
			.needed = rows[i].needed,
		};

		snprintf(feature.ifname, sizeof(feature.ifname), "%s", ifname);
		snprintf(feature.name, sizeof(feature.name), "%s", rows[i].name);
		snprintf(feature.note, sizeof(feature.note), "%s",
			 rows[i].there ? "" : rows[i].cost);
		err = features_add(features, &feature);
	}
	return err;
}

int features_kernel(struct features *features, const struct features_kernel *kernel)
{
	const struct row rows[] = {
		{ "BPF file system", kernel->bpffs, true,
		  "nothing can be loaded: mount it (mount -t bpf bpf /sys/fs/bpf)" },
		{ "type information (BTF)", kernel->btf, true,
		  "nothing can be loaded: use a kernel with CONFIG_DEBUG_INFO_BTF" },
		{ "wireguard module", kernel->module, true,
		  "nothing can be loaded: load it (modprobe wireguard)" },
		{ "replaceable programs (freplace)", kernel->freplace, true,
		  "load needs -r none, and no other XDP program can share an interface: "
		  "use Linux 5.10 or newer" },
		{ "programs in a cpumap", kernel->cpumap, false,
		  "load needs -r none, and the work cannot be spread over CPUs: "
		  "use Linux 5.18 or newer" },
		{ "tcx", kernel->tcx, false, "no --hook tc: use Linux 6.6 or newer" },
	};

	return add_rows(features, FEATURE_KERNEL, "", rows, sizeof(rows) / sizeof(rows[0]));
}

/* Some are for programs at one hook, and others for both. */
int features_kfunc(struct features *features, const char *name, bool there)
{
	bool tc_only = strstr(name, "_skb_");
	struct row row = {
		.name = name,
		.there = there,
		.needed = !tc_only,
		.cost = "nothing can be loaded: install xdp-wg's wireguard module",
	};

	if (tc_only)
		row.cost = "no --hook tc: install xdp-wg's wireguard module";
	else if (strstr(name, "_xdp_"))
		row.cost = "no --hook xdp: install xdp-wg's wireguard module";
	return add_rows(features, FEATURE_KFUNC, "", &row, 1);
}

int features_library(struct features *features, const char *name, const char *version)
{
	struct feature feature = { .group = FEATURE_LIBRARY, .there = true };

	snprintf(feature.name, sizeof(feature.name), "%s", name);
	snprintf(feature.note, sizeof(feature.note), "%s", version);
	return features_add(features, &feature);
}

unsigned int features_linear_mtu(unsigned int page_size)
{
	return page_size - XDP_PACKET_HEADROOM - SHARED_INFO - ETH_HLEN;
}

static int add_mtu(struct features *features, const struct features_device *device)
{
	unsigned int limit = features_linear_mtu(sysconf(_SC_PAGESIZE));
	struct feature feature = { .group = FEATURE_INTERFACE };

	feature.there = device->mtu <= limit;
	feature.needed = !device->buffers;
	snprintf(feature.ifname, sizeof(feature.ifname), "%s", device->ifname);
	snprintf(feature.name, sizeof(feature.name), "frames in one buffer");
	if (feature.there)
		snprintf(feature.note, sizeof(feature.note), "MTU %u, of about %u at most",
			 device->mtu, limit);
	else if (device->buffers)
		snprintf(feature.note, sizeof(feature.note),
			 "MTU %u: packets over about %u bytes "
			 "take several buffers, and may pass to the stack",
			 device->mtu, limit);
	else
		snprintf(feature.note, sizeof(feature.note),
			 "MTU %u: the driver may refuse XDP: "
			 "use one up to about %u, or -m skb",
			 device->mtu, limit);
	return features_add(features, &feature);
}

int features_device(struct features *features, const struct features_device *device)
{
	const struct row rows[] = {
		{ "native XDP", device->native, true,
		  "load needs -m skb, which is slower, or --hook tc" },
		{ "XDP transmit", device->transmit, false,
		  "packets that leave here pass to the stack, unless they arrived at an interface "
		  "in skb mode or at the tc hook; for a VLAN interface, the one that it is on counts" },
		{ "XDP in hardware", device->hardware, false, "no -m hw" },
		{ "device-bound programs", device->bound, false,
		  "the work cannot be spread over CPUs by the interface's own hash" },
		{ "hash of received packets", device->hash, false,
		  "the work cannot be spread over CPUs by the interface's own hash" },
		{ "LRO off", !device->lro, false,
		  "the driver may refuse XDP, and merged packets pass to the stack: turn it off "
		  "(ethtool -K IFNAME lro off)" },
		{ "GRO in hardware off", !device->gro_hw, false,
		  "the driver may refuse XDP, and merged packets pass to the stack: turn it off "
		  "(ethtool -K IFNAME rx-gro-hw off)" },
	};
	struct feature driver = { .group = FEATURE_INTERFACE, .there = true, .name = "driver" };
	int err;

	snprintf(driver.ifname, sizeof(driver.ifname), "%s", device->ifname);
	snprintf(driver.note, sizeof(driver.note), "%s",
		 device->driver[0] ? device->driver : "unknown");
	err = features_add(features, &driver);
	if (!err)
		err = add_rows(features, FEATURE_INTERFACE, device->ifname, rows,
			       sizeof(rows) / sizeof(rows[0]));
	return err ? err : add_mtu(features, device);
}

bool features_suffice(const struct features *features)
{
	for (size_t i = 0; i < features->count; i++)
		if (features->list[i].needed && !features->list[i].there)
			return false;
	return true;
}

void features_free(struct features *features)
{
	free(features->list);
	features->list = NULL;
	features->count = 0;
}
