"""Leaves traces of every kind that a use of a sandbox might leave for the next, or looks for them.

residue.py plant     leaves them and waits to be ended
residue.py control   leaves them and has a child look for them: what shows that the seeker can see
residue.py seek      looks for them

One line of TRACES is one trace: its name, how it is left, and how it is looked for; the search gives evidence or None. The table
residue.txt says what becomes of each.
"""

import ctypes
import fcntl
import glob
import mmap
import os
import resource
import signal
import socket
import struct
import sys
import time

from attack import outcome, say, syscall

C = ctypes.CDLL(None, use_errno=True)
KEY = 0x1234
KEPT = []
SHARED = "/instar/shared.txt"


def keep(thing):
    """Alive until this program ends."""
    KEPT.append(thing)


def write(path, text="left behind"):
    with open(path, "w") as file:
        file.write(text)


def path(name):
    return lambda: name if os.path.lexists(name) else None


def lines(file):
    with open(file) as text:
        return text.read().splitlines()


def called(name):
    """Processes of that name."""
    return lambda: [p for p in glob.glob("/proc/[0-9]*/comm") if readable(p).strip() == name] or None


def readable(file):
    try:
        with open(file, "rb") as text:
            return text.read().decode(errors="replace")
    except OSError:
        return ""


def set_name(name):
    C.prctl(15, name.encode(), 0, 0, 0)


def process(name, then=signal.pause, session=False):
    """A child, or a grandchild without a parent, that does something for ever."""
    if session and (child := os.fork()):
        os.waitpid(child, 0)
        time.sleep(0.02)
        return
    if session:
        os.setsid()
    if os.fork():
        if session:
            os._exit(0)
        return
    set_name(name)
    while True:
        then()


def deaf():
    for number in range(1, 65):
        if number not in (9, 19, 32, 33):
            signal.signal(number, signal.SIG_IGN)
    time.sleep(600)


def stop():
    os.kill(os.getpid(), signal.SIGSTOP)


def stopped_parent():
    if os.fork() == 0:
        set_name("left-zombie")
        os._exit(0)
    stop()


def states(letter):
    return lambda: [s for s in map(readable, glob.glob("/proc/[0-9]*/stat")) if f") {letter} " in s] or None


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), "")
    return result


def exists(call):
    """A lookup that fails where there is nothing."""
    return lambda: f"id {call()}" if succeeds(call) else None


def succeeds(call):
    try:
        checked(call())
        return True
    except OSError:
        return False


def listening(family, kind, address):
    s = socket.socket(family, kind)
    s.bind(address)
    if kind == socket.SOCK_STREAM:
        s.listen()
    keep(s)
    return s


def reachable(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        return "answers" if s.connect_ex(address) == 0 else None


def time_wait():
    server = listening(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 4401))
    client = socket.create_connection(("127.0.0.1", 4401))
    accepted, _ = server.accept()
    client.close()
    time.sleep(0.05)
    accepted.close()


def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.sendto(b"x" * 1000, s.getsockname())


def counted(file, of, ignoring=()):
    """Numbers that are not zero in the line that begins with a word."""
    numbers = [w for line in lines(file) for w in line.split()[1:] if line.split()[:1] == [of] and w.isdigit()]
    return numbers if any(n != "0" and i not in ignoring for i, n in enumerate(numbers)) else None


def open_file():
    fd = os.open(SHARED, os.O_RDONLY)
    keep(fd)
    return fd


def locked():
    with open(SHARED) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return "somebody has it"


def record_locked():
    with open(SHARED) as file:
        told = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        return None if struct.unpack("hhqqi4x", told)[0] == fcntl.F_UNLCK else "somebody has it"


def take_watches():
    while (fd := C.inotify_init1(0)) >= 0:
        keep(fd)


def no_watches():
    return None if C.inotify_init1(0) >= 0 else "used up"


def deleted_file():
    fd = os.open("/tmp/deleted", os.O_CREAT | os.O_RDWR)
    keep(fd)
    os.write(fd, b"x" * 100000)
    os.unlink("/tmp/deleted")


def linked(part):
    def look():
        for link in glob.glob("/proc/[0-9]*/fd/*"):
            try:
                if part in (target := os.readlink(link)):
                    return target
            except OSError:
                pass
    return look


def used_numbers():
    for _ in range(40):
        if (child := os.fork()) == 0:
            os._exit(0)
        os.waitpid(child, 0)


def pending():
    signal.pthread_sigmask(signal.SIG_BLOCK, [40])
    for _ in range(100):
        checked(C.sigqueue(os.getpid(), 40, None))


def queued():
    queued_now = [line.split()[1].split("/")[0] for line in lines("/proc/self/status") if line.startswith("SigQ")]
    return None if queued_now == ["0"] else queued_now


def crash():
    if (child := os.fork()) == 0:
        os.chdir("/tmp")
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)
        os._exit(0)
    os.waitpid(child, 0)
    if not glob.glob("/tmp/core*"):
        raise OSError(2, "no core was written")


def environ():
    return [p for p in glob.glob("/proc/[0-9]*/environ") if "LEFT_SECRET" in readable(p)] or None


def argument():
    return [p for p in glob.glob("/proc/[0-9]*/cmdline") if "left-argument" in readable(p)] or None


def with_argument():
    if os.fork() == 0:
        os.execv("/bin/sh", ["/bin/sh", "-c", "sleep 600; :", "left-argument"])


def fill_cache():
    for file in glob.glob("/usr/lib/python3*/*.py")[:50]:
        readable(file)
    keep(mmap.mmap(-1, 10 << 20))
    KEPT[-1].write(b"x" * (10 << 20))
    write("/dev/shm/large", "x" * (5 << 20))


def unlike(call, expected):
    return lambda: None if (now := call()) == expected else now


def inodes():
    tmp = os.statvfs("/tmp")
    return None if tmp.f_files - tmp.f_ffree <= 1 else tmp.f_files - tmp.f_ffree


def size(directory):
    return lambda: os.statvfs(directory).f_blocks * os.statvfs(directory).f_frsize


ADD_KEY = 248
INET, UNIX, STREAM = socket.AF_INET, socket.AF_UNIX, socket.SOCK_STREAM

# The searches that make connections come after those that look for connections ever made.
TRACES = [
    ("file in /tmp", lambda: write("/tmp/left"), path("/tmp/left")),
    ("file in /dev/shm", lambda: write("/dev/shm/left"), path("/dev/shm/left")),
    ("directory", lambda: os.makedirs("/tmp/a/b/c"), path("/tmp/a/b/c")),
    ("symbolic link", lambda: os.symlink("/nowhere", "/tmp/link"), path("/tmp/link")),
    ("FIFO", lambda: os.mkfifo("/tmp/fifo"), path("/tmp/fifo")),
    ("path socket", lambda: listening(UNIX, STREAM, "/tmp/socket") and None, path("/tmp/socket")),
    ("hard link", lambda: os.link("/tmp/left", "/tmp/second"), path("/tmp/second")),
    ("extended attribute", lambda: os.setxattr("/tmp", "user.left", b"x"), lambda: os.listxattr("/tmp") or None),
    ("mode of /tmp", lambda: os.chmod("/tmp", 0o700), unlike(lambda: os.stat("/tmp").st_mode & 0o7777, 0o1777)),
    ("deleted file", deleted_file, linked("/tmp/deleted (deleted)")),
    ("memory file", lambda: keep(os.memfd_create("left")), linked("memfd:left")),
    ("files counted", lambda: None, inodes),
    ("size of /tmp", lambda: None, unlike(size("/tmp"), 64 << 20)),
    ("size of /dev/shm", lambda: None, unlike(size("/dev/shm"), 128 << 20)),
    ("file in /var/tmp", lambda: write("/var/tmp/left"), path("/var/tmp/left")),
    ("file in its code", lambda: write("/function/left"), path("/function/left")),
    ("core file", crash, lambda: glob.glob("/tmp/core*") or None),
    ("shared memory", lambda: checked(C.shmget(KEY, 8192, 0o1666)) and None, exists(lambda: C.shmget(KEY, 0, 0))),
    ("semaphores", lambda: checked(C.semget(KEY, 1, 0o1666)) and None, exists(lambda: C.semget(KEY, 0, 0))),
    ("message queue", lambda: checked(C.msgget(KEY, 0o1666)) and None, exists(lambda: C.msgget(KEY, 0))),
    ("list of IPC objects", lambda: None, lambda: [t for t in glob.glob("/proc/sysvipc/*") if len(lines(t)) > 1] or None),
    ("POSIX queue", lambda: checked(C.mq_open(b"/left", 0o102, 0o666, None)), exists(lambda: C.mq_open(b"/left", 0))),
    ("abstract socket", lambda: listening(UNIX, STREAM, "\0left") and None, lambda: reachable(UNIX, "\0left")),
    ("names of sockets", lambda: None, lambda: lines("/proc/net/unix")[1:] or None),
    ("UDP socket", lambda: listening(INET, socket.SOCK_DGRAM, ("0.0.0.0", 4400)) and None, lambda: lines("/proc/net/udp")[1:] or None),
    ("closed connection", time_wait, lambda: [s for s in lines("/proc/net/tcp") if s.split()[3] == "06"] or None),
    ("bytes on loopback", datagram, lambda: counted("/proc/net/dev", "lo:")),
    ("datagrams counted", datagram, lambda: counted("/proc/net/snmp", "Udp:")),
    ("connections counted", lambda: None, lambda: counted("/proc/net/snmp", "Tcp:", ignoring=(0, 1, 2, 13))),
    ("octets of IP", lambda: None, lambda: counted("/proc/net/netstat", "IpExt:")),
    ("refused address", lambda: outcome(lambda: socket.create_connection(("10.9.8.7", 1))) and None, lambda: counted("/proc/net/snmp", "Ip:", ignoring=(0, 1))),
    ("TCP listener", lambda: listening(INET, STREAM, ("0.0.0.0", 4400)) and None, lambda: reachable(INET, ("127.0.0.1", 4400))),
    ("daemon", lambda: process("left-daemon", session=True), called("left-daemon")),
    ("deaf process", lambda: process("left-deaf", deaf), called("left-deaf")),
    ("stopped process", lambda: process("left-stopped", stop), called("left-stopped")),
    ("zombie of a stopped parent", lambda: process("left-parent", stopped_parent), states("Z")),
    ("busy process", lambda: process("left-busy", lambda: None), called("left-busy")),
    ("arguments in /proc", with_argument, argument),
    ("environment in /proc", lambda: None, environ),
    ("process numbers", used_numbers, lambda: os.getpid() if os.getpid() > 3 else None),
    ("pending signals", pending, queued),
    ("flock on a shared file", lambda: fcntl.flock(open_file(), fcntl.LOCK_SH), locked),
    ("record lock on a shared file", lambda: fcntl.lockf(open_file(), fcntl.LOCK_SH), record_locked),
    ("lease", lambda: fcntl.fcntl(open_file(), fcntl.F_SETLEASE, fcntl.F_RDLCK), lambda: None),
    ("inotify instances", take_watches, no_watches),
    ("key in a session key ring", lambda: syscall(ADD_KEY, b"user", b"left", b"x", 1, -3), lambda: None),
    ("key in a user's key ring", lambda: syscall(ADD_KEY, b"user", b"left", b"x", 1, -4), lambda: None),
    ("host name", lambda: socket.sethostname("left"), lambda: "left" if socket.gethostname() == "left" else None),
    ("mount", lambda: checked(C.mount(b"x", b"/tmp/a", b"tmpfs", 0, b"")), lambda: [m for m in lines("/proc/mounts") if " /tmp/a " in m] or None),
    ("loopback down", lambda: fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 0)), lambda: None),
    ("secret", lambda: None, path("/var/openfaas/secrets/token")),
    ("another's code", lambda: None, path("/function/of-the-planter.txt")),
    ("another's layer", lambda: None, path("/layers/1/of-the-planter.txt")),
    ("memory and page cache", fill_cache, path("/dev/shm/large")),
    ("umask", lambda: os.umask(0o077) and None, unlike(lambda: os.umask(0o022), 0o022)),
    ("working directory", lambda: os.chdir("/tmp"), unlike(os.getcwd, "/function")),
    ("open files, limit", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (512, 2048)), unlike(lambda: resource.getrlimit(resource.RLIMIT_NOFILE), (1024, 4096))),
    ("stack, limit", lambda: resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, 4 << 20)), lambda: "less" if resource.getrlimit(resource.RLIMIT_STACK)[1] == 4 << 20 else None),
    ("nice value", lambda: os.nice(5) and None, unlike(lambda: os.nice(0), 0)),
    ("ignored signal", lambda: signal.signal(signal.SIGUSR1, signal.SIG_IGN) and None, unlike(lambda: signal.getsignal(signal.SIGUSR1), signal.SIG_DFL)),
    ("blocked signal", lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [44]) and None, lambda: signal.pthread_sigmask(signal.SIG_BLOCK, []) or None),
    ("slack of timers", lambda: checked(C.prctl(29, 123456, 0, 0, 0)) and None, unlike(lambda: C.prctl(30, 0, 0, 0, 0), 50000)),
    ("out-of-memory score", lambda: write("/proc/self/oom_score_adj", "600"), unlike(lambda: lines("/proc/self/oom_score_adj"), ["500"])),
    ("descriptors", lambda: keep(os.dup2(1, 300)), lambda: [fd for fd in os.listdir("/proc/self/fd") if fd == "300"] or None),
]


def plant():
    for name, how, _ in TRACES:
        ended = outcome(how)
        say(f"{name}: {'left' if ended.startswith('SUCCEEDED') else ended}")


def seek():
    for name, _, search in TRACES:
        found = search()
        say(f"{name}: {'none' if found is None else f'FOUND {str(found)[:200]}'}")


if sys.argv[1] != "seek":
    plant()
say("planted" if sys.argv[1] != "seek" else "seeking")
if sys.argv[1] == "control":
    if (child := os.fork()) == 0:
        seek()
        say("done")
        os._exit(0)
    os.waitpid(child, 0)
elif sys.argv[1] == "seek":
    seek()
    say("done")
signal.pause()
