#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A virtual machine behind a tap of this namespace, R1, which sends B datagrams through the tunnel.

It has the tap finish checksums, or does so itself, and does it wrongly: B gets what the machine meant
where that can be known, and never something that is not right. Ends with an error if it is otherwise.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
NEEDS_CSUM = 1
PORT = 5006
TAP, MACHINE, ROUTER = "tap9", "10.3.0.2", "10.3.0.1"
TUN_CSUM, TUN_UDP = 34, 6
SLOW = int(os.environ.get("SLOW", "1"))


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def in_namespace(namespace, *command):
    return run("nsenter", f"--net=/run/netns/{namespace}", "--", *command)


def fold(data, total=0):
    """RFC 1071: not inverted."""
    if len(data) % 2:
        data += b"\0"
    total += sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def datagram(payload, checksum):
    """A datagram to B; checksum makes its checksum of the pseudo header's sum and the rest's."""
    source, dest = socket.inet_aton(MACHINE), socket.inet_aton("10.2.0.2")
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", 1234, PORT, length, 0) + payload
    pseudo = fold(source + dest + struct.pack("!HH", 17, length))
    udp = udp[:6] + struct.pack("!H", checksum(pseudo, fold(udp))) + udp[8:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 7, 0, 64, 17, 0, source, dest)
    header = header[:10] + struct.pack("!H", 0xFFFF - fold(header)) + header[12:]
    return header + udp


def finished(pseudo, rest):
    return (0xFFFF - fold(b"", pseudo + rest)) or 0xFFFF


def unfinished(pseudo, _):
    return pseudo


def wrong(pseudo, rest):
    return finished(pseudo, rest) ^ 0x0100


class Machine:
    """The tap, its machine's frames, and the socket of B that gets what comes there."""

    def __init__(self):
        self.tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(
            self.tap,
            TUNSETIFF,
            struct.pack("16sH22x", TAP.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR),
        )
        run("sysctl", "-q", "-w", f"net.ipv6.conf.{TAP}.disable_ipv6=1")
        run("ip", "addr", "add", f"{ROUTER}/24", "dev", TAP)
        run("ip", "link", "set", TAP, "up")
        run("xdp-wg", "load", "-q", TAP)
        in_namespace("R2", "ip", "route", "replace", "10.3.0.0/24", "dev", "wg0")
        in_namespace(
            "R2", "sh", "-c", "wg set wg0 peer $(wg show wg0 peers) allowed-ips "
            "10.0.0.1/32,10.1.0.0/24,10.3.0.0/24,fd00::1/128,fd00:1::/64"
        )
        address = json.loads(run("ip", "-j", "link", "show", TAP))[0]["address"]
        self.mac = bytes.fromhex(address.replace(":", ""))
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        with open("/run/netns/B", "rb") as there:
            os.setns(there.fileno(), os.CLONE_NEWNET)
        self.host = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.host.bind(("10.2.0.2", PORT))
        self.host.settimeout(2 * SLOW)
        os.setns(here, os.CLONE_NEWNET)

    def close(self):
        in_namespace(
            "R2", "sh", "-c", "wg set wg0 peer $(wg show wg0 peers) allowed-ips "
            "10.0.0.1/32,10.1.0.0/24,fd00::1/128,fd00:1::/64"
        )
        in_namespace("R2", "ip", "route", "del", "10.3.0.0/24", "dev", "wg0")
        os.close(self.tap)

    def send(self, packet, left):
        """Whether the checksum is left to the tap: the driver is told, and the program is not."""
        flags = NEEDS_CSUM if left else 0
        header = struct.pack("<BBHHHH", flags, 0, 0, 0, TUN_CSUM if left else 0, TUN_UDP)
        frame = self.mac + b"\x02\0\0\0\0\x09" + b"\x08\0" + packet
        os.write(self.tap, header + frame)

    def gets(self, payload):
        try:
            return self.host.recv(65536) == payload
        except socket.timeout:
            return False


def fast():
    return json.loads(run("xdp-wg", "status", "-j"))["counters"]["encapsulated"]["packets"]


def same_sum(length):
    """A payload whose right checksum is the pseudo header's sum, by chance."""
    zeros = bytes(length)
    found = []

    def look(pseudo, rest):
        found.append((0xFFFF - fold(b"", pseudo + rest) - pseudo) % 0xFFFF)
        return 0

    datagram(zeros, look)
    return struct.pack("!H", found[0]) + zeros[2:]


def main():
    machine = Machine()
    time.sleep(0.2)
    tried = 0
    try:
        for length in (10, 11, 64, 101, 500, 1201):
            payload = os.urandom(length)
            for checksum, left in ((unfinished, True), (finished, False)):
                before = fast()
                machine.send(datagram(payload, checksum), left)
                if not machine.gets(payload):
                    sys.exit(f"B did not get {length} bytes, {checksum.__name__}")
                if fast() != before + 1:
                    sys.exit(f"{length} bytes, {checksum.__name__}, did not go fast")
                tried += 1
            # Nobody makes it right.
            machine.send(datagram(payload, wrong), False)
        payload = same_sum(100)
        machine.send(datagram(payload, finished), False)
        if not machine.gets(payload):
            sys.exit("B did not get what has the pseudo header's sum for a checksum")
        machine.host.settimeout(0.5)
        if machine.gets(b""):
            sys.exit("B has got something else")
    finally:
        machine.close()
    print(f"{tried} datagrams")


main()
