#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Connections of the network namespace it runs in, by netlink: flush deletes them all."""

import socket
import struct
import sys

NETLINK_NETFILTER = 12
NFNL_SUBSYS_CTNETLINK = 1
IPCTNL_MSG_CT_DELETE = 2
NLM_F_REQUEST, NLM_F_ACK = 1, 4
HEADER = struct.Struct("=IHHII")
NFGENMSG = struct.Struct("=BBH")


def flush():
    """Delete all: a request that names none."""
    kind = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE
    payload = NFGENMSG.pack(socket.AF_UNSPEC, 0, 0)
    header = HEADER.pack(HEADER.size + len(payload), kind, NLM_F_REQUEST | NLM_F_ACK, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
        netlink.bind((0, 0))
        netlink.send(header + payload)
        error = struct.unpack_from("=i", netlink.recv(4096), HEADER.size)[0]
    if error:
        sys.exit(f"conntrack: error {-error}")


if sys.argv[1:] != ["flush"]:
    sys.exit("conntrack.py flush")
flush()
