"""Makes files larger than it may."""
from attack import attempt
import os
import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sparse = os.open("/tmp/sparse", os.O_RDWR | os.O_CREAT)
attempt("a sparse file of 1 TiB", lambda: os.ftruncate(sparse, 1 << 40))
attempt("a byte at 1 TiB", lambda: os.pwrite(sparse, b"x", 1 << 40))
attempt("a memfd of 1 TiB", lambda: os.ftruncate(os.memfd_create("m"), 1 << 40))
attempt("reserved blocks", lambda: os.posix_fallocate(sparse, 0, 64 << 20))
