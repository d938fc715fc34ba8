#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""kill_at.py SYSCALL COUNT COMMAND...: run a command, and kill it before it makes the system call of
that number for the COUNTth time.

As strace does it with an injected SIGKILL, but only the calls of that number stop the command. Exit
status: 0 when it was killed there, 1 when it ended before.
"""

import ctypes
import os
import signal
import struct
import sys

PTRACE_TRACEME = 0
PTRACE_CONT = 7
PTRACE_SETOPTIONS = 0x4200
PTRACE_O_TRACESECCOMP = 0x80
PTRACE_O_EXITKILL = 0x100000
PTRACE_EVENT_SECCOMP = 7
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
SECCOMP_RET_TRACE = 0x7FF00000
SECCOMP_RET_ALLOW = 0x7FFF0000

# Instructions of classic BPF, as linux/filter.h encodes them.
LOAD = 0x20
JUMP_IF_EQUAL = 0x15
RETURN = 0x06

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def check(result):
    """What libc returned, if it is no error."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def stop_at(number):
    """Have the kernel stop this process for its tracer at each system call of the number."""
    instructions = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (LOAD, 0, 0, 0),
            (JUMP_IF_EQUAL, 0, 1, number),
            (RETURN, 0, 0, SECCOMP_RET_TRACE),
            (RETURN, 0, 0, SECCOMP_RET_ALLOW),
        )
    )
    buffer = ctypes.create_string_buffer(instructions)
    program = struct.pack("HxxxxxxP", 4, ctypes.addressof(buffer))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0))


def main():
    number, count, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    pid = os.fork()
    if not pid:
        check(libc.ptrace(PTRACE_TRACEME, 0, None, None))
        os.kill(os.getpid(), signal.SIGSTOP)
        stop_at(number)
        os.execvp(command[0], command)

    os.waitpid(pid, 0)
    options = PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL
    check(libc.ptrace(PTRACE_SETOPTIONS, pid, None, options))
    started = False
    send = 0
    while True:
        check(libc.ptrace(PTRACE_CONT, pid, None, send))
        _, status = os.waitpid(pid, 0)
        send = 0
        if not os.WIFSTOPPED(status):
            return 1
        if status >> 8 == signal.SIGTRAP | PTRACE_EVENT_SECCOMP << 8:
            count -= started
            if not count:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return 0
        elif os.WSTOPSIG(status) == signal.SIGTRAP:
            started = True  # the command itself begins
        else:
            send = os.WSTOPSIG(status)


sys.exit(main())
