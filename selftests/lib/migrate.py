# SPDX-License-Identifier: GPL-2.0-or-later
"""XFRM_MSG_MIGRATE, which ip does not know.

usage: migrate.py in|out SRC/PREFIX DST/PREFIX REQID OLD-SRC OLD-DST NEW-SRC NEW-DST SPORT DPORT
           The policy with this direction and selector, and its SA in tunnel mode, move to other addresses and another
           connection.
"""
import ipaddress
import socket
import struct
import sys

NETLINK_XFRM = 6
NLM_F_REQUEST, NLM_F_ACK = 1, 4
NLMSG_ERROR = 2
XFRM_MSG_MIGRATE = 0x21
XFRMA_ENCAP, XFRMA_MIGRATE = 4, 17
XFRM_POLICY = {"in": 0, "out": 1}
XFRM_MODE_TUNNEL = 1
TCP_ENCAP_ESPINTCP = 7


def family(address):
    """AF_INET or AF_INET6."""
    return socket.AF_INET6 if address.version == 6 else socket.AF_INET


def padded(address):
    """xfrm_address_t"""
    return address.packed.ljust(16, b"\0")


def attribute(kind, data):
    """struct nlattr and what it holds, all of which is aligned already."""
    return struct.pack("HH", 4 + len(data), kind) + data


def migrate(direction, src, dst, reqid, old_src, old_dst, new_src, new_dst, sport, dport):
    """The answer of the kernel: 0 or a negative error."""
    src, dst = ipaddress.ip_network(src), ipaddress.ip_network(dst)
    old_src, old_dst, new_src, new_dst = map(ipaddress.ip_address, (old_src, old_dst, new_src, new_dst))
    policy = (padded(dst.network_address) + padded(src.network_address)
              + struct.pack("8xHBBB3xiI", family(src), dst.prefixlen, src.prefixlen, 0, 0, 0)
              + struct.pack("IB3x", 0, XFRM_POLICY[direction]))
    move = (padded(old_dst) + padded(old_src) + padded(new_dst) + padded(new_src)
            + struct.pack("BBHIHH", socket.IPPROTO_ESP, XFRM_MODE_TUNNEL, 0, int(reqid), family(old_src), family(new_src)))
    encap = struct.pack("H", TCP_ENCAP_ESPINTCP) + struct.pack(">HH2x16x", int(sport), int(dport))
    body = policy + attribute(XFRMA_MIGRATE, move) + attribute(XFRMA_ENCAP, encap)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_XFRM) as sock:
        sock.send(struct.pack("IHHII", 16 + len(body), XFRM_MSG_MIGRATE, NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body)
        answer = sock.recv(4096)
    if struct.unpack_from("H", answer, 4)[0] != NLMSG_ERROR:
        sys.exit("not an answer")
    return struct.unpack_from("i", answer, 16)[0]


if __name__ == "__main__":
    sys.exit(-migrate(*sys.argv[1:]))
