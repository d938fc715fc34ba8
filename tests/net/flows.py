#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Send datagrams of many flows from one host to the other, each numbered within its flow.

Prints how many arrived, how many of them behind a later one of their flow, and how many never did.
One that comes twice is an error.
"""

import argparse
import socket
import struct
import sys
import time

from namespaces import ADDRESSES, open_socket

PORT = 5001
FIRST_SOURCE_PORT = 10000
# What is on its way at once fits into the queue of a device or of a CPU.
BATCH = 128
# The flow in the upper bits, and the number. NAT may give it another port than the flow's.
PAYLOAD = struct.Struct("!I")
NUMBER_BITS = 18
UDP_HEADER = struct.Struct("!HHHH")


class Flow:
    """What has arrived of one flow."""

    def __init__(self):
        self.seen = set()
        self.highest = -1
        self.late = 0

    def receive(self, number):
        """One more."""
        if number in self.seen:
            sys.exit(f"datagram {number} of a flow came twice")
        self.seen.add(number)
        self.late += number < self.highest
        self.highest = max(self.highest, number)


def send(source, address, flow, number, length):
    """One datagram of a flow, which is a source port. IPv4 needs no checksum."""
    payload = PAYLOAD.pack(flow << NUMBER_BITS | number).ljust(length, b"\0")
    header = UDP_HEADER.pack(FIRST_SOURCE_PORT + flow, PORT, UDP_HEADER.size + len(payload), 0)
    source.sendto(header + payload, (address, 0))


def drain(sink, flows, count):
    """Receive so many. Return: how many there were."""
    for received in range(count):
        try:
            payload = sink.recv(64)
        except TimeoutError:
            return received
        which = PAYLOAD.unpack_from(payload)[0]
        flows[which >> NUMBER_BITS].receive(which & ((1 << NUMBER_BITS) - 1))
    return count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", choices=("A", "B"))
    parser.add_argument("flows", type=int)
    parser.add_argument("packets", type=int, help="of each flow")
    parser.add_argument("--burst", type=int, default=1, help="so many of a flow at once")
    parser.add_argument("--batch", type=int, default=BATCH, help="so many may be on their way")
    parser.add_argument("--gap", type=float, default=0, help="seconds, between datagrams")
    parser.add_argument("--length", type=int, default=PAYLOAD.size, help="of a datagram's data")
    parser.add_argument("--lossy", action="store_true", help="do not wait long for what is lost")
    arguments = parser.parse_args()

    address = ADDRESSES[4]["B" if arguments.source == "A" else "A"]
    source = open_socket(arguments.source, 4, socket.SOCK_RAW, socket.IPPROTO_UDP)
    sink = open_socket("B" if arguments.source == "A" else "A", 4, socket.SOCK_DGRAM)
    sink.bind((address, PORT))
    sink.settimeout(0.5 if arguments.lossy else 10)

    flows = [Flow() for _ in range(arguments.flows)]
    waiting = 0
    for first in range(0, arguments.packets, arguments.burst):
        for flow in range(arguments.flows):
            for number in range(first, min(first + arguments.burst, arguments.packets)):
                send(source, address, flow, number, arguments.length)
                waiting += 1
                time.sleep(arguments.gap)
            if waiting >= arguments.batch:
                drain(sink, flows, waiting)
                waiting = 0
    drain(sink, flows, waiting)
    received = sum(len(flow.seen) for flow in flows)
    late = sum(flow.late for flow in flows)
    print(f"received {received} late {late} lost {arguments.flows * arguments.packets - received}")


main()
