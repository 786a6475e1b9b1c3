#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Carry a file over TCP.

usage: transfer.py receive ADDRESS FILE     waits for one connection, says "listening" when it can come
       transfer.py send ADDRESS FILE
"""

import socket
import sys

PORT = 5001
SECONDS = 60


def receive(address, path):
    with socket.create_server((address, PORT)) as server, open(path, "wb") as out:
        server.settimeout(SECONDS)
        print("listening", flush=True)
        peer, _ = server.accept()
        peer.settimeout(SECONDS)
        with peer:
            while data := peer.recv(1 << 16):
                out.write(data)
            peer.sendall(b"done")


def send(address, path):
    with socket.create_connection((address, PORT), SECONDS) as peer, open(path, "rb") as source:
        peer.sendfile(source)
        peer.shutdown(socket.SHUT_WR)
        if peer.recv(4) != b"done":
            sys.exit("the receiver ended early")


if __name__ == "__main__":
    {"receive": receive, "send": send}[sys.argv[1]](*sys.argv[2:4])
