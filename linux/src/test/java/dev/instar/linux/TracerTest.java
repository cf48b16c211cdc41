package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs in Python are stopped. A shell is their parent, since this process would be told of its children's stops.
 */
@Timeout(120)
class TracerTest {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private Process shell;
    private BufferedReader output;
    private int pid;

    private void start(String code) throws IOException {
        shell = new ProcessBuilder(
                        "/bin/sh",
                        "-c",
                        "exec 3<&0; \"$@\" <&3 3<&- & exec 3<&- 2>/dev/null; wait $!; exit $?",
                        "-",
                        "/usr/bin/python3",
                        "-c",
                        "import os, sys\nprint(os.getpid(), flush=True)\n" + code)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        output = shell.inputReader(StandardCharsets.UTF_8);
        pid = Integer.parseInt(output.readLine());
    }

    private void send(String line) throws IOException {
        shell.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        shell.getOutputStream().flush();
    }

    @AfterEach
    void end() {
        if (shell != null && shell.isAlive()) {
            ProcessHandle.of(pid).ifPresent(python -> {
                python.descendants().forEach(ProcessHandle::destroyForcibly);
                python.destroyForcibly();
            });
            shell.onExit().orTimeout(20, TimeUnit.SECONDS).join();
        }
    }

    @Test
    void callsAreIssuedAsTheProcess() throws Exception {
        start("for line in sys.stdin: print(os.path.exists('/proc/self'), flush=True)");

        long answer = Tracer.whileStopped(pid, LIMIT, process -> {
            try (Injection injection = process.inject(process.threads().getFirst())) {
                assertThatThrownBy(() -> injection.call("close", 99))
                        .isInstanceOfSatisfying(
                                LinuxException.class,
                                failed -> assertThat(failed.errno()).isEqualTo(Errno.EBADF));
                injection.call("getcwd", injection.scratch(), Injection.SCRATCH_BYTES);
                assertThat(new String(injection.scratchBytes(1), StandardCharsets.US_ASCII))
                        .isEqualTo("/");
                return injection.call("getpid");
            }
        });

        assertThat(answer).isEqualTo(pid);
        send("");
        assertThat(output.readLine()).isEqualTo("True");
    }

    @Test
    void allThreadsStandStillHoweverFastNewOnesCome() throws Exception {
        start("""
                import threading
                def again(): threading.Thread(target=again, daemon=True).start()
                for i in range(8): again()
                print("ready", flush=True)
                for line in sys.stdin: print(line.strip(), flush=True)
                """);
        assertThat(output.readLine()).isEqualTo("ready");
        ProcFiles proc = new ProcFiles();
        for (int i = 0; i < 50; i++) {
            Tracer.whileStopped(pid, LIMIT, process -> {
                List<Integer> stopped =
                        process.threads().stream().map(TracedThread::id).toList();
                assertThat(stopped.getFirst()).isEqualTo(pid);
                for (int tid : proc.threads(pid)) {
                    char state =
                            proc.threadStatus(pid, tid).map(TaskStatus::state).orElse('X');
                    assertThat(state).isIn('t', 'Z', 'X');
                    assertThat(state == 't').isEqualTo(stopped.contains(tid));
                }
                return 0;
            });
        }
        send("on");
        assertThat(output.readLine()).isEqualTo("on");
    }

    @Test
    void noSignalIsLostAndNoneComesTwice() throws Exception {
        int signals = 2000;
        // The handler counts by itself, since Python's runs once for several signals: lock inc [rip + 57]; ret.
        start("""
                import ctypes, mmap
                page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
                page[0:8] = bytes.fromhex("f0ff0539000000c3")
                at = ctypes.addressof(ctypes.c_char.from_buffer(page))
                assert ctypes.CDLL(None).signal(40, ctypes.c_void_p(at)) == 0
                print("ready", flush=True)
                for line in sys.stdin: print(int.from_bytes(page[64:68], "little"), flush=True)
                """);
        assertThat(output.readLine()).isEqualTo("ready");
        Process sender = new ProcessBuilder(
                        "/usr/bin/python3",
                        "-c",
                        "import ctypes, time\nq = ctypes.create_string_buffer(128)\nq[8:12] = (-1).to_bytes(4, 'little', "
                                + "signed=True)\nfor i in range(" + signals
                                + "):\n    assert ctypes.CDLL(None).syscall(129, "
                                + pid + ", 40, q) == 0\n    time.sleep(0.0005)")
                .inheritIO()
                .start();
        while (sender.isAlive()) {
            Tracer.whileStopped(pid, LIMIT, process -> {
                try (Injection injection = process.inject(process.threads().getFirst())) {
                    return injection.call("getpid");
                }
            });
        }
        assertThat(sender.waitFor()).isZero();
        send("");
        assertThat(output.readLine()).isEqualTo(Integer.toString(signals));
    }

    @Test
    void aThreadThatCannotStopIsAnErrorAndTheProcessGoesOn(@TempDir Path directory) throws Exception {
        Path fifo = directory.resolve("fifo");
        start("""
                import ctypes, threading
                libc = ctypes.CDLL(None)
                os.mkfifo("%1$s")
                actions = ctypes.create_string_buffer(256); libc.posix_spawn_file_actions_init(actions)
                libc.posix_spawn_file_actions_addopen(actions, 0, b"%1$s", os.O_RDONLY, 0)
                nothing = (ctypes.c_char_p * 2)(b"true", None); child = ctypes.c_int()
                def spawn():
                    libc.posix_spawn(ctypes.byref(child), b"/bin/true", actions, None, nothing, nothing)
                    print("spawned", flush=True)
                threading.Thread(target=spawn, daemon=True).start()
                for line in sys.stdin:
                    os.close(os.open("%1$s", os.O_WRONLY))
                """.formatted(fifo));
        ProcFiles proc = new ProcFiles();
        await().until(() -> !proc.children(pid).isEmpty());

        TraceException failed = catchThrowableOfType(
                TraceException.class, () -> Tracer.whileStopped(pid, Duration.ofMillis(300), process -> 0));

        assertThat(failed.reason()).isEqualTo(TraceException.Reason.NOT_STOPPING);
        send("");
        assertThat(output.readLine()).isEqualTo("spawned");
        await().untilAsserted(() ->
                assertThat(proc.threadStatus(pid, pid).orElseThrow().tracer()).isZero());
    }

    @Test
    void whatIsNotThereOrHasEndedIsSaid() throws Exception {
        TraceException nobody =
                catchThrowableOfType(TraceException.class, () -> Tracer.whileStopped(1 << 30, LIMIT, process -> 0));
        assertThat(nobody.reason()).isEqualTo(TraceException.Reason.ENDED);

        start("""
                import ctypes, threading, time
                threading.Thread(target=lambda: time.sleep(1000)).start()
                ctypes.CDLL(None).pthread_exit(None)
                """);
        ProcFiles proc = new ProcFiles();
        await().until(() -> proc.threadStatus(pid, pid).orElseThrow().ended());
        TraceException leader =
                catchThrowableOfType(TraceException.class, () -> Tracer.whileStopped(pid, LIMIT, process -> 0));
        assertThat(leader.reason()).isEqualTo(TraceException.Reason.ENDED);
    }

    @Test
    void ownChildrenAreNotTraced() throws Exception {
        start("sys.stdin.read()");
        assertThatThrownBy(() -> Tracer.whileStopped((int) shell.pid(), LIMIT, process -> 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void onlyOneCanTrace() throws Exception {
        start("sys.stdin.read()");
        TraceException second = Tracer.whileStopped(
                pid,
                LIMIT,
                process ->
                        catchThrowableOfType(TraceException.class, () -> Tracer.whileStopped(pid, LIMIT, again -> 0)));
        assertThat(second.reason()).isEqualTo(TraceException.Reason.ALREADY_TRACED);
    }

    @Test
    void workThatFailsOrIsInterruptedLetsTheProcessGoOn() throws Exception {
        start("for line in sys.stdin: print(line.strip(), flush=True)");
        assertThatThrownBy(() -> Tracer.whileStopped(pid, LIMIT, process -> {
                    Injection left = process.inject(process.threads().getFirst());
                    try (left) {
                        left.call("getpid");
                        throw new IllegalStateException("no");
                    }
                }))
                .isInstanceOf(IllegalStateException.class);

        CountDownLatch working = new CountDownLatch(1);
        AtomicReference<Throwable> end = new AtomicReference<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                Tracer.whileStopped(pid, LIMIT, process -> {
                    try (Injection injection = process.inject(process.threads().getFirst())) {
                        injection.call("getcwd", injection.scratch(), Injection.SCRATCH_BYTES);
                        working.countDown();
                        try {
                            return new CountDownLatch(1).await(60, TimeUnit.SECONDS);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            throw new InterruptedIOException("interrupted");
                        }
                    }
                });
            } catch (IOException | RuntimeException e) {
                end.set(e);
            }
        });
        working.await();
        caller.interrupt();
        caller.join();

        assertThat(end.get()).isInstanceOf(InterruptedIOException.class);
        send("on");
        assertThat(output.readLine()).isEqualTo("on");
    }

    @Test
    void aProcessThatIsKilledMeanwhileIsAnErrorAndNotAWait() throws Exception {
        start("import threading, time\nthreading.Thread(target=lambda: time.sleep(1000), daemon=True).start()\n"
                + "sys.stdin.read()");
        assertThatThrownBy(() -> Tracer.whileStopped(pid, LIMIT, process -> {
                    ProcessHandle python = ProcessHandle.of(pid).orElseThrow();
                    python.destroyForcibly();
                    await().until(() -> process.threads().stream()
                            .noneMatch(thread -> new ProcFiles()
                                    .threadStatus(pid, thread.id())
                                    .map(status -> status.state() == 't')
                                    .orElse(false)));
                    try (Injection injection = process.inject(process.threads().getLast())) {
                        return injection.call("getpid");
                    }
                }))
                .isInstanceOfAny(IOException.class, LinuxException.class);
        assertThat(shell.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void memoryIsReadAndMissingMemoryIsNamed() throws Exception {
        start("import ctypes\nb = ctypes.create_string_buffer(b'shelf')\nprint(ctypes.addressof(b), flush=True)\n"
                + "sys.stdin.read()");
        long address = Long.parseLong(output.readLine());
        try (ProcessMemory memory = ProcessMemory.open(pid)) {
            assertThat(new String(memory.read(address, 5), StandardCharsets.US_ASCII))
                    .isEqualTo("shelf");
            assertThatThrownBy(() -> memory.read(4096, 8))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("1000");
        }
        assertThat(Arrays.asList(new ProcFiles().threadName(pid, pid).orElseThrow()))
                .containsExactly("python3");
    }
}
