"""Changes its network: interfaces, addresses, routes."""
from attack import attempt
import fcntl
import os
import socket
import struct

NLM_F_REQUEST_ACK_CREATE = 0x405


def ask(kind, payload):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack("=IHHII", 16 + len(payload), kind, NLM_F_REQUEST_ACK_CREATE, 1, 0) + payload)
        answer = s.recv(4096)
        error = -struct.unpack_from("=i", answer, 16)[0]
        if error:
            raise OSError(error, "")


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


link = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
loopback = struct.pack("=BxHiII", 0, 0, 1, 0, 1)
attempt("a new interface", lambda: ask(16, link + attribute(18, attribute(1, b"dummy"))))
attempt("an interface in the host's namespace", lambda: ask(16, loopback + attribute(19, struct.pack("=I", 1))))
attempt("loopback down", lambda: ask(16, loopback))
attempt("a new address", lambda: ask(20, struct.pack("=BBBBI", 2, 24, 0, 0, 1) + attribute(2, b"\x0a\x3f\x00\x01")))
attempt("a new route", lambda: ask(24, struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 254, 3, 0, 1, 0) + attribute(4, b"\1\0\0\0")))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    attempt("loopback down, the old way", lambda: fcntl.ioctl(s, 0x8914, struct.pack("16sH22x", b"lo", 0)))
    attempt("an address, the old way", lambda: fcntl.ioctl(s, 0x8916, struct.pack("16sHH4s16x", b"lo", 2, 0, b"\x0a\0\0\1")))
    attempt("a packet filter", lambda: s.setsockopt(socket.IPPROTO_IP, 64, bytes(100)))
    attempt("a mark on packets", lambda: s.setsockopt(socket.SOL_SOCKET, 36, 1))
    attempt("any source address", lambda: s.setsockopt(socket.IPPROTO_IP, 19, 1))
    attempt("buffers beyond the limit", lambda: s.setsockopt(socket.SOL_SOCKET, 33, 1 << 30))
    attempt("settings of the network", lambda: os.close(os.open("/proc/sys/net/ipv4/conf/lo/forwarding", os.O_WRONLY)))
