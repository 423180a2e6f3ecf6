#!/usr/bin/env python3
"""swap.py plain DEVICE    checksums of DEVICE are made by the kernel, not left to a network card that is not there
swap.py carry A B       carries frames between two devices; of IKE and ESP each third one is overtaken by the next of its way

Runs until it is killed; then prints how many were overtaken."""
import ctypes, fcntl, select, signal, socket, struct, sys

SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17
HOLD_S = 0.05  # a frame that nobody overtakes in this time goes on


def plain(device):
    value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP", device.encode(), ctypes.addressof(value)))


def is_tunnel(frame):
    if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return False
    return bool({500, 4500} & set(struct.unpack("!HH", frame[34:38])))


class Way:
    def __init__(self, out):
        self.out, self.held, self.n = out, None, 0

    def frame(self, f):
        if is_tunnel(f):
            self.n += 1
            if self.n % 3 == 0 and self.held is None:
                self.held = f
                return 0
        self.out.send(f)
        return self.let_go() if is_tunnel(f) else 0

    def let_go(self):
        if self.held is None:
            return 0
        self.out.send(self.held)
        self.held = None
        return 1


def carry(a, b):
    ends = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) for _ in (a, b)]
    overtaken = 0
    for s, device in zip(ends, (a, b)):
        s.bind((device, 0))
    ways = {ends[0]: Way(ends[1]), ends[1]: Way(ends[0])}
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    while not stop:
        ready, _, _ = select.select(ends, [], [], HOLD_S)
        if not ready:
            for w in ways.values():
                w.let_go()
        for s in ready:
            f, where = s.recvfrom(65535)
            if where[2] != socket.PACKET_OUTGOING:
                overtaken += ways[s].frame(f)
    print(overtaken, flush=True)


if sys.argv[1] == "plain":
    plain(sys.argv[2])
else:
    carry(sys.argv[2], sys.argv[3])
