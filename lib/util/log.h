/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_UTIL_LOG_H
#define LIB_UTIL_LOG_H

#include <stdbool.h>

/* Messages go to stderr, as one line each; stdout is for data. */
enum log_level {
	LEVEL_ERROR,
	LEVEL_WARNING,
	LEVEL_INFO,
	LEVEL_DEBUG,
	LEVEL_VERBOSE, /* with everything libbpf and libxdp say */
};

/* log_init() - Show messages up to LEVEL_INFO, and take over libbpf's and libxdp's messages. */
void log_init(void);

/*
 * log_level_apply() - Raise or lower the level as the options -v and -q ask.
 * @verbose: how often -v was given
 * @quiet: -q was given, which wins, and leaves errors and warnings
 */
void log_level_apply(unsigned int verbose, int quiet);

/* log_level_set() - Show messages up to a level. */
void log_level_set(enum log_level level);

enum log_level log_level(void);

/* log_level_parse() - The opposite of log_level_name(). Return: whether there is such a level. */
bool log_level_parse(const char *name, enum log_level *level);

/* log_level_name() - "error", "warning", and so on. The string is static. */
const char *log_level_name(enum log_level level);

/* log_print() - Print one line at a level, made printable. The format needs no newline. */
void log_print(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_print(LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_print(LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_print(LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LEVEL_DEBUG, __VA_ARGS__)

/*
 * log_kernel_message() - The last reason that the kernel gave for refusing a netlink request.
 *
 * libbpf reads it from the extended acknowledgement and only prints it; this is where it can be
 * had. Return: a static string, NULL if there was none since log_kernel_message_clear().
 */
const char *log_kernel_message(void);
void log_kernel_message_clear(void);

#endif /* LIB_UTIL_LOG_H */
