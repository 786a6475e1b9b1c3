#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold many attached sockets. usage: many.py listen ADDRESS PORT COUNT | connect ADDRESS PORT COUNT FIRST-LOCAL-PORT"""
import resource
import signal
import socket
import sys

TCP_ULP = 31


def main():
    how, addr, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    held = []
    if how == "listen":
        listener = socket.create_server((addr, port), backlog=4096)
        print("listening", flush=True)
    for i in range(count):
        if how == "listen":
            s = listener.accept()[0]
        else:
            s = socket.socket()
            s.bind(("", int(sys.argv[5]) + i))
            s.connect((addr, port))
        s.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"espintcp")
        held.append(s)
    print("attached", flush=True)
    signal.pause()


main()
