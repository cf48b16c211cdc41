"""Signals the sandbox's first process, whose end would be everybody's."""
from attack import attempt, each, syscall
import os

each("kill", [lambda s=s: os.kill(1, s) for s in range(65)])
each("tgkill", [lambda s=s: syscall(234, 1, 1, s) for s in range(65)])
each("rt_sigqueueinfo", [lambda s=s: syscall(129, 1, s, b"\xff" * 128) for s in (9, 15, 34)])
pidfd = os.pidfd_open(1)
each("pidfd_send_signal", [lambda s=s: syscall(424, pidfd, s, 0, 0) for s in range(65)])
attempt("setpgid", lambda: os.setpgid(1, 0))
attempt("prlimit", lambda: __import__("resource").prlimit(1, 0))
attempt("sched_setaffinity", lambda: os.sched_setaffinity(1, {0}))
attempt("setpriority", lambda: os.setpriority(os.PRIO_PROCESS, 1, 10))
