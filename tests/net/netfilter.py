# SPDX-License-Identifier: GPL-2.0
"""Netlink messages to netfilter, in the network namespace of this process."""

import os
import socket
import struct
import sys

NETLINK_NETFILTER = 12
REQUEST, ACK = 1, 4
# Length, type, flags, sequence number and port.
HEADER = struct.Struct("=IHHII")
# Family, version, and what else the subsystem numbers.
GENERIC = struct.Struct("!BBH")
# Length and type.
ATTRIBUTE = struct.Struct("=HH")


def connect():
    """A socket."""
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    netlink.bind((0, 0))
    return netlink


def attribute(kind, value):
    """One, with what fills it up."""
    return ATTRIBUTE.pack(ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def message(kind, number=0, attributes=b"", flags=REQUEST):
    """A message; kind has the subsystem in its upper byte."""
    length = HEADER.size + GENERIC.size + len(attributes)
    header = HEADER.pack(length, kind, flags, 1, 0)
    return header + GENERIC.pack(socket.AF_UNSPEC, 0, number) + attributes


def ask(netlink, kind, number=0, attributes=b""):
    """Send it, and end with an error if that is not granted."""
    netlink.send(message(kind, number, attributes, REQUEST | ACK))
    error = struct.unpack_from("=i", netlink.recv(4096), HEADER.size)[0]
    if error:
        sys.exit(f"netfilter: {os.strerror(-error)}")


def attributes_of(data, kind, which):
    """Those of the type which, in all messages of a datagram that are of that kind."""
    start = 0
    while start + HEADER.size <= len(data):
        length, found = HEADER.unpack_from(data, start)[:2]
        place = start + HEADER.size + GENERIC.size
        while found == kind and place < start + length:
            size, each = ATTRIBUTE.unpack_from(data, place)
            if each == which:
                yield data[place + ATTRIBUTE.size : place + size]
            place += (size + 3) & ~3
        start += (length + 3) & ~3
