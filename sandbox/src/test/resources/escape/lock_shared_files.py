"""Locks files that others read too: advisory locks of a read-only file of the machine."""
from attack import attempt
import fcntl
import os

env = os.open("/usr/bin/env", os.O_RDONLY)
attempt("a write lock", lambda: fcntl.lockf(env, fcntl.LOCK_EX | fcntl.LOCK_NB))
attempt("a lease", lambda: fcntl.fcntl(env, 1024, fcntl.F_RDLCK))
attempt("mandatory locking", lambda: os.chmod("/usr/bin/env", 0o2644))
