#!/usr/bin/env python3
"""hostile.py inside DEVICE SRC4 SRC6 DST4 DST6 [large] - write into a TUN interface what no honest host would.
hostile.py outside DEVICE DST DPORT SRC SPORT - wait for an ESP packet that passes DEVICE to DST:DPORT, then send nonsense that way.

Says as JSON how many of them each reason of "acclient stats" has to count, and what is refused by the kernel already."""
import collections, json, socket, struct, sys

SOL_PACKET, PACKET_VNET_HDR = 263, 15
NEEDS_CSUM, TCP4, TCP6, UDP = 1, 1, 4, 5
count, refused = collections.Counter(), []


def fold(octets):
    total = sum(struct.unpack("!%dH" % (len(octets) // 2), octets[:len(octets) // 2 * 2])) + (octets[-1] << 8 if len(octets) % 2 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def ip4(proto, body, src, dst, first=0x45, length=None, fragment=0, ttl=64):
    head = struct.pack("!BBHHHBBH4s4s", first, 0, 20 + len(body) if length is None else length, 7, fragment, ttl, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack("!H", ~fold(head) & 0xFFFF) + head[12:] + body


def ip6(following, body, src, dst, first=0x60, length=None):
    return struct.pack("!BBHHBB", first, 0, 0, len(body) if length is None else length, following, 64) + \
        socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + body


def tcp(payload, flags=0x10, offset=5, options=b""):
    return struct.pack("!HHIIBBHHH", 7001, 7001, 1, 1, offset << 4, flags, 500, 0, 0) + options + payload


def udp(payload, length=None, checksum=0):
    return struct.pack("!HHHH", 7001, 9, 8 + len(payload) if length is None else length, checksum) + payload


def headers(n, last):
    """Destination options, one behind the other, and what is behind them."""
    return b"".join(struct.pack("!BBHI", 60 if i < n - 1 else last, 0, 0x0104, 0) for i in range(n))


def no_packets(src4, src6, dst4, dst6):
    """Nothing that is an IP packet: malformed."""
    four, six = ip4(17, udp(b"1234"), src4, dst4), ip6(17, udp(b"1234"), src6, dst6)
    yield from (four[:n] for n in range(1, len(four)))
    yield from (six[:n] for n in range(1, len(six)))
    for version in (0, 1, 5, 7, 8, 15):
        yield bytes([version << 4 | 5]) + four[1:]
    yield b"\x46" * 21
    yield bytes([0x44]) + four[1:]
    yield bytes([0x4F]) + four[1:]
    for length in (0, 1, 19, len(four) + 1, 65535):
        yield ip4(17, udp(b"1234"), src4, dst4, length=length)
    for length in (13, 65535):
        yield ip6(17, udp(b"1234"), src6, dst6, length=length)
    yield b"\xff" * 1280


def strangers(src4, src6, dst4, dst6):
    """Packets of senders that the tunnel is not for: selector."""
    for src in ("10.255.255.1", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", dst4):
        yield ip4(17, udp(b""), src, dst4)
    for src in ("2001:db8:ffff::1", "::", "::1", "ff02::1", "::ffff:" + src4, dst6):
        yield ip6(17, udp(b""), src, dst6)


def lies(src4, src6, dst4, dst6):
    """IP packets whose inside lies: they are for the receiver to judge, and pass."""
    for fragment in (0x2000, 0x0001, 0x1FFF, 0x3FFF, 0x8000, 0x4001):
        yield ip4(17, udp(b"x" * 32), src4, dst4, fragment=fragment)
        yield ip4(6, tcp(b"x" * 32, flags=2), src4, dst4, fragment=fragment)
        yield ip4(1, b"\x08\0" + bytes(30), src4, dst4, fragment=fragment)
    for proto in (0, 1, 2, 4, 6, 17, 41, 47, 50, 51, 58, 132, 255):
        yield ip4(proto, b"", src4, dst4)
        yield ip4(proto, b"\xff" * 3, src4, dst4)
        yield ip6(proto, b"", src6, dst6)
        yield ip6(proto, b"\xff" * 3, src6, dst6)
    wrong = bytearray(ip4(17, udp(b"wrong", checksum=1), src4, dst4))
    wrong[10] ^= 0xFF
    yield bytes(wrong)
    yield ip4(17, udp(b"short", length=4), src4, dst4)
    yield ip4(17, udp(b"long", length=65535), src4, dst4)
    for offset in (0, 4, 15):
        yield ip4(6, tcp(b"", flags=2, offset=offset), src4, dst4)
        yield ip6(6, tcp(b"", flags=2, offset=offset), src6, dst6)
    for options in (b"\2\0\0\0", b"\2\1\0\0", b"\2\xff\0\0", b"\2\4\xff\xff", b"\1\1\1\2", b"\x08\x0a\0\0"):
        yield ip4(6, tcp(b"", flags=2, offset=6, options=options), src4, dst4)
    for n in (1, 7, 8, 9, 100):
        yield ip6(60, headers(n, 17) + udp(b""), src6, dst6)
        yield ip6(60, headers(n, 59), src6, dst6)
    for kind in (0, 43, 44, 60, 135):
        yield ip6(kind, b"\x11\xff\0\0", src6, dst6)  # longer than there is
        yield ip6(kind, struct.pack("!BBHI", kind, 0, 0xFFF9, 1), src6, dst6)  # itself again
    yield ip6(0, struct.pack("!BBBBI", 17, 0, 0xC2, 4, 100000) + udp(b""), src6, dst6, length=0)  # a jumbogram


def large(src4, src6, dst4, dst6):
    """Packets of many segments and open checksums, whose headers (flags, type, header, size, start, offset) contradict them."""
    body4, body6, data = ip4(6, tcp(b"x" * 3000), src4, dst4), ip6(6, tcp(b"x" * 3000), src6, dst6), ip4(17, udp(b"x" * 1000), src4, dst4)
    yield "offload_header", (NEEDS_CSUM, TCP4, 40, 1, 20, 16), body4
    yield "offload_header", (NEEDS_CSUM, TCP6, 60, 1, 40, 16), body6
    yield "offload_checksum", (NEEDS_CSUM, 0, 0, 0, 0, 10), data
    yield "offload_checksum", (NEEDS_CSUM, 0, 0, 0, 8, 2), data
    yield "offload_checksum", (NEEDS_CSUM, 0, 0, 0, 20, 7), data
    yield "offload_packet", (NEEDS_CSUM, TCP4, 40, 1000, 20, 16), ip4(6, tcp(b"x" * 3000), src4, dst4, length=1000)
    yield "offload_packet", (NEEDS_CSUM, TCP6, 60, 1000, 40, 16), ip6(6, tcp(b"x" * 3000), src6, dst6, length=1000)
    yield "offload_packet", (NEEDS_CSUM, TCP6, 68, 1000, 48, 16), ip6(60, headers(1, 6) + tcp(b"x" * 3000), src6, dst6)
    for header in ((0, TCP4, 40, 1000, 20, 16), (NEEDS_CSUM, TCP6, 40, 1000, 20, 16), (NEEDS_CSUM, UDP, 40, 1000, 20, 16),
                   (NEEDS_CSUM, TCP4, 40, 0, 20, 16), (NEEDS_CSUM, TCP4, 65535, 1000, 20, 16), (NEEDS_CSUM, TCP4, 40, 1000, 65535, 65535),
                   (255, 255, 65535, 65535, 65535, 65535), (NEEDS_CSUM, 3, 28, 1000, 20, 6)):
        yield None, header, body4
    yield None, (NEEDS_CSUM, TCP4, 40, 1000, 20, 16), ip4(6, tcp(b"x" * 65495), src4, dst4)  # 64 KiB, and nothing wrong with it


def inside(device, addresses, offload):
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    if offload:
        out.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)

    def write(reason, packet, header=(0, 0, 0, 0, 0, 0)):
        version = packet[0] >> 4 if packet else 0
        try:
            out.sendto((struct.pack("=BBHHHH", *header) if offload else b"") + packet, (device, 0x86DD if version == 6 else 0x0800))
        except OSError as e:
            refused.append("%s %s: %s" % (reason, header if offload else packet[:20].hex(), e.strerror))
        else:
            count[reason] += 1

    write(None, b"")
    write(None, bytes([0x45]) * 65535)
    for packet in no_packets(*addresses):
        write("malformed", packet)
    for packet in strangers(*addresses):
        write("selector", packet)
    for packet in lies(*addresses):
        write("passes", packet)
    if offload:
        for reason, header, packet in large(*addresses):
            write(reason, packet, header)


def outside(device, dst, dport, src, sport):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
    tap.bind((device, 0x0003))
    while True:
        packet = tap.recv(65535)
        esp = packet[(packet[0] & 15) * 4 + 8:]
        if packet[9] == 17 and packet[16:20] == socket.inet_aton(dst) and packet[22:24] == struct.pack("!H", dport) and \
                len(esp) > 28 and esp[:4] != bytes(4):
            break
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")

    def send(reason, data):
        datagram = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
        raw.sendto(ip4(17, datagram, src, dst), (dst, 0))
        count[reason] += 1

    spi, seq = struct.unpack("!II", esp[:8])
    for data in (b"", b"\0", b"\xfe", b"\xff\xff", bytes(3), bytes(4)):
        send("junk", data)
    send("passes", b"\xff")  # a keepalive
    for n in (4, 5, 8, 40, 1400):
        send("no_sa", struct.pack("!I", spi ^ 0x5A5A5A5A) + bytes(n - 4))
    for n in (4, 5, 7, 8, 9, 16, 31):
        send("malformed", esp[:n])
    for n in (40, 41, 1400):
        send("forged", struct.pack("!II", spi, seq + 100000) + bytes(n - 8))
    send("forged", struct.pack("!II", spi, seq + 100000) + esp[8:])
    for i in range(5):
        send("replayed", esp)


if sys.argv[1] == "inside":
    inside(sys.argv[2], sys.argv[3:7], "large" in sys.argv[7:])
else:
    outside(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], int(sys.argv[6]))
json.dump({"count": {k: v for k, v in count.items() if k}, "refused": refused}, sys.stdout)
