// SPDX-License-Identifier: GPL-2.0
/*
 * fault: run a command for which memory is short, once.
 *
 *   fault [-o REPORT] [-s CALLS] call N COMMAND...
 *       The N-th system call that can fail for want of memory does so, unmade: ENOMEM.
 *
 *   fault [-o REPORT] [-s CALLS] [-c CALL] memory N COMMAND...
 *       The N-th allocation that the kernel makes in system calls of the command fails, and the
 *       kernel does what it does then. This needs a kernel with fault injection. With CALL, only
 *       allocations in the system call of that number count.
 *
 *   fault [-o REPORT] [-s CALLS] list COMMAND...
 *       Nothing fails. Prints, for each system call that comes from elsewhere in the command's own
 *       code than any before it, its number, how many allocations it made if the kernel can
 *       tell, and its name.
 *
 * The dynamic linker's calls do not count. What the process does outside of system calls, where its
 * memory is filled with pages, does not either, nor what the verifier allocates: there is too much
 * of it, and all that a command sees is that a program cannot be loaded, as with `call`. With
 * CALLS, only system calls of these names count. REPORT is a file for one line:
 *
 *   used WHICH = RESULT   in which call it was, and what that returned
 *   unused TOTAL          there are no more than that, and nothing failed
 *
 * The exit status is the command's, 128 and the signal's number if one ended it, or 125 if nothing
 * of this could be done.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "calls.h"
#include "tracee.h"

#define PLACES 4096

struct fault {
	const char *report;
	const char *names;
	unsigned int only_call; /* 0 for all */
	unsigned int nth;
	bool used;
	struct call call;
	long result;
};

/* Until the next call that counts. */
static bool next(struct fault *fault, struct tracee *tracee)
{
	do {
		if (!tracee_next(tracee, &fault->call))
			return false;
	} while (fault->names && !call_is(&fault->call, fault->names));
	return true;
}

/* Return: how many calls there were. */
static unsigned int refuse_call(struct fault *fault, struct tracee *tracee)
{
	unsigned int n = 0;

	while (next(fault, tracee)) {
		if (++n < fault->nth)
			continue;
		fault->used = true;
		fault->result = -ENOMEM;
		tracee_refuse_call(tracee, ENOMEM);
		tracee_let_go(tracee);
		break;
	}
	return n;
}

/* Return: a descriptor, or -1 if the kernel has none. */
static int open_fail_nth(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	return open(path, O_RDWR | O_CLOEXEC);
}

static void write_fail_nth(int fd, unsigned int nth)
{
	char buf[16];
	int len = snprintf(buf, sizeof(buf), "%u", nth);

	if (pwrite(fd, buf, len, 0) != len)
		fatal("fail-nth cannot be written: %s", strerror(errno));
}

/* How many allocations more than now the next one that fails is away. */
static unsigned int read_fail_nth(int fd)
{
	char buf[16] = "";

	if (pread(fd, buf, sizeof(buf) - 1, 0) <= 0)
		fatal("fail-nth cannot be read: %s", strerror(errno));
	return strtoul(buf, NULL, 10);
}

/* Let the call be made, whose @nth allocation fails. Return: how many more it would have to make.
 */
static unsigned int finish_short(struct fault *fault, struct tracee *tracee, int fd,
				 unsigned int nth)
{
	write_fail_nth(fd, nth);
	if (!tracee_finish_call(tracee, &fault->result))
		fatal("the process has ended in a system call");
	nth = read_fail_nth(fd);
	write_fail_nth(fd, 0);
	return nth;
}

/* Return: how many allocations there were. */
static unsigned int refuse_memory(struct fault *fault, struct tracee *tracee)
{
	int fd = open_fail_nth(tracee->pid);
	unsigned int left = fault->nth, n = 0;

	if (fd < 0)
		fatal("this needs a kernel with fault injection");
	while (!fault->used && next(fault, tracee)) {
		n++;
		if ((fault->only_call && n != fault->only_call) || call_loads_program(&fault->call))
			continue;
		left = finish_short(fault, tracee, fd, left);
		fault->used = !left;
	}
	close(fd);
	if (fault->used)
		tracee_let_go(tracee);
	return fault->nth - left;
}

static bool is_new(uint64_t place)
{
	static uint64_t places[PLACES];
	static size_t count;

	for (size_t i = 0; i < count; i++)
		if (places[i] == place)
			return false;
	if (count == PLACES)
		fatal("the command has too many places that make system calls");
	places[count++] = place;
	return true;
}

/* Return: how many calls there were. */
static unsigned int list_calls(struct fault *fault, struct tracee *tracee)
{
	int fd = open_fail_nth(tracee->pid);
	unsigned int n = 0;
	char name[64];

	while (next(fault, tracee)) {
		unsigned int allocations = 0;

		n++;
		if (!is_new(tracee_place(tracee, &fault->call)))
			continue;
		if (fd >= 0 && !call_loads_program(&fault->call))
			allocations = INT_MAX - finish_short(fault, tracee, fd, INT_MAX);
		call_describe(&fault->call, name, sizeof(name));
		printf("%u %u %s\n", n, allocations, name);
	}
	if (fd >= 0)
		close(fd);
	return n;
}

static void report(const struct fault *fault, unsigned int total)
{
	char name[64];
	FILE *file;

	if (!fault->report)
		return;
	file = fopen(fault->report, "we");
	if (!file)
		fatal("%s: %s", fault->report, strerror(errno));
	call_describe(&fault->call, name, sizeof(name));
	if (fault->used)
		fprintf(file, "used %s = %ld\n", name, fault->result);
	else
		fprintf(file, "unused %u\n", total);
	if (fclose(file))
		fatal("%s: %s", fault->report, strerror(errno));
}

static void usage(void)
{
	fatal("usage: fault [-o REPORT] [-s CALLS] [-c CALL] call N|memory N|list COMMAND...");
}

typedef unsigned int (*run_fn)(struct fault *fault, struct tracee *tracee);

/* Which of the three, of those words that are no options. */
static run_fn parse(struct fault *fault, char ***words)
{
	const char *what = *(*words)++;

	if (!what)
		usage();
	if (!strcmp(what, "list"))
		return list_calls;
	if ((strcmp(what, "call") && strcmp(what, "memory")) || !**words)
		usage();
	fault->nth = strtoul(*(*words)++, NULL, 10);
	if (!fault->nth || fault->nth > INT_MAX)
		usage();
	return strcmp(what, "call") ? refuse_memory : refuse_call;
}

int main(int argc, char **argv)
{
	struct fault fault = {};
	struct tracee tracee;
	char **words;
	run_fn run;
	int option;

	while ((option = getopt(argc, argv, "+o:s:c:")) != -1) {
		if (option == 'o')
			fault.report = optarg;
		else if (option == 's')
			fault.names = optarg;
		else if (option == 'c')
			fault.only_call = strtoul(optarg, NULL, 10);
		else
			usage();
	}
	words = argv + optind;
	run = parse(&fault, &words);
	if (!*words)
		usage();

	tracee_start(&tracee, words);
	report(&fault, run(&fault, &tracee));
	return WIFSIGNALED(tracee.status) ? 128 + WTERMSIG(tracee.status)
					  : WEXITSTATUS(tracee.status);
}
