"""Makes names of its own for files that are not its own."""
from attack import attempt
import os

attempt("a hard link to a set-uid program", lambda: os.link("/usr/bin/su", "/tmp/su"))
attempt("a hard link to its code", lambda: os.link("/function/writable.txt", "/tmp/code"))
attempt("a hard link within its code", lambda: os.link("/function/writable.txt", "/function/second"))
attempt("a hard link to the null device", lambda: os.link("/dev/null", "/tmp/null"))
attempt("a link to a descriptor of the root",
        lambda: os.link(f"/proc/self/fd/{os.open('/', os.O_RDONLY)}", "/tmp/root", follow_symlinks=True))
attempt("a hard link to a file of /proc", lambda: os.link("/proc/self/environ", "/tmp/environ"))
