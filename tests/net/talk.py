#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""talk.py KIND ADDRESS: A talks to B at an address of it.

KIND is tcp, udp or sctp. What is sent is random and of all sizes, and each end checks that it has
got what the other has sent; datagrams are asked for again if they are lost. Fails if they do not get
through within 30 seconds, times SLOW.
"""

import os
import random
import socket
import sys
import threading

PORT = 5005
STREAM = 400000
DATAGRAMS = 150
LARGEST = 1200
LIMIT = 30 * int(os.environ.get("SLOW", "1"))


def enter(namespace):
    with open(f"/run/netns/{namespace}", "rb") as opened:
        os.setns(opened.fileno(), os.CLONE_NEWNET)


def open_in(namespace, family, kind, protocol):
    """A socket in a namespace: it stays there."""
    made = []

    def make():
        enter(namespace)
        made.append(socket.socket(family, kind, protocol))
        made[0].settimeout(LIMIT)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


def in_pieces(sock, data):
    """Small pieces and large ones, so that packets are of all sizes."""
    sizes = random.Random(1)
    while data:
        size = sizes.choice([1, 7, 100, 536, 1000, 1348, 5000, 20000])
        sock.sendall(data[:size])
        data = data[size:]


def read_all(sock, length):
    data = b""
    while len(data) < length:
        piece = sock.recv(65536)
        if not piece:
            break
        data += piece
    return data


def stream(family, address, protocol):
    server = open_in("B", family, socket.SOCK_STREAM, protocol)
    server.bind((address, PORT))
    server.listen()
    there, back = os.urandom(STREAM), os.urandom(STREAM)
    failed = []

    def serve():
        sock, _ = server.accept()
        sock.settimeout(LIMIT)
        if read_all(sock, STREAM) != there:
            failed.append("B has not got what A has sent")
        in_pieces(sock, back)
        sock.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    client = open_in("A", family, socket.SOCK_STREAM, protocol)
    client.connect((address, PORT))
    in_pieces(client, there)
    if read_all(client, STREAM) != back:
        failed.append("A has not got what B has sent")
    client.close()
    thread.join(LIMIT)
    return failed[0] if failed else None


def datagrams(family, address):
    server = open_in("B", family, socket.SOCK_DGRAM, 0)
    server.bind((address, PORT))

    def serve():
        while True:
            data, sender = server.recvfrom(65536)
            server.sendto(data[::-1], sender)

    threading.Thread(target=serve, daemon=True).start()
    client = open_in("A", family, socket.SOCK_DGRAM, 0)
    client.connect((address, PORT))
    client.settimeout(2)
    for number in range(DATAGRAMS):
        data = number.to_bytes(4, "big") + os.urandom(number * LARGEST // DATAGRAMS)
        for _ in range(LIMIT // 2):
            client.send(data)
            try:
                answer = client.recv(65536)
            except socket.timeout:
                continue
            if answer == data[::-1]:
                break
        else:
            return f"datagram {number} was not answered"
    return None


def main():
    kind, address = sys.argv[1:]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    protocols = {"tcp": socket.IPPROTO_TCP, "sctp": socket.IPPROTO_SCTP}
    if kind in protocols:
        failed = stream(family, address, protocols[kind])
    else:
        failed = datagrams(family, address)
    if failed:
        sys.exit(f"talk: {failed}")


main()
