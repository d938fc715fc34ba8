#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Send packets of every length from the bare header to the tunnel's MTU, from A to B and back; with
--some only of those that are near an edge: of the padding, of a frame's least size, of the MTU.

Each arrives once, in order, with every byte as it was sent and two hops less. A protocol number
for experiments lets a packet be as short as its header.
"""

import argparse
import socket
import sys

from namespaces import ADDRESSES, noise, open_socket

MTU = 1420
PROTOCOL = 253  # RFC 3692
HEADER = {4: 20, 6: 40}
HOPS = 64 - 2
BATCH = 16


def receive(sock, family):
    """One packet: its payload and how many hops it has left."""
    data, ancillary, _, _ = sock.recvmsg(2048, 64)
    if family == 4:
        return data[20:], data[8]
    return data, int.from_bytes(ancillary[0][2], sys.byteorder)


def cross(source, sink, family, address, lengths):
    """Send payloads of these lengths, and receive them."""
    for length in lengths:
        source.sendto(noise(length, length), (address, 0))
    for length in lengths:
        inner = HEADER[family] + length
        try:
            payload, hops = receive(sink, family)
        except TimeoutError:
            sys.exit(f"IPv{family} to {address}: a packet of {inner} bytes did not arrive")
        if payload != noise(length, length):
            sys.exit(
                f"IPv{family} to {address}: a packet of {inner} bytes arrived "
                f"with other {len(payload)} bytes behind its header"
            )
        if hops != HOPS:
            sys.exit(f"IPv{family} to {address}: {hops} hops left at {inner} bytes, not {HOPS}")


def near_edge(length):
    """Whether one of the lengths that are worth trying."""
    return length < 72 or length % 128 in (0, 1, 15, 16, 17, 127) or length > MTU - 36


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--some", action="store_true", help="only lengths near an edge")
    arguments = parser.parse_args()

    for family in 4, 6:
        hosts = {}
        for host in "A", "B":
            hosts[host] = open_socket(host, family, socket.SOCK_RAW, PROTOCOL)
            hosts[host].settimeout(10)
            if family == 6:
                hosts[host].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        lengths = [
            inner - HEADER[family]
            for inner in range(HEADER[family], MTU + 1)
            if near_edge(inner) or not arguments.some
        ]
        for start in range(0, len(lengths), BATCH):
            batch = lengths[start : start + BATCH]
            cross(hosts["A"], hosts["B"], family, ADDRESSES[family]["B"], batch)
            cross(hosts["B"], hosts["A"], family, ADDRESSES[family]["A"], batch)
        print(len(lengths))


main()
