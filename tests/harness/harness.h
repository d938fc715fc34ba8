/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_HARNESS_HARNESS_H
#define TESTS_HARNESS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A test program is a list of cases. Each prints one line, `ok NAME` or `not ok NAME - why`; the
 * first check that fails ends its case. A case that was not run is never reported as passed.
 */

/*
 * test_add() - Add a case. Cases run in the order in which they were added.
 * @run: gets @arg; returns for success and calls test_fail(), or a check, for failure
 * @format: of the name
 */
void test_add(void (*run)(const void *arg), const void *arg, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * test_take_full() - Take --full from the beginning of the arguments.
 * Return: whether it was there: cases that take long are to be added, too.
 */
bool test_take_full(int *argc, char ***argv);

/*
 * test_main() - Run the cases that are named on the command line, or all; or print their names
 * with --list.
 * @prepare: runs once before the first case; when it fails, no case runs and the
 *           program has failed once
 * @before: runs before each case, as part of it
 * @restore: runs after a case that failed, to undo what it left half done
 *
 * Return: the program's exit status: 0 when all passed, 1 if not, 2 for an unknown name.
 */
int test_main(int argc, char **argv, void (*prepare)(void), void (*before)(void),
	      void (*restore)(void));

/* test_fail() - End the running case as failed. */
void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

/* CHECK() - Fail the case with its own words unless a condition holds. */
#define CHECK(condition, ...)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			FAIL(__VA_ARGS__);                                                         \
	} while (0)

/* CHECK_EQ() - Fail the case unless two integers are equal. */
#define CHECK_EQ(actual, expected)                                                                 \
	do {                                                                                       \
		long long actual_ = (actual), expected_ = (expected);                              \
		if (actual_ != expected_)                                                          \
			FAIL("%s is %lld, not %lld", #actual, actual_, expected_);                 \
	} while (0)

/* test_check_bytes() - Fail the case unless memory is as expected; tells where it is not. */
void test_check_bytes(const char *file, int line, const char *what, const void *actual,
		      const void *expected, size_t length);

#define CHECK_BYTES(what, actual, expected, length)                                                \
	test_check_bytes(__FILE__, __LINE__, what, actual, expected, length)

/* test_shell() - Run a shell command in the current namespace; its failure is the case's. */
void test_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* test_shell_output() - The same, and give back what it prints, in a static buffer. */
const char *test_shell_output(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* test_path() - Path of a file of the tree, relative to its top, in a static buffer. */
const char *test_path(const char *relative);

#endif /* TESTS_HARNESS_HARNESS_H */
