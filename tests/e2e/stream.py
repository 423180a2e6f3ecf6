#!/usr/bin/env python3
"""stream.py - streams and datagrams whose every octet is checked.

stream.py serve ADDRESS         answer on TCP and UDP port 7000 until killed
stream.py send ADDRESS MB       send as many megabytes over TCP; the other side says what it got
stream.py get ADDRESS MB        the reverse
stream.py upload ADDRESS MB     as send, but each megabyte waits for a line; says when it is there, and the size of segments
stream.py datagrams ADDRESS     datagrams of many sizes there and back, also many in one call
stream.py all MB ADDRESS...     send, get and datagrams with each of them
"""
import fcntl
import hashlib
import os
import select
import socket
import struct
import sys
import termios
import threading
import time
import zlib

PORT, MB, UDP_SEGMENT = 7000, 1 << 20, 103


def fail(why):
    print("stream.py: " + why, file=sys.stderr)
    sys.exit(1)


def take(s, n):
    out = b""
    while len(out) < n:
        got = s.recv(n - len(out))
        if not got:
            fail("the stream has ended early")
        out += got
    return out


def send_stream(s, mb):
    """Pseudo-random octets, another pattern in each megabyte; their digest behind them."""
    block, digest = os.urandom(MB + 256), hashlib.sha256()
    for i in range(mb):
        part = memoryview(block)[i % 256:i % 256 + MB]
        digest.update(part)
        s.sendall(part)
    s.sendall(digest.digest())


def get_stream(s, mb):
    digest, left = hashlib.sha256(), mb * MB
    while left:
        got = s.recv(min(left, MB))
        if not got:
            fail("the stream has ended early")
        digest.update(got)
        left -= len(got)
    return take(s, 32) == digest.digest()


def answer(s):
    with s:
        what, mb = struct.unpack("!cI", take(s, 5))
        if what == b"s":
            s.sendall(b"y" if get_stream(s, mb) else b"n")
        else:
            send_stream(s, mb)


def listener(address, kind):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind((address, PORT))
    return s


def echo(u):
    while True:
        datagram, who = u.recvfrom(65535)
        u.sendto(datagram, who)


def serve(address):
    u, t = listener(address, socket.SOCK_DGRAM), listener(address, socket.SOCK_STREAM)
    threading.Thread(target=echo, args=(u,), daemon=True).start()
    t.listen(16)
    print("ready", flush=True)
    while True:
        threading.Thread(target=answer, args=(t.accept()[0],), daemon=True).start()


def stream(address, what, mb):
    s = socket.create_connection((address, PORT))
    s.sendall(struct.pack("!cI", what, mb))
    if what == b"s":
        send_stream(s, mb)
        if take(s, 1) != b"y":
            fail("what arrived was not what was sent")
    elif not get_stream(s, mb):
        fail("what arrived was not what was sent")


def unsent(s):
    return struct.unpack("@i", fcntl.ioctl(s, termios.TIOCOUTQ, bytes(4)))[0]


def upload(address, mb):
    s, digest = socket.create_connection((address, PORT)), hashlib.sha256()
    s.sendall(struct.pack("!cI", b"s", mb))
    for i in range(mb):
        sys.stdin.readline()
        part = os.urandom(MB)
        digest.update(part)
        s.sendall(part)
        while unsent(s):  # and not acknowledged
            time.sleep(0.01)
        print("there %d" % (i + 1), flush=True)
    s.sendall(digest.digest())
    if take(s, 1) != b"y":
        fail("what arrived was not what was sent")
    print("segments %d" % s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), flush=True)


def datagram(number, size):
    body = os.urandom(size - 8)
    return struct.pack("!II", number, zlib.crc32(body)) + body


def await_back(s, waiting, seconds):
    """What comes back is sound; @waiting shrinks."""
    while waiting and select.select([s], [], [], seconds)[0]:
        got = s.recv(65535)
        number, crc = struct.unpack("!II", got[:8])
        if zlib.crc32(got[8:]) != crc or waiting.get(number, len(got)) != len(got):
            fail("datagram %d of %d octets has changed" % (number, len(got)))
        waiting.pop(number, None)


def datagrams(address):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((address, PORT))
    number = 0
    for size in [8, 9, 64, 100, 511, 1000, 1200, 1232, 1372, 1400, 3000, 9000]:
        for many in (1, 17, 40):
            if many * size > 60000 or (many > 1 and size > 1200):
                continue
            for turn in range(2):
                for last in range(20):  # until all of them have been there and back
                    wave = [datagram(number + i, size) for i in range(many)]
                    waiting = {number + i: size for i in range(many)}
                    number += many
                    segment = [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("@H", size))] if many > 1 else []
                    s.sendmsg([b"".join(wave)], segment)
                    await_back(s, waiting, 2)
                    if not waiting:
                        break
                else:
                    fail("datagrams of %d octets, %d at a time, do not come back" % (size, many))


if __name__ == "__main__":
    command, where = sys.argv[1:3]
    if command == "serve":
        serve(where)
    elif command == "datagrams":
        datagrams(where)
    elif command == "all":
        for address in sys.argv[3:]:
            stream(address, b"s", int(where))
            stream(address, b"g", int(where))
            datagrams(address)
    elif command == "upload":
        upload(where, int(sys.argv[3]))
    else:
        stream(where, {"send": b"s", "get": b"g"}[command], int(sys.argv[3]))
