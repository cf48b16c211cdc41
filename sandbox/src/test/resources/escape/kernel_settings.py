"""Changes the kernel's settings, and reads what it tells administrators only."""
from attack import attempt, each, overwrite, say
import os

for setting in ("kernel/core_pattern", "kernel/hostname", "vm/drop_caches", "vm/overcommit_memory",
                "fs/protected_symlinks", "fs/suid_dumpable", "net/ipv4/ip_forward", "net/ipv4/ping_group_range",
                "user/max_user_namespaces", "kernel/shmmax", "fs/mqueue/queues_max"):
    attempt(setting, lambda: overwrite(f"/proc/sys/{setting}"))
attempt("binary formats", lambda: os.stat("/proc/sys/fs/binfmt_misc/register"))
attempt("a setting, as far as its mode goes", lambda: os.close(os.open("/proc/sys/kernel/hostname", os.O_WRONLY)))
for file in ("sysrq-trigger", "kcore", "kallsyms", "keys", "key-users", "kmsg", "timer_list", "config.gz", "kpageflags",
             "locks"):
    if os.path.exists(f"/proc/{file}"):
        status = os.stat(f"/proc/{file}")
        null = os.stat("/dev/null")
        if (status.st_rdev, status.st_ino) != (null.st_rdev, null.st_ino):
            say(f"/proc/{file} is not the null device")
say(f"directories that drivers fill: {sum((os.listdir(f'/proc/{d}') for d in ('irq', 'bus', 'fs', 'tty')), []) or 'empty'}")
each("what only root reads", [lambda f=f: os.close(os.open(f"/proc/{f}", os.O_RDONLY)) for f in ("slabinfo", "pagetypeinfo")])
say(f"addresses of memory: {sorted(set(line.split('-')[0].strip() for line in open('/proc/iomem')) - {'00000000'}) or 'hidden'}")
