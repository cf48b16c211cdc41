"""Makes the system calls given as NUMBER[,ARGUMENT...] and prints each one's error name, or ok."""

import ctypes
import errno
import sys

libc = ctypes.CDLL(None, use_errno=True)
for call in sys.argv[1:]:
    number, *arguments = [int(word, 0) for word in call.split(",")]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_ulong(argument) for argument in arguments])
    print("ok" if result != -1 else errno.errorcode[ctypes.get_errno()], flush=True)
