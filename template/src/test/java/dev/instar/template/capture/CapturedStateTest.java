package dev.instar.template.capture;

import static dev.instar.linux.Registers.Name.FS_BASE;
import static dev.instar.linux.Registers.Name.ORIG_RAX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.linux.Registers;
import dev.instar.template.image.ProcessState;
import dev.instar.template.image.SignalAction;
import dev.instar.template.image.ThreadState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an image says of threads and process, held against what the program itself is told by the kernel. */
class CapturedStateTest {
    /** Each thread writes its own state, then waits. */
    private static final String REPORT = """
            import signal, threading
            report = {}
            def own_state(name, nice):
                libc.prctl(15, name.encode())
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
                signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR2, 40 + nice])
                stack = ctypes.create_string_buffer(24); memory = ctypes.create_string_buffer(65536)
                stack[0:8] = ctypes.addressof(memory).to_bytes(8, "little")
                stack[16:24] = (32768 + nice * 1024).to_bytes(8, "little")
                call(131, stack, 0)
                words = (ctypes.c_uint64 * 4)()
                at = ctypes.addressof(words)
                call(158, 0x1003, at)
                call(274, 0, at + 8, at + 24)
                call(157, 40, at + 16, 0, 0, 0)
                get = lambda i: words[i]
                rseq = get(0) + ctypes.c_long.in_dll(libc, "__rseq_offset").value
                state = (threading.get_native_id(), get(0), get(1), get(2), ctypes.addressof(memory), rseq, memory)
                report[name] = state
            def body(name, nice):
                own_state(name, nice)
                waiting.wait()
                threading.Event().wait()
            waiting = threading.Barrier(4)
            for nice in (1, 2, 3):
                threading.Thread(target=body, args=("worker-%d" % nice, nice), daemon=True).start()
            waiting.wait()
            """;

    @TempDir
    Path directory;

    @Test
    void threadsAreAsTheySay() throws Exception {
        try (Program program = Program.python()) {
            program.run(REPORT);

            List<ThreadState> threads = Taken.from(program).image().threads();

            assertThat(threads).hasSize(4);
            assertThat(threads.getFirst().id()).isEqualTo(program.pid());
            for (int nice = 1; nice <= 3; nice++) {
                String name = "worker-" + nice;
                long[] said = Arrays.stream(program.ask("','.join(map(str, report['" + name + "'][:6]))")
                                .split(","))
                        .mapToLong(Long::parseLong)
                        .toArray();
                ThreadState thread = threads.stream()
                        .filter(one -> one.name().equals(name))
                        .findFirst()
                        .orElseThrow();
                assertThat(thread.id()).isEqualTo((int) said[0]);
                Registers registers = Registers.of(thread.registers().toArray());
                assertThat(registers.get(FS_BASE)).isEqualTo(said[1]);
                assertThat(registers.get(ORIG_RAX)).isNegative();
                assertThat(thread.robustList()).isEqualTo(said[2]);
                assertThat(thread.clearThreadId()).isEqualTo(said[3]);
                assertThat(thread.alternateStack())
                        .isEqualTo(new ThreadState.AlternateStack(said[4], 0, 32768 + nice * 1024L));
                assertThat(thread.rseq().address()).isEqualTo(said[5]);
                assertThat(thread.rseq().signature()).isEqualTo(0x53053053);
                assertThat(thread.signalMask()).isEqualTo(1L << 11 | 1L << (39 + nice));
                assertThat(thread.nice()).isEqualTo(nice);
                assertThat(thread.policy()).isZero();
                assertThat(thread.extendedState().length()).isGreaterThanOrEqualTo(576);
            }
        }
    }

    @Test
    void theProcessIsAsItSays() throws Exception {
        try (Program program = Program.python()) {
            program.run("os.umask(0o027); os.chdir('" + directory + "')");
            program.run("libc.sbrk.restype = ctypes.c_long");

            ProcessState state = Taken.from(program).image().process();

            assertThat(state.executable()).isEqualTo(program.ask("os.path.realpath('/proc/self/exe')"));
            assertThat(state.workingDirectory()).isEqualTo(directory.toString());
            assertThat(state.umask()).isEqualTo(027);
            assertThat(state.currentBreak()).isEqualTo(program.number("libc.sbrk(0)"));
            String[] stat = program.ask("open('/proc/self/stat').read().strip()")
                    .split("[)] ")[1]
                    .split(" ", -1);
            assertThat(new long[] {
                        state.startCode(),
                        state.endCode(),
                        state.startStack(),
                        state.startData(),
                        state.endData(),
                        state.startBreak(),
                        state.argumentsStart(),
                        state.argumentsEnd(),
                        state.environmentStart(),
                        state.environmentEnd()
                    })
                    .isEqualTo(java.util.stream.IntStream.of(26, 27, 28, 45, 46, 47, 48, 49, 50, 51)
                            .mapToLong(field -> Long.parseLong(stat[field - 3]))
                            .toArray());
            assertThat(HexFormat.of().formatHex(state.auxiliaryVector().toArray()))
                    .isEqualTo(program.ask("open('/proc/self/auxv', 'rb').read().hex()"));
        }
    }

    @Test
    void signalActionsAreAsTheProgramSetThem() throws Exception {
        try (Program program = Program.python()) {
            program.run("""
                    import signal, struct
                    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
                    act = lambda n, h, f, m: call(13, n, struct.pack("<QQQQ", h, f, 0x123456, m), 0, 8)
                    assert act(36, 0x4000, 0x04000000 | 0x10000000 | 4, 0xf0) == 0
                    assert act(17, 0, 0x04000000 | 2, 0) == 0
                    """);

            List<SignalAction> actions = Taken.from(program).image().signalActions();

            assertThat(actions)
                    .contains(new SignalAction(36, 0x4000, 0x14000004, 0x123456, 0xf0))
                    .contains(new SignalAction(17, 0, 0x04000002, 0x123456, 0));
            assertThat(actions).extracting(SignalAction::signal).contains(12).doesNotContain(9, 19, 10, 64);
            assertThat(actions).anyMatch(action -> action.signal() == 12 && action.handler() == 1);
        }
    }

    @Test
    void theOriginNamesKernelAndFiles() throws Exception {
        try (Program program = Program.node()) {
            Taken taken = Taken.from(program);

            assertThat(taken.image().origin().kernelRelease()).isEqualTo(System.getProperty("os.version"));
            assertThat(taken.image().origin().extendedStateFeatures() & 7).isEqualTo(7);
            assertThat(taken.image().origin().files()).isNotEmpty().allSatisfy(file -> {
                byte[] content = Files.readAllBytes(Path.of(file.path()));
                assertThat(file.size()).isEqualTo(content.length);
                assertThat(file.digest())
                        .isEqualTo(HexFormat.of().formatHex(FileDigests.sha256().digest(content)));
            });
        }
    }

    @Test
    void aProgramThatHasClosedItsRootStillShowsItsOwnPaths() throws Exception {
        Path root = Files.createDirectories(directory.resolve("root"));
        Path copy = Files.copy(Path.of("/bin/true"), root.resolve("data"));
        try (Program program = Program.python()) {
            program.run("""
                    import ctypes.util
                    os.chroot('%s'); os.chdir('/'); f = open('/data')
                    """.formatted(root));

            CaptureRefusedException refused = org.assertj.core.api.Assertions.catchThrowableOfType(
                    CaptureRefusedException.class, () -> Taken.from(program));

            assertThat(refused.object())
                    .startsWith("the executable: /usr/bin/python3")
                    .contains("outside its root");
            assertThat(copy).exists();
        }
    }
}
