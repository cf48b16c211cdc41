"""Gives capabilities to a file, and attributes that only the kernel's guards may write."""
from attack import attempt, each, say
import os
import shutil
import struct

shutil.copy("/usr/bin/env", "/tmp/env")
everything = struct.pack("<IIIII", 0x02000001, 0xFFFFFFFF, 0, 0xFFFFFFFF, 0)
attempt("security.capability", lambda: os.setxattr("/tmp/env", "security.capability", everything))
attempt("trusted.overlay.opaque", lambda: os.setxattr("/tmp/env", "trusted.overlay.opaque", b"y"))
attempt("security.ima", lambda: os.setxattr("/tmp/env", "security.ima", b"x"))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
say("capabilities: " + " ".join(sorted({status[s].strip() for s in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")})))
