# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers that do wrong on a connection for IKE and ESP over TCP.

usage: hostile.py answer ADDRESS PORT MODE        a responder that fails its clients
       hostile.py ask ADDRESS PORT MODE           a client that fails; ends when the responder has put it out
       hostile.py crowd ADDRESS PORT SOURCE...    clients that send the prefix alone, 30 from each source
       hostile.py corrupt ADDRESS PORT TO-PORT HOW
                                                  a middlebox: on the first connection, messages of its own follow the 2nd
                                                  exchange: 20 of IKE ("ike"), ESP between the responder's messages for
                                                  eight seconds ("stale"), or ESP in place of them all ("esp")
       hostile.py alternate ADDRESS PORT TO-PORT  a middlebox: behind IKE_AUTH, requests go by two connections in turn
       hostile.py relay ADDRESS PORT TO-PORT N request|answer
                                                  a middlebox that loses the N-th request or its answer, with a reset
"""
import random
import socket
import struct
import sys
import threading
import time

PREFIX = b"IKETCP"
MARKER = bytes(4)
HALF = struct.pack(">H", 300) + MARKER + b"half a message"
DEADLINE = 60
# Always the same, so that a failure can be had again
NOISE = random.Random(9329)


def read_exactly(sock, n):
    """n bytes, or fewer if the peer ends the connection before."""
    got = b""
    while len(got) < n:
        some = sock.recv(n - len(got))
        if not some:
            break
        got += some
    return got


def read_message(sock):
    """A message with its length field, or nothing at the end of the stream."""
    length = read_exactly(sock, 2)
    if len(length) < 2:
        return b""
    return length + read_exactly(sock, struct.unpack(">H", length)[0] - 2)


def reset(sock):
    """Close so that the peer gets an RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def until_put_out(sock):
    """Wait for the peer to end the connection."""
    try:
        while sock.recv(65536):
            pass
    except ConnectionError:
        pass


def send_noise(sock, framed):
    """1 MB of random bytes, bare or as IKE messages of 1 KB."""
    try:
        for _ in range(1024):
            head = struct.pack(">H", 1024) + MARKER if framed else b""
            sock.sendall(head + NOISE.randbytes(1024 - len(head)))
    except ConnectionError:
        pass


def answer(sock, mode):
    """Read the prefix and the first message, and do what the mode says."""
    read_exactly(sock, len(PREFIX))
    read_message(sock)
    if mode == "reset":
        reset(sock)
    elif mode == "close":
        pass
    elif mode == "noise":
        send_noise(sock, framed=False)
    elif mode == "messages":
        send_noise(sock, framed=True)
    elif mode == "half":
        sock.sendall(HALF)
        until_put_out(sock)
    elif mode == "nothing":
        sock.sendall(bytes(2))
        until_put_out(sock)
    elif mode == "silence":
        until_put_out(sock)
    else:
        sys.exit("no mode " + mode)
    sock.close()


def ask(sock, mode):
    """What a client can do wrong. True if it went as it must."""
    if mode == "http":
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
    elif mode == "close":
        sock.shutdown(socket.SHUT_WR)
    elif mode == "part":
        sock.sendall(PREFIX[:4])
    elif mode == "noise":
        sock.sendall(PREFIX)
        send_noise(sock, framed=False)
    elif mode == "messages":
        sock.sendall(PREFIX)
        send_noise(sock, framed=True)
    elif mode == "half":
        sock.sendall(PREFIX + HALF)
    elif mode == "reset":
        sock.sendall(PREFIX + HALF)
        print(sock.getsockname()[1], flush=True)
        sys.stdin.readline()
        reset(sock)
        return True
    elif mode == "split":
        return split(sock)
    elif mode != "silence":
        sys.exit("no mode " + mode)
    until_put_out(sock)
    return True


def split(sock):
    """The prefix byte by byte is fine: the message behind it is answered."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # An IKE_SA_INIT request without payloads: the answer is a notification
    header = NOISE.randbytes(8) + bytes(8) + struct.pack(">BBBBII", 0, 0x20, 34, 8, 0, 28)
    for byte in PREFIX + struct.pack(">H", 34) + MARKER + header:
        sock.sendall(bytes([byte]))
        # What is acknowledged was sent, and is not put into one segment with the next
        while struct.unpack_from("I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 24)[0]:
            pass
    return len(read_message(sock)) > 34


def crowd(address, port, sources):
    """Be many that do not authenticate, until somebody ends it."""
    socks = []
    for source in sources * 30:
        socks.append(socket.create_connection((address, port), DEADLINE, (source, 0)))
        socks[-1].sendall(PREFIX)
    print("ready", flush=True)
    sys.stdin.readline()


def relay(client, address, to_port, last, lost):
    """Pass on exchanges; of the last one the request or the answer is lost, and both connections with it."""
    with socket.create_connection((address, to_port), timeout=DEADLINE) as server:
        server.sendall(read_exactly(client, len(PREFIX)))
        for n in range(1, last + 1):
            request = read_message(client)
            if n < last or lost == "answer":
                server.sendall(request)
                answered = read_message(server)
            if n < last:
                client.sendall(answered)
        reset(server)
    reset(client)


def unknown_esp():
    """An ESP message with an SPI that nobody has."""
    return struct.pack(">HI", 106, NOISE.randrange(256, 1 << 32)) + NOISE.randbytes(100)


def flood(client, server):
    """For eight seconds, 100 ESP messages each that nobody has sent; the server's go between them."""
    lock = threading.Lock()

    def back():
        while message := read_message(server):
            with lock:
                client.sendall(message)

    threading.Thread(target=back, daemon=True).start()
    for _ in range(800):
        with lock:
            client.sendall(unknown_esp())
        time.sleep(0.01)
    print("flooded", flush=True)


def replace(client):
    """In place of the server, somebody sends ESP messages that nobody knows, to the end of the connection."""
    try:
        while True:
            client.sendall(unknown_esp())
            time.sleep(0.01)
    except OSError:
        pass


def corrupt(client, address, to_port, how):
    """Pass all on; behind IKE_AUTH come messages that nobody has sent, unless how is "not"."""
    noisy = how != "not"
    with socket.create_connection((address, to_port), timeout=DEADLINE) as server:
        server.sendall(read_exactly(client, len(PREFIX)))
        for _ in range(2 if noisy else 0):
            server.sendall(read_message(client))
            client.sendall(read_message(server))
        if how == "ike":
            for _ in range(20):
                client.sendall(struct.pack(">H", 106) + MARKER + NOISE.randbytes(100))
        if how in ("stale", "esp"):
            threading.Thread(target=pump, args=(client, server), daemon=True).start()
        if how == "stale":
            flood(client, server)
            until_put_out(client)
            return
        if how == "esp":
            replace(client)
            return
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)


def alternate(client, address, to_port):
    """Of the client's IKE messages, every other one behind the second goes by another connection; answers come by either."""
    servers = []
    lock = threading.Lock()

    def back(server):
        while message := read_message(server):
            with lock:
                client.sendall(message)

    def connect():
        servers.append(socket.create_connection((address, to_port), timeout=DEADLINE))
        servers[-1].sendall(PREFIX)
        threading.Thread(target=back, args=(servers[-1],), daemon=True).start()

    read_exactly(client, len(PREFIX))
    connect()
    n = at = 0
    while message := read_message(client):
        if message[2:6] == MARKER:
            n += 1
            at = n % 2 if n > 2 else 0
            if at == len(servers):
                connect()
        servers[at].sendall(message)
    for server in servers:
        reset(server)


def pump(source, sink):
    """Pass bytes on until one end is closed."""
    try:
        while some := source.recv(65536):
            sink.sendall(some)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def main(role, address, port, mode, *more):
    port = int(port)
    if role == "ask":
        with socket.create_connection((address, port), timeout=DEADLINE) as sock:
            sys.exit(0 if ask(sock, mode) else 1)
    if role == "crowd":
        crowd(address, port, [mode, *more])
        return
    listener = socket.create_server((address, port))
    print("ready", flush=True)
    how = more[0] if role == "corrupt" else ""
    while True:
        client, _ = listener.accept()
        client.settimeout(DEADLINE)
        if role == "answer":
            answer(client, mode)
        elif role == "corrupt":
            corrupt(client, address, int(mode), how)
            how = "not"
        elif role == "alternate":
            alternate(client, address, int(mode))
        else:
            relay(client, address, int(mode), int(more[0]), more[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
