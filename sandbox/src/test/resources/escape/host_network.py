"""Connects to services of the host: the test listens on every address it tries."""
from attack import attempt, host
import socket


def connect(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as s:
        s.settimeout(2)
        s.connect(address)
        s.send(b"from inside")


tcp, udp = int(host("TCP_PORT")), int(host("UDP_PORT"))
attempt("127.0.0.1", lambda: connect(socket.AF_INET, ("127.0.0.1", tcp)))
attempt("127.0.0.2", lambda: connect(socket.AF_INET, ("127.0.0.2", tcp)))
attempt("::1", lambda: connect(socket.AF_INET6, ("::1", tcp)))
attempt("::ffff:127.0.0.1", lambda: connect(socket.AF_INET6, ("::ffff:127.0.0.1", tcp)))
attempt("0.0.0.0", lambda: connect(socket.AF_INET, ("0.0.0.0", tcp)))


def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.connect(("127.0.0.1", udp))
        s.send(b"from inside")
        s.send(b"the first one's answer")


attempt("a datagram to 127.0.0.1", datagram)
attempt("an abstract socket of the host", lambda: connect(socket.AF_UNIX, "\0" + host("ABSTRACT_NAME")))
attempt("the pool's channel socket", lambda: connect(socket.AF_UNIX, host("RUN_DIRECTORY") + "/channel"))
attempt("D-Bus", lambda: connect(socket.AF_UNIX, "/run/dbus/system_bus_socket"))
attempt("Docker", lambda: connect(socket.AF_UNIX, "/var/run/docker.sock"))
