"""Runs what it is sent, a line each with \\x1f for line breaks, and answers with the value or the error."""

import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def call(*arguments):
    """A system call by its number; a negated error number if it fails."""
    result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    return -ctypes.get_errno() if result == -1 else result


def run(text):
    try:
        code = compile(text, "question", "eval")
    except SyntaxError:
        exec(compile(text, "question", "exec"), globals())
        return "ok"
    return eval(code, globals())


print("ready", flush=True)
for line in sys.stdin:
    try:
        answer = run(line.rstrip("\n").replace("\x1f", "\n"))
    except Exception as error:
        answer = repr(error)
    print(answer, flush=True)
