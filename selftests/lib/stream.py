# SPDX-License-Identifier: GPL-2.0-or-later
"""One end of the TCP connection without the ULP: what is on the wire, and messages that no host sends.

usage: stream.py record ADDRESS PORT FILE
           accept one connection and keep its messages in FILE, until it ends. A line for each ESP message:
           SPI, sequence number, the eight bytes behind it (an explicit IV), length with the length field
       stream.py play ADDRESS PORT LOCAL-PORT FILE
           connect, and send messages of FILE as told by lines of words on standard input, until its end:
           N        the message number N, counted from 1
           N-M      these, also backwards
           icv=N    with one bit of the last byte turned over
           spi=S:N  with another SPI
"""
import socket
import struct
import sys

DEADLINE = 120
CHUNK = 65536


def messages(data):
    """Split a stream into messages, their length fields included; an incomplete one at the end is left out."""
    at = 0
    while at + 2 <= len(data):
        length = struct.unpack_from(">H", data, at)[0]
        if length < 2 or at + length > len(data):
            return
        yield data[at:at + length]
        at += length


def record(sock, path):
    """Everything that comes, to the file and as lines."""
    data = b""
    try:
        while some := sock.recv(CHUNK):
            data += some
            with open(path, "ab") as file:
                file.write(some)
            at = 0
            for message in messages(data):
                at += len(message)
                if len(message) >= 18 and message[2:6] != bytes(4):
                    spi, seq = struct.unpack_from(">II", message, 2)
                    print(f"{spi:#x} {seq} {message[10:18].hex()} {len(message)}")
            sys.stdout.flush()
            data = data[at:]
    except ConnectionError:
        pass


def chosen(frames, word):
    """The messages that one word asks for."""
    how, _, what = word.rpartition("=")
    if how == "icv":
        frame = bytearray(frames[int(what) - 1])
        frame[-1] ^= 1
        yield bytes(frame)
    elif how == "spi":
        spi, what = what.split(":")
        frame = frames[int(what) - 1]
        yield frame[:2] + struct.pack(">I", int(spi, 0)) + frame[6:]
    else:
        first, _, last = what.partition("-")
        first, last = int(first), int(last or first)
        for n in range(first, last + (1 if last >= first else -1), 1 if last >= first else -1):
            yield frames[n - 1]


def play(sock, path):
    """Do what standard input says."""
    with open(path, "rb") as file:
        frames = list(messages(file.read()))
    print("connected", flush=True)
    for line in sys.stdin:
        sock.sendall(b"".join(frame for word in line.split() for frame in chosen(frames, word)))


def main(role, address, port, *more):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    if role == "record":
        listener = socket.create_server((address, int(port)), family=family)
        print("listening", flush=True)
        listener.settimeout(DEADLINE)
        sock, _ = listener.accept()
        sock.settimeout(DEADLINE)
        record(sock, more[0])
        return
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.bind(("", int(more[0])))
    sock.settimeout(DEADLINE)
    sock.connect((address, int(port)))
    play(sock, more[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
