/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_INTERFACES_H
#define LIB_UTIL_INTERFACES_H

#include <stddef.h>
#include <net/if.h>

struct interface {
	int ifindex;
	char name[IF_NAMESIZE]; /* the kernel's, whatever it was called on the command line */
};

struct interface_list {
	struct interface *entries;
	size_t count;
};

/*
 * interfaces_resolve() - Look the interfaces of the command line up, by their names or alternative
 * names. One that is given twice is in the list once.
 * @list: end with interfaces_free(), also after an error: it has those that exist
 *
 * Return: 0, or a negative errno if one does not exist, with a message printed for each.
 */
int interfaces_resolve(char **names, size_t count, struct interface_list *list);

void interfaces_free(struct interface_list *list);

#endif /* LIB_UTIL_INTERFACES_H */
