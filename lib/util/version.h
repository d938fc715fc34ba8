/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The version of xdp-wg. The Makefile reads it from here too.
 */
#ifndef LIB_UTIL_VERSION_H
#define LIB_UTIL_VERSION_H

#define VERSION_MAJOR 0
#define VERSION_MINOR 2
#define VERSION_PATCH 0

#define VERSION_STRING_(major, minor, patch) #major "." #minor "." #patch
#define VERSION_STRING(major, minor, patch) VERSION_STRING_(major, minor, patch)

/* For people. */
#define VERSION VERSION_STRING(VERSION_MAJOR, VERSION_MINOR, VERSION_PATCH)

/* For struct xdp_wg_config. */
#define VERSION_CODE (VERSION_MAJOR << 16 | VERSION_MINOR << 8 | VERSION_PATCH)

#endif /* LIB_UTIL_VERSION_H */
