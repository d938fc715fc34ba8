// SPDX-License-Identifier: GPL-2.0
/*
 * Texts that others have chosen, made safe to look at.
 */
#include "util/printable.h"

void printable_put(FILE *stream, const char *text)
{
	for (; *text; text++) {
		unsigned char byte = *text;

		if (byte >= ' ' && byte <= '~')
			fputc(byte, stream);
		else
			fprintf(stream, "\\x%02x", byte);
	}
}
