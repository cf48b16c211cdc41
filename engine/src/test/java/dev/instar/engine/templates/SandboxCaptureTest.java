package dev.instar.engine.templates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.instar.linux.ProcFiles;
import dev.instar.linux.ProcessMemory;
import dev.instar.sandbox.LinuxSandboxPool;
import dev.instar.sandbox.NetworkMode;
import dev.instar.sandbox.ResourceLimits;
import dev.instar.sandbox.Reuse;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxSettings;
import dev.instar.sandbox.Workload;
import dev.instar.template.capture.Capture;
import dev.instar.template.capture.CaptureRefusedException;
import dev.instar.template.capture.CaptureSettings;
import dev.instar.template.capture.FileDigests;
import dev.instar.template.image.Image;
import dev.instar.template.image.Origin.FileIdentity;
import dev.instar.template.image.Region;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes in real sandboxes: other namespaces, a root of their own, other ids, and the filter in force. */
@Timeout(120)
class SandboxCaptureTest {
    private static final Set<Integer> GIVEN = Set.of(0, 1, 2, 3);
    private static final String PYTHON = """
            import os, socket, sys, threading
            channel = socket.socket(fileno=3)
            code = open("/function/main.py")
            threading.Thread(target=threading.Event().wait, daemon=True).start()
            lines = channel.makefile("rw")
            print("ready", file=lines, flush=True)
            for line in lines:
                try:
                    print(eval(line), file=lines, flush=True)
                except Exception as e:
                    print(repr(e), file=lines, flush=True)
            """;
    private static final String JAVASCRIPT = """
            const net = require('net');
            const channel = new net.Socket({ fd: 3 });
            channel.write('ready\\n');
            channel.on('data', (data) => channel.write(String(eval(String(data))) + '\\n'));
            """;

    @TempDir
    Path directory;

    private LinuxSandboxPool pool;
    private Path code;

    @BeforeEach
    void openPool() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        code = Files.createDirectories(directory.resolve("code"));
        Files.writeString(code.resolve("main.py"), PYTHON);
        Files.writeString(code.resolve("main.js"), JAVASCRIPT);
        pool = LinuxSandboxPool.open(new SandboxSettings(
                "t" + Long.toString(ProcessHandle.current().pid(), 36),
                directory.resolve("run"),
                Files.createDirectories(directory.resolve("instar")),
                1,
                2,
                SandboxSettings.DEFAULT_FIRST_UID,
                Optional.of("10.215.0.0/24"),
                Reuse.DEFAULT));
    }

    @AfterEach
    void closePool() {
        pool.close();
    }

    @Test
    void pythonIsCapturedByThePathsItSees() throws Exception {
        try (Instance instance = new Instance("/usr/bin/python3", "-B", "/function/main.py")) {
            Map<Long, byte[]> units = new HashMap<>();
            Image image = instance.capture(units);

            assertThat(image.process().executable()).isEqualTo(instance.ask("os.readlink('/proc/self/exe')"));
            assertThat(image.process().workingDirectory()).isEqualTo(instance.ask("os.getcwd()"));
            assertThat(image.threads()).hasSize(2);
            assertThat(image.threads().getFirst().id()).hasToString(instance.ask("os.getpid()"));
            assertThat(image.origin().files())
                    .contains(
                            file("/function/main.py", code.resolve("main.py")),
                            file(image.process().executable(), Path.of("/usr/bin/python3")));
            instance.assertHasMemory(image, units);
        }
    }

    @Test
    void nodeIsCapturedUnderTheFilter() throws Exception {
        try (Instance instance = new Instance("/usr/bin/node", "/function/main.js")) {
            assertThat(new ProcFiles().status(instance.pid()).orElseThrow().seccompMode())
                    .isEqualTo(2);

            Image image = instance.capture(new HashMap<>());

            assertThat(image.threads()).hasSizeGreaterThanOrEqualTo(7);
            assertThat(image.process().executable()).isEqualTo("/usr/bin/node");
            assertThat(instance.ask("6 * 7")).isEqualTo("42");
        }
    }

    @Test
    void theFilterStaysInForceAfterTheCapture() throws Exception {
        try (Instance instance = new Instance("/usr/bin/python3", "-B", "/function/main.py")) {
            instance.capture(new HashMap<>());

            assertThat(instance.ask("__import__('ctypes').CDLL(None).unshare(0)"))
                    .isEqualTo("-1");
        }
    }

    @Test
    void filesOfTheInstanceItselfAndOtherProcessesAreRefused() throws Exception {
        try (Instance instance = new Instance("/usr/bin/python3", "-B", "/function/main.py")) {
            instance.ask("globals().update(f=open('/tmp/scratch', 'w'))");
            assertThat(instance.refusal()).isEqualTo("descriptor 5: a file of this instance's own, /tmp/scratch");

            instance.ask("f.close()");
            String orphan = instance.ask("__import__('subprocess').check_output("
                    + "['/bin/sh', '-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'], text=True).strip()");
            assertThat(instance.refusal()).isEqualTo("another process " + orphan + " (sleep) in the same sandbox");
        }
    }

    private static FileIdentity file(String path, Path onHost) throws Exception {
        byte[] bytes = Files.readAllBytes(onHost);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
        return new FileIdentity(path, bytes.length, HexFormat.of().formatHex(digest));
    }

    /** A program in a sandbox that answers lines. */
    private final class Instance implements AutoCloseable {
        private final Sandbox sandbox;
        private final SocketChannel channel;
        private final BufferedReader answers;

        Instance(String... command) throws Exception {
            sandbox = pool.acquire((error, line) -> System.err.println(line));
            channel = sandbox.start(new Workload(
                            List.of(command),
                            Map.of("PATH", "/usr/bin:/bin"),
                            code,
                            List.of(),
                            Map.of(),
                            ResourceLimits.DEFAULT,
                            NetworkMode.NONE,
                            1))
                    .getFirst();
            answers = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
            assertThat(answers.readLine()).isEqualTo("ready");
        }

        int pid() {
            return sandbox.pid();
        }

        String ask(String expression) throws IOException {
            channel.write(ByteBuffer.wrap((expression + "\n").getBytes(StandardCharsets.UTF_8)));
            return answers.readLine();
        }

        Image capture(Map<Long, byte[]> units) throws IOException {
            return new Capture(CaptureSettings.DEFAULT, new FileDigests()).capture(pid(), GIVEN, (start, bytes) -> {
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                units.put(start, copy);
                return Long.toString(start);
            });
        }

        String refusal() {
            return catchThrowableOfType(CaptureRefusedException.class, () -> capture(new HashMap<>()))
                    .object();
        }

        /** Its files are mapped as the image says; what it writes itself has changed since. */
        void assertHasMemory(Image image, Map<Long, byte[]> units) throws IOException {
            assertThat(units.values().stream().mapToLong(unit -> unit.length).sum())
                    .isGreaterThan(1 << 20);
            try (ProcessMemory memory = ProcessMemory.open(pid())) {
                for (Region region : image.regions()) {
                    if (region instanceof Region.FileMapping mapping) {
                        byte[] file = Files.readAllBytes(Path.of("/proc/" + pid() + "/root" + mapping.path()));
                        int length = (int) Math.min(mapping.length(), file.length - mapping.offset());
                        assertThat(ByteBuffer.wrap(memory.read(mapping.start(), length)))
                                .isEqualTo(ByteBuffer.wrap(file, (int) mapping.offset(), length));
                    }
                }
            }
        }

        @Override
        public void close() {
            sandbox.close();
        }
    }
}
