// SPDX-License-Identifier: GPL-2.0
/*
 * A library for LD_PRELOAD: the FAULT_MALLOC-th allocation of the process returns NULL. What became
 * of it is written to the file FAULT_REPORT:
 *
 *   unused TOTAL    the process made no more allocations than that
 *   used            it has failed; then, on a line each, the functions that asked for it
 *   crashed         then the functions that a signal has ended
 *   place NUMBER    with `list` for FAULT_MALLOC, where nothing fails: an allocation that comes
 * from functions that no earlier one came from
 *
 * What is allocated before main() does not count: the libraries of others do it there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#define FRAMES 24
#define PLACES 8192 /* a power of two; more than there are */

/* The C library's own. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long nth, total;
static const char *report_path;
static bool listing;
static uint64_t places[PLACES];
static bool busy = true; /* what this library itself allocates does not count */

struct frames {
	uintptr_t addresses[FRAMES];
	int count;
};

static _Unwind_Reason_Code take_frame(struct _Unwind_Context *context, void *data)
{
	struct frames *frames = data;

	if (frames->count == FRAMES)
		return _URC_END_OF_STACK;
	frames->addresses[frames->count++] = _Unwind_GetIP(context);
	return _URC_NO_REASON;
}

__attribute__((format(printf, 2, 3))) static void say(int fd, const char *format, ...)
{
	char line[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len > 0 && write(fd, line, len) < 0)
		_exit(125);
}

static void say_functions(int fd)
{
	struct frames frames = {};

	_Unwind_Backtrace(take_frame, &frames);
	for (int i = 0; i < frames.count; i++) {
		Dl_info info;
		const char *file;

		if (!dladdr((void *)frames.addresses[i], &info) || !info.dli_fname)
			continue;
		file = strrchr(info.dli_fname, '/');
		say(fd, "%s %s+0x%lx\n", file ? file + 1 : info.dli_fname,
		    info.dli_sname ? info.dli_sname : "?",
		    frames.addresses[i] - (uintptr_t)info.dli_fbase);
	}
}

static void report(const char *what, bool with_functions)
{
	int fd = open(report_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		_exit(125);
	say(fd, "%s", what);
	if (with_functions)
		say_functions(fd);
	close(fd);
}

/* Whether the functions that ask are new, by a hash of their addresses. */
static bool is_new_place(void)
{
	struct frames frames = {};
	uint64_t hash = 14695981039346656037ULL;
	size_t slot;

	_Unwind_Backtrace(take_frame, &frames);
	for (int i = 0; i < frames.count; i++)
		hash = (hash ^ frames.addresses[i]) * 1099511628211ULL;
	hash |= 1;
	for (slot = hash >> 32; places[slot % PLACES] != hash; slot++) {
		if (places[slot % PLACES])
			continue;
		places[slot % PLACES] = hash;
		return true;
	}
	return false;
}

static void crashed(int signal)
{
	busy = true;
	report("crashed\n", true);
	raise(signal);
}

__attribute__((constructor)) static void init(void)
{
	const char *number = getenv("FAULT_MALLOC");
	struct sigaction action = { .sa_handler = crashed, .sa_flags = SA_RESETHAND };

	report_path = getenv("FAULT_REPORT");
	if (!number || !report_path)
		return;
	listing = !strcmp(number, "list");
	nth = listing ? 0 : strtoul(number, NULL, 10);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGABRT, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGFPE, &action, NULL);
	busy = false;
}

__attribute__((destructor)) static void finish(void)
{
	char line[32];

	if (busy || (nth && total >= nth))
		return;
	busy = true;
	snprintf(line, sizeof(line), "unused %lu\n", total);
	report(line, false);
}

/* Whether this allocation is to fail. */
static bool fails(void)
{
	char line[32];

	if (busy || (++total != nth && !listing))
		return false;
	busy = true;
	if (!listing) {
		report("used\n", true);
	} else if (is_new_place()) {
		snprintf(line, sizeof(line), "place %lu\n", total);
		report(line, false);
	}
	busy = false;
	if (listing)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
	return fails() ? NULL : __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
	return fails() ? NULL : __libc_realloc(ptr, size);
}

void *reallocarray(void *ptr, size_t nmemb, size_t size)
{
	if (size && nmemb > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(ptr, nmemb * size);
}
