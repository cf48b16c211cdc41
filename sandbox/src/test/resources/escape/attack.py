"""What the hostile Python programs share. Importing it ends the program unless it stands in a sandbox."""

import ctypes
import errno
import os
import sys

with open("/proc/self/uid_map") as _map:
    if os.getpid() > 200 or _map.read().split()[0] not in ("999", "1000"):
        sys.exit("not in a sandbox; a hostile program must not run anywhere else")

_libc = ctypes.CDLL(None, use_errno=True)
_out = os.fdopen(os.dup(3), "w", buffering=1)


def say(text):
    """Writes a line to the test, by the channel: unlike the output, its end can be awaited."""
    _out.write(text + "\n")


def name(error):
    return errno.errorcode.get(error, str(error))


def outcome(call):
    """The name of the errno with which a call fails, or that it succeeded, and with what."""
    try:
        result = call()
    except OSError as e:
        return name(e.errno)
    return "SUCCEEDED" if result is None else f"SUCCEEDED {result!r}"


def attempt(what, call):
    say(f"{what}: {outcome(call)}")


def each(what, calls):
    """One line for many calls: the distinct ways in which they end."""
    say(f"{what}: {' '.join(sorted({outcome(call) for call in calls}))}")


def syscall(number, *arguments):
    ctypes.set_errno(0)
    longs = [a if isinstance(a, (bytes, ctypes.Array, ctypes.Structure)) else ctypes.c_long(a) for a in arguments]
    result = _libc.syscall(ctypes.c_long(number), *longs)
    if result == -1:
        raise OSError(ctypes.get_errno(), "")
    return result


def read(path):
    """Reads the beginning of a file; returns nothing, so that success shows as such."""
    fd = os.open(path, os.O_RDONLY)
    os.read(fd, 100)
    os.close(fd)


def overwrite(path, text="1"):
    # With O_TRUNC the kernel asks for the mount before the file's mode.
    fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def host(key):
    """What the test tells about the host: the attacker has guessed it."""
    return os.environ["HOST_" + key]
