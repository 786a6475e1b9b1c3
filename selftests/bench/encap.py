#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold a UDP socket that takes ESP (RFC 3948). usage: encap.py ADDRESS PORT"""
import signal
import socket
import sys

UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
s.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
print("attached", flush=True)
signal.pause()
