// SPDX-License-Identifier: GPL-2.0
/*
 * A process that is stopped at its system calls, by ptrace(2) and a filter of system calls, so that
 * all others cost nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>

#include "tracee.h"

/* What is read in longer pieces is type information, of which each page is a call. */
#define LONG_READ 65536

#define STACK_WORDS 8192

void fatal(const char *format, ...)
{
	va_list args;

	fputs("fault: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(125);
}

static void request(struct tracee *tracee, int what, unsigned long address, unsigned long data)
{
	if (ptrace(what, tracee->pid, address, data))
		fatal("ptrace request %d: %s", what, strerror(errno));
}

/* Have the kernel stop this process at the calls of the table. */
static void stop_at_calls(void)
{
	struct sock_filter filter[128] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, LONG_READ, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { .len = 6, .filter = filter };
	__u32 number;

	for (size_t i = 0; call_number(i, &number); i++) {
		if (program.len + 3U > sizeof(filter) / sizeof(filter[0]))
			fatal("the table of system calls is too long");
		filter[program.len++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
		filter[program.len++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0))
		fatal("no filter of system calls: %s", strerror(errno));
}

/* Where memory of these permissions is mapped from what has that in its name. */
static struct range find_range(pid_t pid, const char *permissions, const char *part)
{
	struct range range = {};
	char path[64], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	if (!file)
		fatal("%s: %s", path, strerror(errno));
	while (!range.end && fgets(line, sizeof(line), file)) {
		unsigned long long start, end;

		if (!strstr(line, permissions) || !strstr(line, part) ||
		    sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		range.start = start;
		range.end = end;
	}
	fclose(file);
	if (!range.end)
		fatal("%s has no %s", path, part);
	return range;
}

static bool is_in(const struct range *range, uint64_t address)
{
	return address >= range->start && address < range->end;
}

static void find_ranges(struct tracee *tracee)
{
	char link[64], path[256];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/exe", tracee->pid);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		fatal("%s: %s", link, strerror(errno));
	path[length] = '\0';
	tracee->own = find_range(tracee->pid, " r-xp ", path);
	tracee->linker = find_range(tracee->pid, " r-xp ", "/ld-linux");
	tracee->stack = find_range(tracee->pid, " rw-p ", "[stack]");
}

static bool stopped_with(const struct tracee *tracee, int event)
{
	return tracee->status >> 8 == (SIGTRAP | event << 8);
}

void tracee_start(struct tracee *tracee, char **command)
{
	/* A signal for each stop would be memory that the tracee's calls need. */
	struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };

	memset(tracee, 0, sizeof(*tracee));
	sigaction(SIGCHLD, &action, NULL);
	tracee->pid = fork();
	if (tracee->pid < 0)
		fatal("fork: %s", strerror(errno));
	if (!tracee->pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		stop_at_calls();
		execvp(command[0], command);
		fatal("%s: %s", command[0], strerror(errno));
	}
	if (waitpid(tracee->pid, &tracee->status, 0) < 0 || !WIFSTOPPED(tracee->status))
		fatal("%s does not start", command[0]);
	request(tracee, PTRACE_SETOPTIONS, 0,
		PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC |
			PTRACE_O_TRACESECCOMP);
	do {
		request(tracee, PTRACE_CONT, 0, 0);
		if (waitpid(tracee->pid, &tracee->status, 0) < 0 || !WIFSTOPPED(tracee->status))
			fatal("%s cannot be run", command[0]);
	} while (!stopped_with(tracee, PTRACE_EVENT_EXEC));
	find_ranges(tracee);
}

/* Until it has ended, or stops: at a call, for PTRACE_CONT, or at its end, for PTRACE_SYSCALL. */
static bool go_on(struct tracee *tracee, int how)
{
	unsigned long signal = 0;

	for (;;) {
		request(tracee, how, 0, signal);
		if (waitpid(tracee->pid, &tracee->status, 0) < 0)
			fatal("waitpid: %s", strerror(errno));
		if (!WIFSTOPPED(tracee->status))
			return false;
		signal = WSTOPSIG(tracee->status);
		if (stopped_with(tracee, PTRACE_EVENT_SECCOMP) || signal == (SIGTRAP | 0x80))
			return true;
		if (signal == SIGTRAP)
			signal = 0;
	}
}

static void get_info(struct tracee *tracee, struct ptrace_syscall_info *info)
{
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(*info), info) <= 0)
		fatal("no information on a system call: %s", strerror(errno));
}

bool tracee_next(struct tracee *tracee, struct call *call)
{
	struct ptrace_syscall_info info;

	do {
		if (!go_on(tracee, PTRACE_CONT))
			return false;
		get_info(tracee, &info);
		if (info.op != PTRACE_SYSCALL_INFO_SECCOMP)
			fatal("the process stopped elsewhere than at a system call");
	} while (is_in(&tracee->linker, info.instruction_pointer));
	call->number = info.seccomp.nr;
	memcpy(call->args, info.seccomp.args, sizeof(call->args));
	call->caller = info.instruction_pointer;
	call->stack = info.stack_pointer;
	return true;
}

bool tracee_finish_call(struct tracee *tracee, long *result)
{
	struct ptrace_syscall_info info;

	if (!go_on(tracee, PTRACE_SYSCALL))
		return false;
	get_info(tracee, &info);
	if (info.op != PTRACE_SYSCALL_INFO_EXIT)
		fatal("a system call has no end");
	*result = info.exit.rval;
	return true;
}

/* There is no call of number -1, and what it returned is changed to the error. */
void tracee_refuse_call(struct tracee *tracee, int error)
{
	long result;

	request(tracee, PTRACE_POKEUSER, offsetof(struct user_regs_struct, orig_rax), -1UL);
	if (!tracee_finish_call(tracee, &result))
		fatal("the process has ended in a system call");
	request(tracee, PTRACE_POKEUSER, offsetof(struct user_regs_struct, rax), -error);
}

/* It must stay traced: the filter would refuse what nobody stops at. */
void tracee_let_go(struct tracee *tracee)
{
	while (go_on(tracee, PTRACE_CONT))
		;
}

uint64_t tracee_place(const struct tracee *tracee, const struct call *call)
{
	static uint64_t words[STACK_WORDS];
	uint64_t place = call->number << 32 ^ (call->number == SYS_bpf ? call->args[0] : 0);
	size_t size = tracee->stack.end - call->stack;
	struct iovec local = { words, size < sizeof(words) ? size : sizeof(words) };
	struct iovec remote = { (void *)call->stack, local.iov_len };

	if (process_vm_readv(tracee->pid, &local, 1, &remote, 1, 0) != (ssize_t)local.iov_len)
		fatal("the stack cannot be read: %s", strerror(errno));
	for (size_t i = 0; i < local.iov_len / sizeof(words[0]); i++)
		if (is_in(&tracee->own, words[i]))
			place = (place ^ words[i]) * 1099511628211ULL;
	return place;
}
