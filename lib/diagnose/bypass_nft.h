/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_NFT_H
#define LIB_DIAGNOSE_BYPASS_NFT_H

#include <libmnl/libmnl.h>

#include "diagnose/bypass.h"
#include "netns/snapshot_types.h"

/*
 * bypass_nft() - Look for what netfilter does to packets, by nftables or by iptables.
 * @snapshot: about the interfaces
 * @bypass: added to
 *
 * Return: 0, or a negative errno.
 */
int bypass_nft(const struct snapshot *snapshot, struct bypass *bypass);

/*
 * bypass_nft_chain() - Add a base chain of nftables, unless it lets everything through.
 * @message: as the kernel lists chains
 * @data: a struct bypass_search
 *
 * Return: what libmnl expects of a callback.
 */
int bypass_nft_chain(const struct nlmsghdr *message, void *data);

#endif /* LIB_DIAGNOSE_BYPASS_NFT_H */
