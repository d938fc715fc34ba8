// SPDX-License-Identifier: GPL-2.0
/*
 * shortage: one operation of the kernel's, done again and again, with memory that fails at another
 * allocation each time. This needs a kernel with fault injection, and nobody else who uses
 * WireGuard.
 *
 *   shortage OPERATION SHARE MODULE
 *
 * SHARE is K/N for the K-th of every N allocations, or one number for that allocation alone. MODULE
 * is the file of the module. What an operation must come to, what must not be left of one that
 * failed, and that it can be repeated then, is in operations.c. The last allocation is the one
 * before that which nobody makes any more.
 *
 * Prints a line for each allocation after which something is wrong, then one for the operation, in
 * the form of tests/run, with how it ended how often. Exit status: 0 if nothing was wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "operations.h"

#define MAX_ERRNO 133

/* No operation allocates so often: then the kernel does not count. */
#define MAX_ALLOCATIONS 20000

struct share {
	unsigned int first, step; /* step 0: only the first */
};

static int fail_nth;
static unsigned int results[MAX_ERRNO];

void die(const char *format, ...)
{
	va_list args;

	fputs("shortage: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static void write_fail_nth(unsigned int nth)
{
	char buf[16];
	int len = snprintf(buf, sizeof(buf), "%u", nth);

	if (pwrite(fail_nth, buf, len, 0) != len)
		die("fail-nth cannot be written: %s", strerror(errno));
}

/* How many allocations are still to be made before one fails; none fails any more. */
static unsigned int stop_failing(void)
{
	char buf[16] = "";

	if (pread(fail_nth, buf, sizeof(buf) - 1, 0) <= 0)
		die("fail-nth cannot be read: %s", strerror(errno));
	write_fail_nth(0);
	return strtoul(buf, NULL, 10);
}

/* What came of one attempt. */
struct outcome {
	bool failed; /* the allocation */
	unsigned int made; /* allocations */
	const char *wrong; /* NULL if nothing is */
};

static struct outcome try(const struct operation *operation, unsigned int nth)
{
	struct outcome outcome;
	unsigned int left;
	int err;

	if (operation->prepare)
		operation->prepare();
	write_fail_nth(nth);
	err = operation->run();
	left = stop_failing();
	outcome.failed = !left;
	outcome.made = nth - left;
	outcome.wrong = operation->check(err);
	if (!outcome.failed && err)
		outcome.wrong = "fails although there is memory";
	if (outcome.failed && -err >= 0 && -err < MAX_ERRNO)
		results[-err]++;
	if (outcome.wrong) {
		printf("not ok faults/%s/%u - %s\n", operation->name, nth, outcome.wrong);
		fflush(stdout);
	}
	return outcome;
}

static void print_results(const struct operation *operation, unsigned int tried, unsigned int made,
			  long seconds)
{
	printf("# faults/%s: %u tried, %ld s, ", operation->name, tried, seconds);
	if (made)
		printf("of %u; ", made);
	printf("done all the same %u", results[0]);
	for (int i = 1; i < MAX_ERRNO; i++)
		if (results[i])
			printf(", %s %u", strerrorname_np(i), results[i]);
	putchar('\n');
}

/*
 * Have one fail of an operation that made fewer allocations than wanted, since where nothing fails
 * nothing is tested. The next time it may make fewer yet. Adds to failures what was wrong.
 */
static struct outcome try_fewer(const struct operation *operation, unsigned int nth,
				struct outcome outcome, unsigned int *failures)
{
	while (!outcome.failed && outcome.made) {
		nth = 1 + (nth - 1) % outcome.made;
		outcome = try(operation, nth);
		*failures += !!outcome.wrong;
	}
	return outcome;
}

/* Return: how many were wrong. */
static unsigned int try_share(const struct operation *operation, const struct share *share)
{
	unsigned int nth = share->first, tried = 0, failures = 0;
	time_t start = time(NULL);
	struct outcome outcome;

	do {
		outcome = try(operation, nth);
		failures += !!outcome.wrong;
		if (!tried && !outcome.failed && share->step) {
			outcome = try_fewer(operation, nth, outcome, &failures);
			tried += outcome.failed;
			break;
		}
		tried += outcome.failed;
		nth += share->step;
		if (nth > MAX_ALLOCATIONS)
			die("%s never ends to allocate", operation->name);
	} while (outcome.failed && share->step);
	print_results(operation, tried, outcome.failed ? 0 : outcome.made, time(NULL) - start);
	if (!tried) {
		printf("not ok faults/%s - no allocation has failed\n", operation->name);
		failures++;
	}
	return failures;
}

static bool parse_share(const char *text, struct share *share)
{
	char rest;

	if (sscanf(text, "%u/%u%c", &share->first, &share->step, &rest) == 2)
		return share->first && share->step && share->first <= share->step;
	share->step = 0;
	return sscanf(text, "%u%c", &share->first, &rest) == 1 && share->first;
}

int main(int argc, char **argv)
{
	const struct operation *operation;
	struct share share;
	unsigned int failures;

	if (argc != 4 || !parse_share(argv[2], &share))
		die("usage: shortage OPERATION K/N|NUMBER MODULE");
	operation = operation_find(argv[1]);
	if (!operation)
		die("there is no operation %s", argv[1]);
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		die("this needs a kernel with fault injection");
	operations_start(operation, argv[3]);
	failures = try_share(operation, &share);
	operations_end();
	if (!failures)
		printf("ok faults/%s\n", operation->name);
	return failures ? 1 : 0;
}
