"""Stands between a launcher and a process that it makes, from outside the sandbox, with the rights of the host's root.

usage: meddle.py LAUNCHER unshare FLAG COMMAND   at the end of a child's first unshare(2) with that flag
       meddle.py LAUNCHER exit NAME COMMAND      when a child of that name is about to end

Says "ready" once no child can slip by, runs the command there with the child's number in $PID, and lets everybody go.
"""

import ctypes
import os
import signal
import subprocess
import sys

SEIZE, CONT, SYSCALL, PEEKUSER = 0x4206, 7, 24, 3
SYSGOOD, FORK, VFORK, CLONE, EXIT = 1, 2, 4, 8, 0x40
EVENT_EXIT = 6
ORIG_RAX, RDI = 15 * 8, 14 * 8
UNSHARE = 272
ALL_CHILDREN = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long] * 4


def ptrace(request, pid, data=0, address=0):
    ctypes.set_errno(0)
    result = libc.ptrace(request, pid, address, data)
    if result == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), "ptrace %#x" % request)
    return result


def peek(pid, offset):
    # Other than the system call, the C library returns the word.
    return ptrace(PEEKUSER, pid, address=offset)


def name(pid):
    with open("/proc/%d/comm" % pid) as f:
        return f.read().strip()


def main():
    launcher, kind, what, command = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    ptrace(SEIZE, launcher, SYSGOOD | FORK | VFORK | CLONE | EXIT)
    print("ready", flush=True)
    inside = {}
    while True:
        pid, status = os.waitpid(-1, ALL_CHILDREN)
        if not os.WIFSTOPPED(status):
            continue
        stop, event = os.WSTOPSIG(status), status >> 16
        reached = False
        if stop == signal.SIGTRAP | 0x80:
            inside[pid] = not inside.get(pid, False)
            reached = (
                kind == "unshare"
                and not inside[pid]
                and peek(pid, ORIG_RAX) == UNSHARE
                and peek(pid, RDI) & int(what, 0) == int(what, 0)
            )
        elif event == EVENT_EXIT:
            reached = kind == "exit" and name(pid) == what
        if reached:
            subprocess.run(["/bin/sh", "-c", command], env=dict(os.environ, PID=str(pid)), check=True)
            return
        deliver = 0 if event or stop & 0x80 else stop
        try:
            ptrace(CONT if pid == launcher else SYSCALL, pid, deliver)
        except ProcessLookupError:
            pass


main()
