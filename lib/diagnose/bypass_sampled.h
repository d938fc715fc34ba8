/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_SAMPLED_H
#define LIB_DIAGNOSE_BYPASS_SAMPLED_H

#include <libmnl/libmnl.h>

/*
 * bypass_sampled_rule() - Note the chain of a rule whose statements are for each packet.
 * @message: as the kernel lists rules of nftables
 * @data: a struct bypass_search
 *
 * Return: what libmnl expects of a callback.
 */
int bypass_sampled_rule(const struct nlmsghdr *message, void *data);

#endif /* LIB_DIAGNOSE_BYPASS_SAMPLED_H */
