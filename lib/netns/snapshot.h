/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_NETNS_SNAPSHOT_H
#define LIB_NETNS_SNAPSHOT_H

#include "attach/attachment.h"
#include "diagnose/diagnose.h"

/*
 * facts_collect() - Ask the kernel how this network namespace is set up.
 * @attached: our programs
 * @facts: on success, for facts_free()
 *
 * Return: 0, or a negative errno. Nothing is printed: it is only advice that is missing.
 */
int facts_collect(const struct attached_list *attached, struct survey_facts *facts);

void facts_free(struct survey_facts *facts);

#endif /* LIB_NETNS_SNAPSHOT_H */
