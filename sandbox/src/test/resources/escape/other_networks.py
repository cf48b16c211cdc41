"""Sends to the world, the local network, the cloud's metadata service, other functions and resolvers."""
from attack import attempt, say
import socket


def send(address, family=socket.AF_INET, kind=socket.SOCK_STREAM, broadcast=False):
    with socket.socket(family, kind) as s:
        s.settimeout(2)
        if broadcast:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if kind == socket.SOCK_STREAM:
            s.connect(address)
        else:
            s.sendto(b"x", address)


attempt("the world", lambda: send(("192.0.2.1", 80)))
attempt("the metadata service", lambda: send(("169.254.169.254", 80)))
attempt("a local network", lambda: send(("10.63.0.1", 80)))
attempt("the world by IPv6", lambda: send(("2001:db8::1", 80), socket.AF_INET6))
attempt("a link-local address", lambda: send(("fe80::1", 80, 0, 1), socket.AF_INET6))
attempt("a resolver", lambda: send(("1.1.1.1", 53), kind=socket.SOCK_DGRAM))
attempt("everybody", lambda: send(("255.255.255.255", 67), kind=socket.SOCK_DGRAM, broadcast=True))
attempt("a group", lambda: send(("224.0.0.251", 5353), kind=socket.SOCK_DGRAM))
try:
    say(f"a name: {socket.getaddrinfo('example.com', 80)}")
except socket.gaierror as e:
    say(f"a name: {next(n for n in ('EAI_AGAIN', 'EAI_NONAME', 'EAI_FAIL') if getattr(socket, n) == e.errno)}")
say(f"interfaces: {[name for _, name in socket.if_nameindex()]}")
