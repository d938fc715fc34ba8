// SPDX-License-Identifier: GPL-2.0
/*
 * The list of cases, and how one fails.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

struct test {
	char *name;
	void (*run)(const void *arg);
	const void *arg;
	struct test *next;
	bool wanted;
};

static struct test *tests, **tests_end = &tests;
static jmp_buf failed;
static char why[1024];

void test_add(void (*run)(const void *arg), const void *arg, const char *format, ...)
{
	struct test *test = calloc(1, sizeof(*test));
	va_list args;

	va_start(args, format);
	if (!test || vasprintf(&test->name, format, args) < 0)
		abort();
	va_end(args);
	test->run = run;
	test->arg = arg;
	*tests_end = test;
	tests_end = &test->next;
}

void test_fail(const char *file, int line, const char *format, ...)
{
	const char *base = strrchr(file, '/');
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	if (length >= 0 && (size_t)length < sizeof(why))
		snprintf(why + length, sizeof(why) - length, " (%s:%d)", base ? base + 1 : file,
			 line);
	longjmp(failed, 1);
}

void test_check_bytes(const char *file, int line, const char *what, const void *actual,
		      const void *expected, size_t length)
{
	const unsigned char *a = actual, *e = expected;
	size_t i;

	for (i = 0; i < length; i++) {
		if (a[i] != e[i])
			test_fail(file, line, "%s: byte %zu of %zu is %02x, not %02x", what, i,
				  length, a[i], e[i]);
	}
}

const char *test_shell_output(const char *format, ...)
{
	static char output[16384];
	char *command;
	va_list args;
	size_t length;
	FILE *pipe;

	va_start(args, format);
	if (vasprintf(&command, format, args) < 0)
		abort();
	va_end(args);
	pipe = popen(command, "r");
	if (!pipe)
		FAIL("cannot run: %s", command);
	length = fread(output, 1, sizeof(output) - 1, pipe);
	output[length] = 0;
	if (pclose(pipe))
		FAIL("command failed: %s", command);
	free(command);
	return output;
}

void test_shell(const char *format, ...)
{
	char *command;
	va_list args;

	va_start(args, format);
	if (vasprintf(&command, format, args) < 0)
		abort();
	va_end(args);
	test_shell_output("%s", command);
	free(command);
}

const char *test_path(const char *relative)
{
	static char path[PATH_MAX];
	ssize_t length;
	int up;

	length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length < 0)
		abort();
	path[length] = 0;
	/* The programs are in the directories of tests/. */
	for (up = 0; up < 3; up++)
		*strrchr(path, '/') = 0;
	length = strlen(path);
	snprintf(path + length, sizeof(path) - length, "/%s", relative);
	return path;
}

static bool run_one(const struct test *test, void (*before)(void))
{
	if (setjmp(failed)) {
		printf("not ok %s - %s\n", test->name, why);
		fflush(stdout);
		return false;
	}
	before();
	test->run(test->arg);
	printf("ok %s\n", test->name);
	fflush(stdout);
	return true;
}

static struct test *find(const char *name)
{
	struct test *test;

	for (test = tests; test; test = test->next) {
		if (!strcmp(test->name, name))
			return test;
	}
	return NULL;
}

/* Mark the cases that the arguments name. */
static int select_tests(int argc, char **argv)
{
	struct test *test;
	int i;

	for (test = tests; test; test = test->next)
		test->wanted = argc < 2;
	for (i = 1; i < argc; i++) {
		test = find(argv[i]);
		if (!test) {
			fprintf(stderr, "%s: there is no test of that name; --list shows them\n",
				argv[i]);
			return 2;
		}
		test->wanted = true;
	}
	return 0;
}

/* A failure here is everybody's, and told once. */
static bool prepared(const char *program, void (*prepare)(void))
{
	const char *base = strrchr(program, '/');

	if (!setjmp(failed)) {
		prepare();
		return true;
	}
	printf("not ok %s - preparing: %s\n", base ? base + 1 : program, why);
	return false;
}

bool test_take_full(int *argc, char ***argv)
{
	if (*argc < 2 || strcmp((*argv)[1], "--full"))
		return false;
	(*argv)[1] = (*argv)[0];
	(*argv)++;
	(*argc)--;
	return true;
}

int test_main(int argc, char **argv, void (*prepare)(void), void (*before)(void),
	      void (*restore)(void))
{
	struct test *test;
	int status = 0;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (test = tests; test; test = test->next)
			puts(test->name);
		return 0;
	}
	status = select_tests(argc, argv);
	if (status)
		return status;
	if (!prepared(argv[0], prepare))
		return 1;
	for (test = tests; test; test = test->next) {
		if (!test->wanted || run_one(test, before))
			continue;
		status = 1;
		if (!setjmp(failed))
			restore();
	}
	return status;
}
