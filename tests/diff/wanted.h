/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DIFF_WANTED_H
#define DIFF_WANTED_H

#include "input.h"

/* A difference that is known and wanted. */
struct wanted {
	const char *words; /* for the manual */
	uint16_t marks; /* inputs with one of these may differ; 0 if it shows in no frame */
	unsigned int seen;
};

/* wanted_find() - The entry for an input that was treated differently, or NULL. */
struct wanted *wanted_find(const struct input *input);

/* wanted_print() - Print the table with what was seen of it. */
void wanted_print(void);

#endif /* DIFF_WANTED_H */
