#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Attach idle sockets, and tell what one of them takes of the kernel's slabs, and what is left of it afterwards, in bytes.
usage: idle.py COUNT"""
import resource
import socket
import struct
import sys
import time

TCP_ULP = 31


def slabs():
    """Bytes in use, of all caches"""
    with open("/proc/slabinfo", encoding="ascii") as f:
        lines = [line.split() for line in f if line[0] != "#"][1:]
    return sum(int(words[1]) * int(words[3]) for words in lines)


def pair(listener):
    client = socket.create_connection(listener.getsockname())
    return [client, listener.accept()[0]]


def attach(socks):
    for s in socks:
        s.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"espintcp")


def idle(listener, count):
    """What attaching takes, and what is in use when all is closed"""
    socks = [s for _ in range(count // 2) for s in pair(listener)]
    plain = slabs()
    attach(socks)
    attached = slabs()
    for s in socks:
        # By a reset: nothing of the connection stays either
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    # Grace periods
    time.sleep(2)
    return attached - plain, slabs()


def main():
    count = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # The first time fills what namespaces have once and CPUs keep
        _, before = idle(listener, count)
        attached, after = idle(listener, count)
    print(round(attached / count), round((after - before) / count))


main()
