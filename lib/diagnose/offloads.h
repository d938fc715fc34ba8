/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_OFFLOADS_H
#define LIB_DIAGNOSE_OFFLOADS_H

#include <stdbool.h>

#include <xdp/libxdp.h>

/* Offloads of an interface that change what a program sees of the packets that arrive. */

/*
 * offload_partial_checksums() - Whether packets may arrive whose checksum is yet to be computed.
 * @mode: that our program is attached in
 *
 * XDP cannot tell them from others.
 */
bool offload_partial_checksums(const char *ifname, enum xdp_attach_mode mode);

/* offload_merges() - Whether GRO merges packets before tc sees them. */
bool offload_merges(const char *ifname);

#endif /* LIB_DIAGNOSE_OFFLOADS_H */
