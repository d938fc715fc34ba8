#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Datagrams between A and B in both directions and families, until SIGTERM.

Prints a line as soon as it has begun, and in the end one for each flow: how many were sent, how
many were lost, and how many milliseconds none came at the most. A datagram that comes twice or
with other bytes is an error.
"""

import argparse
import selectors
import signal
import socket
import sys
import time

from namespaces import ADDRESSES, noise, open_socket

PORT = 5000
HEADER = 8
SIZES = [HEADER + n * 37 % 1360 for n in range(1360)]
DRAIN_SECONDS = 10


class Flow:
    """From one host to the other."""

    def __init__(self, name, source, sink, address):
        self.name = name
        self.source = source
        self.sink = sink
        self.address = address
        self.sent = 0
        self.unsent = 0
        self.missing = set()
        self.last = time.monotonic()
        self.gap = 0.0

    def send(self):
        """One more. One that its own host cannot send is not lost on the way."""
        payload = self.sent.to_bytes(HEADER, "big")
        payload += noise(self.sent, SIZES[self.sent % len(SIZES)] - HEADER)
        try:
            self.source.sendto(payload, (self.address, PORT))
        except OSError:
            self.unsent += 1
            return
        self.missing.add(self.sent)
        self.sent += 1

    def receive(self):
        """One that has arrived."""
        try:
            payload = self.sink.recv(2048)
        except OSError:
            return  # an ICMP error for one that was sent
        number = int.from_bytes(payload[:HEADER], "big")
        if number not in self.missing:
            sys.exit(f"{self.name}: datagram {number} came twice, or was never sent")
        if payload[HEADER:] != noise(number, SIZES[number % len(SIZES)] - HEADER):
            sys.exit(f"{self.name}: datagram {number} came with other bytes")
        self.missing.remove(number)
        now = time.monotonic()
        self.gap = max(self.gap, now - self.last)
        self.last = now


def make_flows(pairs):
    """The flows of all families from host to host, with their sockets."""
    flows = []
    for family in 4, 6:
        sockets = {}
        for host in "A", "B":
            sockets[host] = open_socket(host, family, socket.SOCK_DGRAM)
            sockets[host].bind((ADDRESSES[family][host], PORT))
            sockets[host].setblocking(False)
        for source, sink in pairs:
            flows.append(
                Flow(
                    f"IPv{family} {source} to {sink}",
                    sockets[source],
                    sockets[sink],
                    ADDRESSES[family][sink],
                )
            )
    return flows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=50, help="datagrams a second and flow")
    parser.add_argument("--one-way", action="store_true", help="only from A to B")
    arguments = parser.parse_args()

    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    flows = make_flows([("A", "B")] if arguments.one_way else [("A", "B"), ("B", "A")])
    selector = selectors.DefaultSelector()
    for flow in flows:
        selector.register(flow.sink, selectors.EVENT_READ, flow)
    print("begun", flush=True)

    interval = 1 / arguments.rate
    following = time.monotonic()
    end = None
    while end is None or (time.monotonic() < end and any(flow.missing for flow in flows)):
        if ended and end is None:
            end = time.monotonic() + DRAIN_SECONDS
        wait = following - time.monotonic()
        if end is None and wait <= 0:
            for flow in flows:
                flow.send()
            following = max(following + interval, time.monotonic() - 1)
            wait = 0
        for key, _ in selector.select(max(wait, 0)):
            key.data.receive()
    for flow in flows:
        print(
            f"sent {flow.sent} lost {len(flow.missing)} gap {flow.gap * 1000:.0f} "
            f"unsent {flow.unsent} {flow.name}"
        )


main()
