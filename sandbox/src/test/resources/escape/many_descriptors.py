"""Opens descriptors, pipes and locks without end."""
from attack import attempt, name, say
import fcntl
import os
import resource

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
try:
    while len(held) < 100_000:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError as e:
    say(f"descriptors: {name(e.errno)}, {'within' if len(held) <= 4096 else 'beyond'} 4096")
for fd in held:
    os.close(fd)

attempt("a pipe of 2 MiB", lambda: fcntl.fcntl(os.pipe()[0], 1031, 2 << 20))
pipes = 0
try:
    while pipes < 1000:
        fcntl.fcntl(os.pipe()[0], 1031, 1 << 20)
        pipes += 1
except OSError as e:
    say(f"pipes of 1 MiB: {name(e.errno)}, {'within' if pipes <= 64 else 'beyond'} 64")
