"""Reads what only the host should have."""
from attack import attempt, host, read
import os

for path in ("/etc/shadow", "/etc/ssh", "/root", "/boot", "/sys", "/var/lib", "/var/log", "/srv", "/mnt", "/opt"):
    attempt(path, lambda: os.stat(path))
attempt("a file of the host, by its path", lambda: read(host("SECRET_FILE")))
attempt("the node's run directory", lambda: os.listdir(host("RUN_DIRECTORY")))
attempt("the channels' listener", lambda: os.stat(host("RUN_DIRECTORY") + "/channel"))
attempt("the base root, by its path on the host", lambda: os.listdir(host("RUN_DIRECTORY") + "/base"))
