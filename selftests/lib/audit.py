# SPDX-License-Identifier: GPL-2.0-or-later
"""What XFRM tells the kernel's audit, a line for each record, until somebody ends us.

usage: audit.py
Switches audit on, if need be, and off again at the end.
"""
import signal
import socket
import struct
import sys

# Of <linux/netlink.h> and <linux/audit.h>
NETLINK_AUDIT, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 9, 270, 1
AUDIT_NLGRP_READLOG = 1
AUDIT_GET, AUDIT_SET, AUDIT_MAC_IPSEC_EVENT = 1000, 1001, 1415
AUDIT_STATUS_ENABLED = 1
NLM_F_REQUEST, NLM_F_ACK = 1, 4
HEADER = struct.Struct("=IHHII")


def ask(sock, kind, payload=b""):
    """Send a request and return the body of the first answer to it."""
    sock.send(HEADER.pack(HEADER.size + len(payload), kind, NLM_F_REQUEST | NLM_F_ACK, 1, 0) + payload)
    answer = sock.recv(8192)
    if HEADER.unpack_from(answer)[1] == 2:
        error = struct.unpack_from("=i", answer, HEADER.size)[0]
        if error:
            sys.exit(f"audit: {-error}")
    return answer[HEADER.size:]


def status_get(sock):
    """Whether audit is on: 0, 1, or 2 for locked."""
    body = ask(sock, AUDIT_GET)
    while len(body) < 40:
        body = sock.recv(8192)[HEADER.size:]
    return struct.unpack_from("=II", body)[1]


def main():
    control = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    before = status_get(control)
    log = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    # One without an address of its own gets nothing
    log.bind((0, 0))
    log.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, AUDIT_NLGRP_READLOG)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    control = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
    if not before:
        ask(control, AUDIT_SET, struct.pack("=II", AUDIT_STATUS_ENABLED, 1) + bytes(40))
    try:
        print("listening", flush=True)
        while True:
            record = log.recv(65536)
            if HEADER.unpack_from(record)[1] == AUDIT_MAC_IPSEC_EVENT:
                print(record[HEADER.size:].rstrip(b"\0\n").decode(), flush=True)
    finally:
        if not before:
            ask(control, AUDIT_SET, struct.pack("=II", AUDIT_STATUS_ENABLED, 0) + bytes(40))


main()
