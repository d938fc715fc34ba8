/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_NAT_H
#define LIB_DIAGNOSE_BYPASS_NAT_H

#include <libmnl/libmnl.h>

/*
 * bypass_nat_rule() - Note for the chain of a rule whether it translates packets that could go
 * fast, if it is a chain for translation that was found.
 * @message: as the kernel lists rules of nftables
 * @data: a struct bypass_search, with the snapshot
 *
 * Return: what libmnl expects of a callback.
 */
int bypass_nat_rule(const struct nlmsghdr *message, void *data);

#endif /* LIB_DIAGNOSE_BYPASS_NAT_H */
