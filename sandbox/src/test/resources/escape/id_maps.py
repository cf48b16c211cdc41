"""Gives itself more ids."""
from attack import attempt, overwrite, say
import os

attempt("uid_map", lambda: overwrite("/proc/self/uid_map", "0 0 1"))
attempt("gid_map", lambda: overwrite("/proc/self/gid_map", "0 0 1"))
attempt("projid_map", lambda: overwrite("/proc/self/projid_map", "0 0 1"))
attempt("setgroups", lambda: overwrite("/proc/self/setgroups", "deny"))
attempt("a file of its own, to root", lambda: (open("/tmp/f", "w"), os.chown("/tmp/f", 0, -1)) and None)
attempt("a file of its own, to the init", lambda: os.chown("/tmp/f", 999, -1))
attempt("a file of its own, to the init's group", lambda: os.chown("/tmp/f", -1, 999))
say(f"/usr belongs to: {os.stat('/usr').st_uid}")
