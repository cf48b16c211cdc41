"""Makes a set-uid program, and runs those of the machine."""
from attack import attempt, say
import os
import shutil
import subprocess


def ids(program):
    read = subprocess.run([program, "Uid", "/proc/self/status"], capture_output=True, text=True)
    return " ".join(read.stdout.split()[1:])


shutil.copy("/usr/bin/grep", "/tmp/grep")
attempt("chown", lambda: os.chown("/tmp/grep", 0, 0))
os.chmod("/tmp/grep", 0o6755)
say(f"a set-uid program of its own runs as: {ids('/tmp/grep')}")
say(f"su of the machine is set-uid: {bool(os.stat('/usr/bin/su').st_mode & 0o4000)}")
mount = subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "none", "/tmp"], capture_output=True, text=True)
say(f"mount: {'must be superuser' if 'must be superuser' in mount.stderr else mount}")
