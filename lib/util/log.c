// SPDX-License-Identifier: GPL-2.0
/*
 * Messages, and what libbpf and libxdp have to say.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "util/log.h"
#include "util/printable.h"

static enum log_level current_level = LEVEL_INFO;
static char kernel_message[256];

static const char *const level_names[] = {
	[LEVEL_ERROR] = "error", [LEVEL_WARNING] = "warning", [LEVEL_INFO] = "info",
	[LEVEL_DEBUG] = "debug", [LEVEL_VERBOSE] = "verbose",
};

static void remember_kernel_message(const char *line)
{
	static const char prefix[] = "Kernel error message: ";
	const char *start = strstr(line, prefix);

	if (!start)
		return;
	start += sizeof(prefix) - 1;
	snprintf(kernel_message, sizeof(kernel_message), "%.*s", (int)strcspn(start, "\n"), start);
}

static int print_foreign(const char *library, const char *format, va_list args)
{
	va_list copy;
	char line[512];

	va_copy(copy, args);
	vsnprintf(line, sizeof(line), format, copy);
	va_end(copy);
	remember_kernel_message(line);

	if (current_level < LEVEL_VERBOSE)
		return 0;
	/* The verifier's log is far longer than a line: print it from the original. */
	if (strncmp(line, "libbpf: ", 8) && strncmp(line, "libxdp: ", 8))
		fprintf(stderr, "%s: ", library);
	return vfprintf(stderr, format, args);
}

static int print_libbpf(enum libbpf_print_level level __attribute__((unused)), const char *format,
			va_list args)
{
	return print_foreign("libbpf", format, args);
}

static int print_libxdp(enum libxdp_print_level level __attribute__((unused)), const char *format,
			va_list args)
{
	return print_foreign("libxdp", format, args);
}

void log_init(void)
{
	current_level = LEVEL_INFO;
	libbpf_set_print(print_libbpf);
	libxdp_set_print(print_libxdp);
}

void log_level_apply(unsigned int verbose, int quiet)
{
	if (quiet)
		current_level = LEVEL_WARNING;
	else if (verbose > LEVEL_VERBOSE - LEVEL_INFO)
		current_level = LEVEL_VERBOSE;
	else
		current_level = LEVEL_INFO + verbose;
}

void log_level_set(enum log_level level)
{
	current_level = level;
}

bool log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(name, level_names[i]))
			continue;
		*level = i;
		return true;
	}
	return false;
}

enum log_level log_level(void)
{
	return current_level;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

void log_print(enum log_level level, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	if (level > current_level)
		return;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	fputs("xdp-wg: ", stderr);
	if (level != LEVEL_INFO)
		fprintf(stderr, "%s: ", log_level_name(level));
	printable_put(stderr, len < 0 ? "out of memory" : text);
	fputc('\n', stderr);
	if (len >= 0)
		free(text);
}

const char *log_kernel_message(void)
{
	return kernel_message[0] ? kernel_message : NULL;
}

void log_kernel_message_clear(void)
{
	kernel_message[0] = '\0';
}
