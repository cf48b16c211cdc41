"""Looks for another function that runs now: its code, its /tmp, its secrets, its process."""
from attack import attempt, host, read, say
import os

attempt("its code, by its path on the host", lambda: read(host("OTHER_CODE") + "/secret.txt"))
attempt("its /tmp, by its process", lambda: os.listdir(f"/proc/{host('OTHER_PID')}/root/tmp"))
attempt("its process", lambda: os.stat(f"/proc/{host('OTHER_PID')}"))
attempt("a signal to it", lambda: os.kill(int(host("OTHER_PID")), 0))

wanted, found = {"secret.txt", "secret-in-tmp.txt", "secret-in-shm.txt"}, []
for directory, below, files in os.walk("/"):
    if directory == "/":
        below[:] = [name for name in below if name not in ("proc", "usr")]
    found += [f"{directory}/{file}" for file in files if file in wanted]
say(f"its files anywhere: {found or 'none'}")
say(f"secrets of its own: {os.listdir('/var/openfaas/secrets') if os.path.isdir('/var/openfaas/secrets') else 'none'}")
