#!/usr/bin/env python3
"""junk.py DST DPORT SRC SPORT DEVICE SEED COUNT - malformed datagrams from a forged source, from a router in between.

Random octets, truncated and bit-flipped IKE headers with and without the non-ESP marker, ESP with random SPIs,
keepalives, empty datagrams. Drawn from SEED, so that a failure can be repeated."""
import random, socket, struct, sys

dst, dport, src, sport, device, seed, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5], sys.argv[6], int(sys.argv[7])
rng = random.Random(seed)


def octets(n):
    return bytes(rng.getrandbits(8) for _ in range(n))


def ike(length, body):
    exchange = rng.choice([34, 35, 36, 37, rng.randrange(256)])
    flags = rng.choice([0x08, 0x20, 0x28, 0x00, rng.randrange(256)])
    return octets(16) + bytes([rng.choice([33, 46, 53, 132, rng.randrange(256)]), rng.choice([0x20, 0x10, 0x21, 0x30]), exchange,
                               flags]) + struct.pack("!II", rng.randrange(4), length) + body


def payload():
    kind = rng.randrange(7)
    marker = b"\0\0\0\0" if rng.random() < 0.7 else b""
    body = octets(rng.randrange(0, 400))
    if kind == 0:
        return octets(rng.randrange(0, 60))
    if kind == 1:
        return marker + ike(28 + len(body), body)[: rng.randrange(0, 40)]
    if kind == 2:
        return marker + ike(28 + len(body), body)
    if kind == 3:
        return marker + ike(rng.getrandbits(32), body)
    if kind == 4:
        return struct.pack("!II", rng.getrandbits(32), rng.getrandbits(32)) + body
    if kind == 5:
        return b"\xff"
    # payload headers whose lengths lie
    return marker + ike(28 + 8, struct.pack("!BBH", rng.randrange(256), 0, rng.choice([0, 1, 3, 4, 65535])) + octets(4))


sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")
for i in range(count):
    data = payload()
    udp = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), i & 0xFFFF, 0, 64, 17, 0, socket.inet_aton(src), socket.inet_aton(dst))
    sock.sendto(head + udp, (dst, 0))
