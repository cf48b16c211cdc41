package dev.instar.template.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that is refused, had by a program that has nothing else unusual. */
class RefusalTest {
    @TempDir
    Path directory;

    static Stream<Arguments> refused() {
        return Stream.of(
                arguments("a connected TCP socket", """
                        import socket
                        listener = socket.create_server(("127.0.0.1", 0))
                        client = socket.create_connection(listener.getsockname())
                        kept = listener.accept(); listener.close()
                        """, "descriptor \\d+: a connected TCP socket to 127.0.0.1:\\d+"),
                arguments("a listening socket", """
                        import socket
                        kept = socket.create_server(("127.0.0.1", 0))
                        """, "descriptor 3: a listening TCP socket at 127.0.0.1:\\d+"),
                arguments("a bound socket", """
                        import socket
                        kept = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); kept.bind(("::1", 0))
                        """, "descriptor 3: a bound UDP socket at \\[0:0:0:0:0:0:0:1\\]:\\d+"),
                arguments("an abstract Unix socket", """
                        import socket
                        kept = socket.socket(socket.AF_UNIX); kept.bind("\\0instar-test-" + str(os.getpid()))
                        """, "descriptor 3: a bound Unix socket at @instar-test-\\d+"),
                arguments("a socket pair", """
                        import socket
                        kept = socket.socketpair()
                        """, "descriptor 3: a connected Unix socket to an unnamed one"),
                arguments(
                        "a recursive mutex that a thread holds",
                        """
                        import ctypes, threading
                        libc = ctypes.CDLL(None)
                        attributes, mutex = ctypes.create_string_buffer(8), ctypes.create_string_buffer(64)
                        libc.pthread_mutexattr_init(attributes); libc.pthread_mutexattr_settype(attributes, 1)
                        libc.pthread_mutex_init(mutex, attributes)
                        held = threading.Event()
                        def hold():
                            libc.pthread_mutex_lock(mutex); held.set(); threading.Event().wait()
                        threading.Thread(target=hold, daemon=True).start(); held.wait()
                        """,
                        "a recursive or error-checking mutex at 0x[0-9a-f]+ that thread \\d+ holds"),
                arguments("a netlink socket", """
                        import socket
                        kept = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
                        """, "descriptor 3: a netlink socket"),
                arguments(
                        "a shared anonymous mapping",
                        """
                        import mmap
                        kept = mmap.mmap(-1, 4096)
                        """,
                        "a shared writable mapping /dev/zero \\(deleted\\) at [0-9a-f]+"),
                arguments(
                        "a shared mapping of a memfd", """
                        import mmap
                        fd = os.memfd_create("kept"); os.ftruncate(fd, 4096)
                        kept = call(9, 0, 4096, mmap.PROT_READ, mmap.MAP_SHARED, fd, 0); os.close(fd)
                        """, "a shared mapping /memfd:kept \\(deleted\\) at [0-9a-f]+"),
                arguments("a shared writable file", """
                        import mmap, tempfile
                        f = tempfile.NamedTemporaryFile(); f.truncate(4096)
                        kept = mmap.mmap(f.fileno(), 4096)
                        """, "a shared writable mapping /\\S+ at [0-9a-f]+"),
                arguments("a memfd", "kept = os.memfd_create('kept')", "descriptor 3: a memfd"),
                arguments("System V shared memory", """
                        libc.shmat.restype = ctypes.c_void_p
                        segment = call(29, 0, 4096, 0o1600)
                        kept = libc.shmat(segment, None, 0)
                        libc.shmctl(segment, 0, None)
                        """, "a System V shared memory segment at [0-9a-f]+"),
                arguments("a child", """
                        import subprocess
                        kept = subprocess.Popen(["/bin/sleep", "1000"])
                        """, "child process \\d+ \\(sleep\\)"),
                arguments("a zombie", """
                        kept = os.fork()
                        os._exit(0) if kept == 0 else os.waitid(os.P_PID, kept, os.WEXITED | os.WNOWAIT)
                        """, "child process \\d+ \\(python3\\)"),
                arguments("a POSIX timer", """
                        event = ctypes.create_string_buffer(64); event[12] = 1
                        kept = call(222, 1, event, ctypes.create_string_buffer(8))
                        assert kept == 0
                        """, "a POSIX timer \\(ID: 0\\)"),
                arguments("an interval timer", """
                        import signal
                        signal.setitimer(signal.ITIMER_REAL, 1000)
                        """, "an interval timer \\(setitimer or alarm\\)"),
                arguments("a pending signal", """
                        import signal
                        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); os.kill(os.getpid(), signal.SIGUSR1)
                        """, "a pending signal, 10, of thread \\d+"),
                arguments(
                        "a pipe from outside",
                        "kept = os.open('/proc/self/fd/1', os.O_WRONLY)",
                        "descriptor 3: a pipe whose other end is outside the process"),
                arguments(
                        "half a pipe",
                        "kept, gone = os.pipe(); os.close(gone)",
                        "descriptor 3: a pipe whose other end is outside the process"),
                arguments("inotify", "kept = call(294, 0)", "descriptor 3: an inotify watch"),
                arguments("fanotify", "kept = call(300, 0, 0)", "descriptor 3: a fanotify group"),
                arguments("a userfaultfd", "kept = call(323, 0)", "descriptor 3: a userfaultfd"),
                arguments("a pidfd", "kept = os.pidfd_open(os.getpid())", "descriptor 3: a pidfd"),
                arguments("a performance counter", """
                        attributes = ctypes.create_string_buffer(128)
                        attributes[0] = 1; attributes[4] = 128
                        kept = call(298, attributes, 0, -1, -1, 0)
                        """, "descriptor 3: a performance counter"),
                arguments(
                        "an io_uring",
                        "kept = call(425, 4, ctypes.create_string_buffer(256))",
                        "descriptor 3: an io_uring"),
                arguments(
                        "asynchronous I/O",
                        "kept = call(206, 4, ctypes.create_string_buffer(8))",
                        "an asynchronous I/O context at [0-9a-f]+"),
                arguments("a deleted file", """
                        import tempfile
                        kept = tempfile.TemporaryFile()
                        """, "descriptor 3: a deleted file, /\\S+"),
                arguments("a replaced file", """
                        import tempfile
                        kept = tempfile.NamedTemporaryFile(); os.rename(kept.name, kept.name + "x")
                        os.unlink(kept.name + "x"); open(kept.name, "w").close()
                        """, "descriptor 3: a deleted file, /\\S+"),
                arguments("a mapped file that is deleted", """
                        import mmap, tempfile
                        f = tempfile.TemporaryFile(); f.truncate(4096)
                        kept = call(9, 0, 4096, mmap.PROT_READ, mmap.MAP_PRIVATE, f.fileno(), 0); f.close()
                        """, "a mapping: a deleted file, /\\S+"),
                arguments("a deleted working directory", """
                        import tempfile
                        kept = tempfile.mkdtemp(); os.chdir(kept); os.rmdir(kept)
                        """, "the working directory: a deleted file, /\\S+"),
                arguments("a lock of flock", """
                        import fcntl
                        kept = open("/usr/bin/env"); fcntl.flock(kept, fcntl.LOCK_SH)
                        """, "descriptor 3: a file lock on /usr/bin/env"),
                arguments("a POSIX lock", """
                        import fcntl
                        kept = open("/usr/bin/env"); fcntl.lockf(kept, fcntl.LOCK_SH)
                        """, "descriptor 3: a file lock on /usr/bin/env"),
                arguments(
                        "a terminal",
                        "kept = os.openpty()",
                        "descriptor 3: a device, terminal or named pipe, /dev/\\S+"),
                arguments("a named pipe", """
                        import tempfile
                        path = os.path.join(tempfile.mkdtemp(), "fifo"); os.mkfifo(path)
                        kept = os.open(path, os.O_RDWR)
                        """, "descriptor 3: a device, terminal or named pipe, /\\S+"),
                arguments(
                        "a file about a process",
                        "kept = os.open('/proc/self/status', 0)",
                        "descriptor 3: a file about a process, /proc/\\d+/status"),
                arguments(
                        "an epoll set that watches a closed number",
                        """
                        import select
                        r, w = os.pipe(); kept = select.epoll(); kept.register(r); copy = os.dup(r); os.close(r)
                        """,
                        "descriptor \\d+: an epoll set that watches a file whose descriptor, \\d+, is closed"),
                arguments(
                        "an epoll set that watches a reused number",
                        """
                        import select
                        r, w = os.pipe(); kept = select.epoll(); kept.register(r); copy = os.dup(r); os.close(r)
                        reused = os.open("/dev/null", 0); assert reused == r
                        """,
                        "descriptor \\d+: an epoll set that watches a file whose descriptor, \\d+, is closed"),
                arguments("32-bit code", """
                        import mmap, threading
                        # push 0x23; push address; retfq; and there: jmp to itself
                        at = call(9, 0, 4096, 7, 0x62, -1, 0)
                        ctypes.memmove(at, b"\\x6a\\x23\\x68" + (at + 64).to_bytes(4, "little") + b"\\x48\\xcb", 9)
                        ctypes.memmove(at + 64, b"\\xeb\\xfe", 2)
                        threading.Thread(target=ctypes.CFUNCTYPE(None)(at), daemon=True).start()
                        thread = max(map(int, os.listdir("/proc/self/task")))
                        ticks = lambda: int(open(f"/proc/self/task/{thread}/stat").read().split()[13])
                        while ticks() < 3: pass
                        """, "thread \\d+, which runs 32-bit code"),
                arguments("a child before its execution", """
                        import tempfile, threading
                        fifo = os.path.join(tempfile.mkdtemp(), "fifo"); os.mkfifo(fifo)
                        actions = ctypes.create_string_buffer(256); libc.posix_spawn_file_actions_init(actions)
                        libc.posix_spawn_file_actions_addopen(actions, 0, fifo.encode(), os.O_RDONLY, 0)
                        nothing = (ctypes.c_char_p * 2)(b"true", None); pid = ctypes.c_int()
                        spawn = lambda: libc.posix_spawn(ctypes.byref(pid), b"/bin/true", actions, None, nothing, nothing)
                        threading.Thread(target=spawn, daemon=True).start()
                        children = lambda t: open(f"/proc/self/task/{t}/children").read()
                        while not any(children(t) for t in os.listdir("/proc/self/task")):
                            pass
                        """, "child process \\d+ \\(python3\\)"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void isRefusedAndTheProgramGoesOn(String what, String code, String object) throws Exception {
        try (Program program = Program.python()) {
            try {
                program.run("import tempfile; tempfile.tempdir = '" + directory + "'");
                program.run(code);
                CaptureRefusedException refused =
                        catchThrowableOfType(CaptureRefusedException.class, () -> Taken.from(program));
                assertThat(refused).as(what).isNotNull();
                assertThat(refused.object()).matches(object);
                assertThat(refused.remedy()).isNotBlank();
                assertThat(program.ask("6 * 7")).isEqualTo("42");
            } finally {
                program.endChildren();
            }
        }
    }
}
