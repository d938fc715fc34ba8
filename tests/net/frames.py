#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""frames.py WAY COUNT XSK: A sends B so many datagrams that its stack does not make.

WAY is xsk, by the program XSK, or trafficgen, by xdp-trafficgen, whose frames an XDP program sends.
Ends with an error unless B gets them all.
"""

import json
import os
import re
import socket
import struct
import subprocess
import sys
import time

PORT = 5007
SLOW = int(os.environ.get("SLOW", "1"))


def in_namespace(namespace, *command, check=True, **options):
    return subprocess.run(
        ["nsenter", f"--net=/run/netns/{namespace}", "--", *command],
        check=check, stdout=subprocess.PIPE, **options
    ).stdout


def mac(namespace, name):
    links = json.loads(in_namespace(namespace, "ip", "-j", "link", "show", name))
    return links[0]["address"]


def fold(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def datagram():
    """A frame for R1 with an IPv4 datagram, whose checksums are right."""
    payload = bytes(range(100))
    source, dest = socket.inet_aton("10.1.0.2"), socket.inet_aton("10.2.0.2")
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", 1234, PORT, length, 0) + payload
    check = 0xFFFF - fold(source + dest + struct.pack("!HH", 17, length) + udp)
    udp = udp[:6] + struct.pack("!H", check or 0xFFFF) + udp[8:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 7, 0, 64, 17, 0, source, dest)
    header = header[:10] + struct.pack("!H", 0xFFFF - fold(header)) + header[12:]
    addresses = "".join((mac("R1", "r1-a"), mac("A", "a-r1"))).replace(":", "")
    return bytes.fromhex(addresses) + b"\x08\0" + header + udp


def received():
    """UDP datagrams that B's stack has taken, whether there is a socket or not, and wrong ones."""
    said = in_namespace(
        "B", "nstat", "-asz", "UdpInDatagrams", "UdpNoPorts", "Udp6InDatagrams", "Udp6NoPorts",
        "UdpInCsumErrors", "Udp6InCsumErrors", text=True
    )
    counts = dict(re.findall(r"^(\w+) +(\d+)", said, re.MULTILINE))
    wrong = sum(int(count) for name, count in counts.items() if "Csum" in name)
    return sum(int(count) for name, count in counts.items()) - wrong, wrong


def main():
    way, count, xsk = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    before, wrong_before = received()
    if way == "xsk":
        in_namespace("A", xsk, "a-r1", str(count), input=datagram())
    else:
        # Its exit status is 1 also when it has sent them all: B counts.
        in_namespace(
            "A", "xdp-trafficgen", "udp", "a-r1", "-n", str(count), "-m", mac("R1", "r1-a"),
            "-a", "fd00:2::2", "-A", "fd00:1::2", "-p", str(PORT), "-t", "1", "-l", "64",
            check=False
        )
    end = time.monotonic() + 10 * SLOW
    while received()[0] - before < count and time.monotonic() < end:
        time.sleep(0.1)
    got, wrong = received()
    if wrong != wrong_before:
        sys.exit(f"{wrong - wrong_before} datagrams came with a wrong checksum")
    if got - before < count:
        sys.exit(f"B got {got - before} of {count} datagrams ({way})")


main()
