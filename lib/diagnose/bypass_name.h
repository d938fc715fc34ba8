/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_DIAGNOSE_BYPASS_NAME_H
#define LIB_DIAGNOSE_BYPASS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <libmnl/libmnl.h>

/*
 * bypass_name() - How something of nftables is called: "ip filter forward".
 * @family: NFPROTO_INET, ...
 * @table, @object: attributes with the names of the table, and of the chain or flowtable; NULL if
 *	there is none
 *
 * Return: whether it has a name here: without one, or of a family that does not matter, it has not.
 */
bool bypass_name(unsigned char family, const struct nlattr *table, const struct nlattr *object,
		 char *buf, size_t size);

#endif /* LIB_DIAGNOSE_BYPASS_NAME_H */
