#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write a capture of ESP and IKE in TCP, and print what a dissector must find in it.

usage: make_pcap.py FILE [PORT]

Both directions of one connection to PORT (4500): the prefix split over segments, messages split and several in one
segment, keepalives, an ESP packet whose length and SPI look like the prefix, messages to be skipped, and a second
connection that ends in a bad length.
"""

import struct
import sys

CLIENT, SERVER = "192.0.2.1", "192.0.2.2"
PREFIX = b"IKETCP"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(text):
    return bytes(int(part) for part in text.split("."))


class Connection:
    """A TCP connection that writes its segments as raw IPv4 packets."""

    def __init__(self, packets, client_port, server_port):
        self.packets = packets
        self.ports = (client_port, server_port)
        self.seq = {"c": 1000, "s": 5000}
        self.segment("c", b"", 0x02)
        self.segment("s", b"", 0x12)
        self.segment("c", b"", 0x10)

    def segment(self, side, data, flags=0x18):
        peer = "s" if side == "c" else "c"
        src, dst = (CLIENT, SERVER) if side == "c" else (SERVER, CLIENT)
        sport, dport = self.ports if side == "c" else self.ports[::-1]
        ack = self.seq[peer] if flags & 0x10 else 0
        tcp = struct.pack("!HHIIBBHHH", sport, dport, self.seq[side], ack, 5 << 4, flags, 65535, 0, 0) + data
        pseudo = address(src) + address(dst) + struct.pack("!BBH", 0, 6, len(tcp))
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), len(self.packets), 0x4000, 64, 6, 0,
                         address(src), address(dst))
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        self.packets.append(ip + tcp)
        self.seq[side] += len(data) + (1 if flags & 0x03 else 0)

    def send(self, side, data, *cuts):
        """One stream of bytes, cut into segments at the given offsets."""
        edges = [0, *cuts, len(data)]
        for begin, end in zip(edges, edges[1:]):
            self.segment(side, data[begin:end])


def message(body):
    return struct.pack("!H", len(body) + 2) + body


def ike(number, response=False):
    """An INFORMATIONAL exchange without payloads: the header alone (RFC 7296, 3.1)."""
    header = struct.pack("!QQBBBBII", 0x1122334455667788, 0x99aabbccddeeff00, 0, 0x20, 37,
                         0x20 if response else 0x08, number, 28)
    return message(b"\0\0\0\0" + header)


def esp(spi, number, size):
    return message(struct.pack("!II", spi, number) + bytes((number + i) & 0xff for i in range(size)))


def build(port):
    packets = []
    want = dict.fromkeys(("prefix", "ike", "esp", "keepalive", "short", "bad"), 0)
    keepalive = message(b"\xff")

    one = Connection(packets, 40001, port)
    # The prefix in three parts, the last one with the first message behind it.
    one.send("c", PREFIX + ike(0), 1, 4)
    want["prefix"] += 1
    want["ike"] += 1
    # The length field split, then the marker split.
    one.send("s", ike(0, True) + ike(1, True), 1, 38)
    want["ike"] += 2
    # Several in one segment.
    one.send("c", esp(0x1000, 1, 100) + keepalive + ike(1) + esp(0x1000, 2, 40))
    want["esp"] += 2
    want["keepalive"] += 1
    want["ike"] += 1
    # One that needs many segments, with the head of the next at its end.
    big = esp(0x2000, 1, 4000) + esp(0x2000, 2, 64)
    one.send("s", big, *range(1000, len(big), 1000))
    want["esp"] += 2
    # Length 0x494b and SPI 0x45544350 spell the prefix: in mid-stream it is a packet.
    trap = esp(0x45544350, 1, 0x494b - 2 - 8)
    assert trap.startswith(PREFIX)
    one.send("c", trap, *range(1400, len(trap), 1400))
    want["esp"] += 1
    # To be skipped: empty, one byte that is no keepalive, a marker alone.
    one.send("s", message(b"") + message(b"\1") + message(b"\0\0\0\0") + keepalive)
    want["short"] += 3
    want["keepalive"] += 1
    # A keepalive alone in the last segment is not held back for what may follow.
    one.send("c", keepalive)
    want["keepalive"] += 1

    two = Connection(packets, 40002, port)
    two.send("c", PREFIX)
    two.send("c", ike(0) + b"\0\1" + b"rest")
    want["prefix"] += 1
    want["ike"] += 1
    want["bad"] += 1
    return packets, want


def main():
    packets, want = build(int(sys.argv[2]) if len(sys.argv) > 2 else 4500)
    with open(sys.argv[1], "wb") as out:
        out.write(struct.pack("!IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for number, packet in enumerate(packets):
            out.write(struct.pack("!IIII", 1700000000, number * 1000, len(packet), len(packet)) + packet)
    for kind, count in want.items():
        print(kind, count)


if __name__ == "__main__":
    main()
