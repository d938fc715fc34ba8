// SPDX-License-Identifier: GPL-2.0
/*
 * The differences between the fast path and the kernel's own that are wanted. The manual repeats
 * the table. What is in no frame, so that this test does not see it, is named there alone.
 */
#include <stddef.h>
#include <stdio.h>

#include "wanted.h"

static struct wanted table[] = {
	{ "A data message is accepted with a wrong outer UDP checksum: its tag proves more.",
	  MARK_UDP_CHECK, 0 },
};

#define ENTRIES (sizeof(table) / sizeof(*table))

struct wanted *wanted_find(const struct input *input)
{
	size_t i;

	for (i = 0; i < ENTRIES; i++)
		if ((input->marks & table[i].marks) == table[i].marks)
			return &table[i];
	return NULL;
}

void wanted_print(void)
{
	size_t i;

	for (i = 0; i < ENTRIES; i++)
		printf("wanted difference, seen %u times: %s\n", table[i].seen, table[i].words);
}
