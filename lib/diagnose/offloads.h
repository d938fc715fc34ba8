/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_OFFLOADS_H
#define LIB_DIAGNOSE_OFFLOADS_H

#include <stdbool.h>

#include <xdp/libxdp.h>

/*
 * offload_unseen() - Whether the other end of a pair decides, by its offloads, if packets pass.
 * @mode: that our program is attached in
 *
 * In skb mode a program cannot see what was left to a device. Frames pass then if the other end may
 * leave something.
 */
bool offload_unseen(const char *ifname, enum xdp_attach_mode mode);

/* offload_merges() - Whether GRO merges packets before tc sees them. */
bool offload_merges(const char *ifname);

#endif /* LIB_DIAGNOSE_OFFLOADS_H */
