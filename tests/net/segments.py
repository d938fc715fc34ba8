#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""TCP between A and B in both directions and families, in segments of a few bytes.

The receiver reads nothing until it has all of them: so the kernel appends one to the other where
there is room behind the data of an earlier one. Prints how many connections gave what was sent.
"""

import fcntl
import socket
import struct
import sys
import termios
import time

from namespaces import ADDRESSES, noise, open_socket

PORT = 5002
SEGMENTS = [noise(n, n % 61 + 1) for n in range(120)]
LIMIT_SECONDS = 20


def queued(sock):
    """How many bytes there are to read."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, bytes(4)))[0]


def received(source, sink, family):
    """What the sink reads."""
    listener = open_socket(sink, family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((ADDRESSES[family][sink], PORT))
    listener.listen()
    sender = open_socket(source, family, socket.SOCK_STREAM)
    sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sender.settimeout(LIMIT_SECONDS)
    sender.connect((ADDRESSES[family][sink], PORT))
    receiver, _ = listener.accept()
    for segment in SEGMENTS:
        sender.send(segment)
        time.sleep(0.002)
    length = sum(map(len, SEGMENTS))
    end = time.monotonic() + LIMIT_SECONDS
    while queued(receiver) < length and time.monotonic() < end:
        time.sleep(0.01)
    data = receiver.recv(2 * length, socket.MSG_DONTWAIT)
    for sock in sender, receiver, listener:
        sock.close()
    return data


def main():
    good = 0
    for family in ADDRESSES:
        for source, sink in ("A", "B"), ("B", "A"):
            data = received(source, sink, family)
            if data == b"".join(SEGMENTS):
                good += 1
            else:
                print(f"IPv{family} {source} to {sink}: {data[:100]}", file=sys.stderr)
    print(good)


main()
