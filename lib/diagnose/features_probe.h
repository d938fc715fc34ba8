/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_FEATURES_PROBE_H
#define LIB_DIAGNOSE_FEATURES_PROBE_H

#include "diagnose/features.h"

/*
 * Finding out by trying, and by asking the kernel. Nothing stays behind. They return 0 or a
 * negative errno, with a message printed; that something is missing is no error.
 */

/*
 * features_probe_kernel() - The kernel's features, and the versions of libraries.
 * @objects: paths of BPF objects, whose kfuncs are looked up; ends with NULL
 */
int features_probe_kernel(struct features *features, const char *const *objects);

/* features_probe_device() - The features of one interface. */
int features_probe_device(struct features *features, int ifindex, const char *ifname);

#endif /* LIB_DIAGNOSE_FEATURES_PROBE_H */
