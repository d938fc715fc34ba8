/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DIFF_FATAL_H
#define DIFF_FATAL_H

/* fatal() - End the program: the instrument itself is broken, and nothing it would say is true. */
void fatal(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif /* DIFF_FATAL_H */
