/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_PRINTABLE_H
#define LIB_UTIL_PRINTABLE_H

#include <stdio.h>

/*
 * printable_put() - Print a text in which a terminal finds nothing to obey: other characters than
 * those that ASCII can print come out as \xNN. Interfaces, for one, may have any byte in their
 * names.
 */
void printable_put(FILE *stream, const char *text);

#endif /* LIB_UTIL_PRINTABLE_H */
