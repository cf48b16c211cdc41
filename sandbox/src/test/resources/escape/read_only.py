"""Writes where only reading is meant, by files that everybody may write as far as their mode goes."""
from attack import attempt, each, overwrite
import os

file = "/function/writable.txt"
each("its own code", [
    lambda: os.close(os.open(file, os.O_WRONLY)),
    lambda: os.close(os.open(file, os.O_RDONLY | os.O_TRUNC)),
    lambda: os.close(os.open("/function/new", os.O_WRONLY | os.O_CREAT)),
    lambda: os.unlink(file),
    lambda: os.rename(file, "/function/other"),
    lambda: os.chmod(file, 0o777),
    lambda: os.utime(file),
    lambda: os.truncate(file, 0),
    lambda: os.mkdir("/function/directory"),
    lambda: os.symlink("/", "/function/link"),
    lambda: os.setxattr(file, "user.note", b"1"),
])
for directory in ("/", "/usr", "/usr/lib", "/etc", "/dev", "/instar", "/layers", "/layers/0", "/run", "/home", "/var"):
    attempt(directory, lambda: os.mkdir(directory + "/directory"))
attempt("a program of the host", lambda: overwrite("/usr/bin/env"))
attempt("the program that runs", lambda: overwrite("/proc/self/exe"))
attempt("the password file", lambda: overwrite("/etc/passwd"))
attempt("another layer's place", lambda: os.mkdir("/layers/5/x"))
