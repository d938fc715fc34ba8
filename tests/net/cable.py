#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A cable between two taps, r1-r2 in R1 and r2-r1 in R2, until it is killed.

Frames are written by somebody who waits until they are taken, as most of those do who have a tap
and no vhost: then the kernel makes an skb of each frame before a program sees it. Prints a line as
soon as the taps are there.
"""

import fcntl
import os
import struct
import threading

TUNSETIFF = 0x400454CA
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000


def tap(router, name):
    """A new one in the network namespace of a router."""
    with open(f"/run/netns/{router}", "rb") as namespace:
        os.setns(namespace.fileno(), os.CLONE_NEWNET)
    opened = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(opened, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return opened


def carry(source, sink):
    """Each frame from one end to the other. An end that is down loses it, as a cable would."""
    while True:
        frame = os.read(source, 65536)
        try:
            os.write(sink, frame)
        except OSError:
            pass


def main():
    ends = [tap("R1", "r1-r2"), tap("R2", "r2-r1")]
    threads = [threading.Thread(target=carry, args=pair) for pair in (ends, ends[::-1])]
    for thread in threads:
        thread.start()
    print("begun", flush=True)


main()
