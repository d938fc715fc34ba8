# SPDX-License-Identifier: GPL-2.0
"""Sockets in the hosts of the network, all of one process, and payloads that can be verified."""

import os
import socket

ADDRESSES = {
    4: {"A": "10.1.0.2", "B": "10.2.0.2"},
    6: {"A": "fd00:1::2", "B": "fd00:2::2"},
}
SO_RCVBUFFORCE = 33
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}

# Any byte of it can follow any other, so that a piece in the wrong place is noticed.
NOISE = bytes((n * n * 7 + n * 31 + (n >> 8) * 13) & 0xFF for n in range(1 << 16))


def open_socket(host, family, kind, protocol=0):
    """A socket of the family 4 or 6 in a host: it stays there."""
    with open(f"/run/netns/{host}", "rb") as namespace:
        os.setns(namespace.fileno(), os.CLONE_NEWNET)
    opened = socket.socket(FAMILIES[family], kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    return opened


def noise(number, length):
    """The bytes that belong to a number."""
    start = number * 97 % (len(NOISE) - 2048)
    return NOISE[start : start + length]
