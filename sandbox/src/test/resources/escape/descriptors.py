"""Looks for descriptors that somebody has forgotten to close, and opens those it has in other ways."""
import os


def is_open(number):
    try:
        os.fstat(number)
        return True
    except OSError:
        return False


inherited = [n for n in range(70000) if is_open(n)]

from attack import attempt, say  # noqa: E402 - it opens descriptors of its own

say(f"inherited: {inherited}")
say(f"input: {os.readlink('/proc/self/fd/0')}")
attempt("its channel, once more", lambda: os.close(os.open("/proc/self/fd/3", os.O_RDWR)))
attempt("its code, to write", lambda: os.close(os.open(f"/proc/self/fd/{os.open('/function/writable.txt', 0)}", os.O_RDWR)))
