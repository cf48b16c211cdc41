"""Goes after the sandbox's first process, which holds its namespaces and whose program is the node's."""
from attack import attempt, each, overwrite, read
import os

attempt("/proc/1", lambda: os.stat("/proc/1"))
for entry in ("root/etc/shadow", "cwd", "mem", "environ", "maps", "fd/0", "exe", "status", "ns/mnt", "ns/net", "uid_map"):
    attempt(f"/proc/1/{entry}", lambda: read(f"/proc/1/{entry}"))
attempt("its program, to overwrite it", lambda: overwrite("/proc/1/exe"))
each("by its other names", [
    lambda: read("/proc/self/../1/environ"),
    lambda: read("/proc/1/task/1/environ"),
    lambda: os.listdir("/proc/self/task/../../1/fd"),
])
