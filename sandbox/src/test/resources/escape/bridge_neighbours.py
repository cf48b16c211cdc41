"""On the bridge, connects to what is near: the host, its other addresses, another function, the metadata service."""
from attack import attempt, host, say
import socket


def connect(address, port):
    with socket.socket() as s:
        s.settimeout(1)
        try:
            s.connect((address, port))
        except TimeoutError:
            raise OSError(110, "")


tcp, gateway, neighbour = int(host("TCP_PORT")), host("GATEWAY"), host("NEIGHBOUR")
attempt("the host, by the bridge", lambda: connect(gateway, tcp))
attempt("the host, by another address of its own", lambda: connect(host("ADDRESS"), tcp))
attempt("another function", lambda: connect(neighbour, 8080))
attempt("the metadata service", lambda: connect("169.254.169.254", 80))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    attempt("another source address", lambda: s.bind((neighbour, 0)))
    attempt("packets of its own making", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300))
with open("/proc/net/arp") as arp:
    say(f"neighbours it knows: {sorted(line.split()[0] for line in arp if line[0].isdigit() and line.split()[2] != '0x0') == [gateway] and 'the gateway'}")
