#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Connections of the network namespace it runs in, by netlink: flush deletes them all."""

import sys

import netfilter

DELETE = 1 << 8 | 2

if sys.argv[1:] != ["flush"]:
    sys.exit("conntrack.py flush")
with netfilter.connect() as connections:
    # A request that names none is for all.
    netfilter.ask(connections, DELETE)
