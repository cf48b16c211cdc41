"""Signals processes of the host by the pids they have there. Only signal 0: it is checked like all others and does nothing."""
from attack import attempt, each, host, say
import os

each("the node, the launcher, another function", [lambda p=p: os.kill(int(host(p)), 0) for p in ("NODE_PID", "LAUNCHER_PID", "OTHER_PID")])
each("their process groups", [lambda p=p: os.kill(-int(host(p)), 0) for p in ("NODE_PID", "LAUNCHER_PID", "OTHER_PID")])
each("pidfd_open", [lambda p=p: os.pidfd_open(int(host(p))) for p in ("NODE_PID", "LAUNCHER_PID", "OTHER_PID")])
say(f"parent: {os.getppid()}")
each("getpgid, getsid", [lambda: os.getpgid(int(host("NODE_PID"))), lambda: os.getsid(int(host("NODE_PID")))])
attempt("setpriority of the init's user", lambda: os.setpriority(os.PRIO_USER, 999, 5))
