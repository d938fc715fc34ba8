# SPDX-License-Identifier: GPL-2.0
#
# iptables.py HOOK accept|drop: set the policy of the filter table's chain for input, forward or
# output, as iptables-legacy does, which is not there. The kernel makes the table when it is first
# asked for it.

import ctypes
import socket
import struct
import sys

SO_SET_REPLACE = SO_GET_INFO = 64
SO_GET_ENTRIES = 65
VERDICTS = {"drop": -1, "accept": -2}
HOOKS = {"input": 1, "forward": 2, "output": 3}
NAME = b"filter"

# struct ipt_getinfo, and the beginnings of struct ipt_get_entries and ipt_replace. Of a struct
# ipt_entry, the offset of its target stands at 88, and of a target, the verdict at 32.
INFO = struct.Struct("32sI5I5III")
ENTRIES = struct.Struct("32sI4x")
REPLACE = struct.Struct("32sIII5I5IIQ")
TARGET = 88
VERDICT = 32
COUNTERS = 16


def get(raw, option, request):
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(request, len(request))
    length = ctypes.c_uint(len(request))
    if libc.getsockopt(raw.fileno(), socket.IPPROTO_IP, option, buffer, ctypes.byref(length)):
        raise OSError(ctypes.get_errno(), "getsockopt")
    return buffer.raw


def main():
    hook, verdict = HOOKS[sys.argv[1]], VERDICTS[sys.argv[2]]
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    fields = INFO.unpack(get(raw, SO_GET_INFO, INFO.pack(NAME, *[0] * 13)))
    hooks, underflows, count, size = fields[2:7], fields[7:12], fields[12], fields[13]
    answer = get(raw, SO_GET_ENTRIES, ENTRIES.pack(NAME, size) + bytes(size))
    entries = bytearray(answer[ENTRIES.size:])

    # The policy is the chain's last rule, which has a verdict for its target.
    rule = underflows[hook]
    target = rule + struct.unpack_from("H", entries, rule + TARGET)[0]
    struct.pack_into("i", entries, target + VERDICT, verdict)

    counters = ctypes.create_string_buffer(COUNTERS * count)
    replace = REPLACE.pack(NAME, fields[1], count, size, *hooks, *underflows, count,
                           ctypes.addressof(counters))
    raw.setsockopt(socket.IPPROTO_IP, SO_SET_REPLACE, replace + bytes(entries))


main()
