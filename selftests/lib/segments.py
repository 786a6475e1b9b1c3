#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer on a plain TCP connection that sends messages of RFC 9329, each in a segment of its own.

usage: segments.py HOST PORT COMMAND...

  esp COUNT SIZE [SIZE]   ESP messages of an SPI that nobody knows, sizes in turn
  ike SIZE                an IKE message
  urgent SIZE             an IKE message, its middle byte marked as urgent
  half SIZE               the first half of an IKE message
  wait                    nothing until a line comes on standard input

Closes the connection when all is sent and its standard input has ended.
"""

import socket
import struct
import sys


def frame(marker, size):
    body = marker + bytes(i & 0xFF for i in range(size - len(marker)))
    return struct.pack("!H", size + 2) + body


def main():
    host, port, *words = sys.argv[1:]
    sock = socket.create_connection((host, int(port)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print("connected", flush=True)
    while words:
        command = words.pop(0)
        if command == "wait":
            sys.stdin.readline()
            continue
        if command == "esp":
            count = int(words.pop(0))
            sizes = [int(words.pop(0))]
            while words and words[0].isdigit():
                sizes.append(int(words.pop(0)))
            for i in range(count):
                # TCP would join what it cannot send at once
                sock.send(frame(b"\x00\x00\x90\x01", sizes[i % len(sizes)]), socket.MSG_EOR)
            continue
        data = frame(bytes(4), int(words.pop(0)))
        half = len(data) // 2
        if command == "ike":
            sock.send(data, socket.MSG_EOR)
        elif command == "urgent":
            sock.send(data[:half], socket.MSG_OOB)
            sock.sendall(data[half:])
        elif command == "half":
            sock.sendall(data[:half])
        else:
            sys.exit(f"segments.py: no command {command}")
    print("sent", flush=True)
    sys.stdin.read()


main()
