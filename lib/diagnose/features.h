/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_FEATURES_H
#define LIB_DIAGNOSE_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <net/if.h>
#include <linux/types.h>

/*
 * What the machine has of all that xdp-wg can make use of, and what it means. features_probe.h has
 * what finds out.
 */

enum feature_group {
	FEATURE_KERNEL,
	FEATURE_KFUNC,
	FEATURE_LIBRARY,
	FEATURE_INTERFACE,
};

struct feature {
	enum feature_group group;
	char ifname[IF_NAMESIZE]; /* of an interface's */
	char name[64];
	bool there;
	bool needed; /* `load` with default options does not work without it */
	char note[192]; /* a detail of what is there, or what it costs that it is not */
};

struct features {
	struct feature *list;
	size_t count;
};

/* What the kernel has, apart from kfuncs. */
struct features_kernel {
	bool bpffs;
	bool btf;
	bool module; /* wireguard is loaded */
	bool freplace; /* programs that replace functions of others, as libxdp's components do */
	bool cpumap; /* programs in a cpumap */
	bool tcx;
};

/* What an interface has. */
struct features_device {
	char ifname[IF_NAMESIZE];
	char driver[32];
	unsigned int mtu;
	bool native;
	bool transmit; /* frames that XDP redirects to it */
	bool hardware; /* runs XDP programs itself */
	bool buffers; /* hands a frame in several buffers to XDP */
	bool bound; /* runs programs that are bound to it */
	bool hash; /* tells such a program the hash of a packet */
	bool lro; /* is turned on */
	bool gro_hw; /* likewise */
};

/*
 * features_add() - Add a copy of a feature.
 * Return: 0, or -ENOMEM, with a message printed.
 */
int features_add(struct features *features, const struct feature *feature);

/* These add the features that were probed, with what they mean. Return: as features_add(). */
int features_kernel(struct features *features, const struct features_kernel *kernel);
int features_kfunc(struct features *features, const char *name, bool there);
int features_library(struct features *features, const char *name, const char *version);
int features_device(struct features *features, const struct features_device *device);

/* features_suffice() - Whether `load` with default options would work. */
bool features_suffice(const struct features *features);

/*
 * features_linear_mtu() - The largest MTU whose frames XDP gets in one buffer, as most drivers
 * lay it out: a page with headroom in front and the kernel's record of fragments behind.
 */
unsigned int features_linear_mtu(unsigned int page_size);

void features_free(struct features *features);

#endif /* LIB_DIAGNOSE_FEATURES_H */
