#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A talks to B by TCP for some seconds, is silent for some, and says one word more: idle.py TALK IDLE.

Prints yes if that is answered, and no if not.
"""

import os
import socket
import sys
import threading
import time

from namespaces import ADDRESSES, open_socket

PORT = 5010
WORD = b"still there?"
PAUSE = 0.01
PATIENCE = 3 * int(os.environ.get("SLOW", "1"))


def answer(listener):
    """Send back what comes."""
    connection = listener.accept()[0]
    while True:
        data = connection.recv(4096)
        if not data:
            return
        connection.sendall(data)


def say(talker):
    """Return: whether it is answered."""
    talker.sendall(WORD)
    got = b""
    while len(got) < len(WORD):
        try:
            got += talker.recv(len(WORD) - len(got))
        except TimeoutError:
            return False
    return True


def main():
    talk, idle = (float(word) for word in sys.argv[1:3])
    listener = open_socket("B", 4, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # A port of its own, so that several can be silent at a time.
    listener.bind((ADDRESSES[4]["B"], PORT + int(idle)))
    listener.listen()
    threading.Thread(target=answer, args=(listener,), daemon=True).start()
    talker = open_socket("A", 4, socket.SOCK_STREAM)
    talker.settimeout(PATIENCE)
    talker.connect((ADDRESSES[4]["B"], PORT + int(idle)))
    end = time.monotonic() + talk
    while time.monotonic() < end:
        if not say(talker):
            sys.exit("A gets no answer while it talks")
        time.sleep(PAUSE)
    time.sleep(idle)
    print("yes" if say(talker) else "no")


main()
