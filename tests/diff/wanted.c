// SPDX-License-Identifier: GPL-2.0
/*
 * The differences between the fast path and the kernel's own that are known and wanted. The manual
 * repeats this table.
 */
#include <stddef.h>
#include <stdio.h>

#include "wanted.h"

static struct wanted table[] = {
	{ "A data message with a wrong outer UDP checksum is accepted: its tag proves more.",
	  MARK_UDP_CHECK, 0 },
	/* What normal.c takes out, or is not compared, since it shows in no frame. */
	{ "With an RSS program, an ICMP error quotes a checksum finished that the sender had left.",
	  0, 0 },
	{ "Packets that go fast may overtake those that pass: these wait in WireGuard's queues.", 0,
	  0 },
	{ "Captures and the kernel's protocol counters (nstat) do not see them: that is what is saved. "
	  "Netfilter and traffic control do not, where they are to be bypassed.",
	  0, 0 },
	{ "Drivers count the bytes of frames from XDP in their own way: veth adds the Ethernet header.",
	  0, 0 },
};

#define ENTRIES (sizeof(table) / sizeof(*table))

struct wanted *wanted_find(const struct input *input)
{
	size_t i;

	for (i = 0; i < ENTRIES; i++)
		if (input->marks & table[i].marks)
			return &table[i];
	return NULL;
}

void wanted_print(void)
{
	size_t i;

	for (i = 0; i < ENTRIES; i++)
		if (table[i].marks)
			printf("wanted difference, seen %u times: %s\n", table[i].seen,
			       table[i].words);
}
