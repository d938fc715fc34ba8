// SPDX-License-Identifier: GPL-2.0
/*
 * The process that takes things away and brings them back (the script `change`), while kfuncs are
 * called.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests.h"
#include "tests/harness/harness.h"

static pid_t process;
static int input = -1, output = -1;
static uint32_t done;

static void run_script(const int *in, const int *out, uint32_t part)
{
	char number[32];

	snprintf(number, sizeof(number), "%" PRIu64, seed * 8 + part);
	if (dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0)
		_exit(127);
	execl(test_path("tests/fuzz/change"), "change", number, NULL);
	_exit(127);
}

void changes_begin(uint32_t part)
{
	int in[2], out[2];

	CHECK(!pipe2(in, O_CLOEXEC) && !pipe2(out, O_CLOEXEC), "no pipes");
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fflush(stdout);
	process = fork();
	CHECK(process >= 0, "no process");
	if (!process)
		run_script(in, out, part);
	close(in[0]);
	close(out[1]);
	input = in[1];
	output = out[0];
	done = 0;
}

/* Count the lines so far. Return: whether more may come. */
static bool count_lines(void)
{
	char lines[256];
	ssize_t length;

	while ((length = read(output, lines, sizeof(lines))) > 0) {
		while (length)
			done += lines[--length] == '\n';
	}
	return length < 0;
}

uint32_t changes_done(void)
{
	CHECK(count_lines(), "what was taken away did not come back");
	return done;
}

/* Return: the exit status. */
static int end(void)
{
	int status = -1;

	close(input);
	input = -1;
	waitpid(process, &status, 0);
	process = 0;
	count_lines();
	close(output);
	output = -1;
	return status;
}

void changes_end(void)
{
	CHECK(!end(), "what was taken away did not come back");
}

void changes_abort(void)
{
	if (process)
		end();
	test_shell("%s --restore", test_path("tests/fuzz/change"));
}
