#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Accept what rules queue in the network namespace it runs in, until it is killed: queue.py NUMBER.

Prints a line when it is ready.
"""

import socket
import struct
import sys

import netfilter

QUEUE = 3 << 8
PACKET, VERDICT, CONFIG = QUEUE, QUEUE | 1, QUEUE | 2
ATTRIBUTE_COMMAND, ATTRIBUTE_PARAMETERS = 1, 2
BIND, COPY_META = 1, 1
ATTRIBUTE_PACKET, ATTRIBUTE_VERDICT = 1, 2
ACCEPT = struct.pack("!I", 1)


def main():
    number = int(sys.argv[1])
    with netfilter.connect() as netlink:
        netlink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        bind = struct.pack("!BBH", BIND, 0, 0)
        parameters = struct.pack("!IB", 0, COPY_META)
        netfilter.ask(netlink, CONFIG, number, netfilter.attribute(ATTRIBUTE_COMMAND, bind))
        netfilter.ask(
            netlink, CONFIG, number, netfilter.attribute(ATTRIBUTE_PARAMETERS, parameters)
        )
        print("ready", flush=True)
        while True:
            data = netlink.recv(1 << 16)
            for packet in netfilter.attributes_of(data, PACKET, ATTRIBUTE_PACKET):
                # Its number is first.
                verdict = netfilter.attribute(ATTRIBUTE_VERDICT, ACCEPT + packet[:4])
                netlink.send(netfilter.message(VERDICT, number, verdict))


main()
