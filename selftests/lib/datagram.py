# SPDX-License-Identifier: GPL-2.0-or-later
"""Datagrams of any make, for what goes through a tunnel.

usage: datagram.py receive ADDRESS PORT
           a line for each: length, TOS or traffic class, mark, the first 8 digits of the SHA-256;
           "listening" before, with "without marks" where the kernel (before 5.19) tells none, which are 0 then
       datagram.py send ADDRESS PORT [WORD...]
           count=N datagrams of size=N bytes, with tos=N, mark=N, df=1; gso=N: in pieces of N bytes by UDP GSO.
           Prints the first 8 digits of their SHA-256; wait=1 waits for an answer or an ICMP error.
           Prints the name of an error, and ends with 1.
"""
import errno
import hashlib
import os
import random
import socket
import struct
import sys

# Of <asm-generic/socket.h>, <linux/in.h>, <linux/in6.h> and <linux/udp.h>; the module socket has not all of them
SO_RCVBUFFORCE, SO_MARK, SO_RCVMARK = 33, 36, 75
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_DO, IP_RECVTOS = 10, 0, 2, 13
IPV6_MTU_DISCOVER = 23
UDP_SEGMENT = 103
DEADLINE = 10


def name_of(data):
    """What tells one payload from another."""
    return hashlib.sha256(data).hexdigest()[:8]


def one(sock):
    """The next datagram as a line."""
    data, ancillary, _, _ = sock.recvmsg(65536, 256)
    tos = mark = 0
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_MARK:
            mark = struct.unpack("I", value)[0]
        elif (level, kind) == (socket.IPPROTO_IP, socket.IP_TOS):
            tos = value[0]
        elif (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_TCLASS):
            tos = struct.unpack("i", value)[0]
    return f"{len(data)} {tos:#x} {mark:#x} {name_of(data)}"


def receive(sock, address, port):
    """Until somebody ends us."""
    lacks = ""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVMARK, 1)
    except OSError as err:
        if err.errno != errno.ENOPROTOOPT:
            raise
        lacks = " without marks"
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
    sock.bind((address, port))
    print(f"listening{lacks}", flush=True)
    while True:
        print(one(sock), flush=True)


def options(sock, want):
    """What the words ask of the socket."""
    six = sock.family == socket.AF_INET6
    if "tos" in want:
        if six:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, want["tos"])
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, want["tos"])
    if "mark" in want:
        sock.setsockopt(socket.SOL_SOCKET, SO_MARK, want["mark"])
    if "gso" in want:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, want["gso"])
    discover = IP_PMTUDISC_DO if want.get("df") else IP_PMTUDISC_DONT
    sock.setsockopt(socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP,
                    IPV6_MTU_DISCOVER if six else IP_MTU_DISCOVER, discover)


def send(sock, address, port, words):
    """Send; the payloads are named as the receiver names them. Errors of earlier ones come with the next."""
    want = {key: int(value, 0) for key, value in (word.split("=") for word in words)}
    options(sock, want)
    sock.connect((address, port))
    rnd = random.Random(want.get("size", 1))
    data = rnd.randbytes(want.get("size", 1))
    try:
        for _ in range(want.get("count", 1)):
            sock.send(data)
    except OSError as err:
        print(errno.errorcode[err.errno])
        sys.exit(1)
    step = want.get("gso") or max(len(data), 1)
    for at in range(0, max(len(data), 1), step):
        print(name_of(data[at:at + step]))
    sys.stdout.flush()
    if want.get("wait"):
        sock.settimeout(DEADLINE)
        try:
            os.write(1, sock.recv(65536))
        except OSError as err:
            print(errno.errorcode.get(err.errno, str(err)))
            sys.exit(1)


def main(role, address, port, *words):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        if role == "receive":
            receive(sock, address, int(port))
        else:
            send(sock, address, int(port), words)


if __name__ == "__main__":
    main(*sys.argv[1:])
