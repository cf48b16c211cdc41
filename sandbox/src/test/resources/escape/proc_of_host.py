"""Goes after processes of the host by the pids they have there."""
from attack import attempt, each, host, read, say
import os

node, launcher = host("NODE_PID"), host("LAUNCHER_PID")
each("the node", [lambda e=e: read(f"/proc/{node}/{e}") for e in ("environ", "mem", "root/etc/shadow", "cwd", "fd/0")])
each("the launcher", [lambda e=e: read(f"/proc/{launcher}/{e}") for e in ("environ", "mem", "exe", "ns/mnt")])
attempt("one of the node's threads", lambda: os.stat(f"/proc/self/task/{node}"))
say(f"processes to be seen: {sorted(int(p) for p in os.listdir('/proc') if p.isdigit()) == [os.getpid()] and 'itself'}")
