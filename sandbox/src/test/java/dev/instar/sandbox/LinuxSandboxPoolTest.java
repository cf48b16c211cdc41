package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.instar.linux.ControlGroups;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(Lifecycle.PER_CLASS)
class LinuxSandboxPoolTest {
    private static final String NODE = SandboxFixture.nodeOf(ProcessHandle.current());

    private Path directory;
    private Path code;
    private SandboxFixture fixture;
    private SandboxPool pool;

    @BeforeAll
    void open(@TempDir Path temporary) throws Exception {
        directory = temporary;
        fixture = SandboxFixture.open(directory, 2, 8);
        pool = fixture.pool();
        code = fixture.code();
        Files.writeString(code.resolve("data.txt"), "code of the function");
    }

    @AfterAll
    void close() {
        fixture.close();
        assertThat(ControlGroups.detect().findAll("instar-" + NODE)).isEmpty();
        assertThat(directory.resolve("run")).doesNotExist();
        assertThat(linksNamed("instar-" + NODE)).isEmpty();
    }

    private static List<String> linksNamed(String prefix) {
        String[] names = new File("/sys/class/net").list((parent, name) -> name.startsWith(prefix));
        return List.of(names == null ? new String[0] : names);
    }

    /** What a shell script printed, and how it ended. */
    private record Run(List<String> lines, Ending ending) {
        String output() {
            return String.join("\n", lines);
        }
    }

    private Workload workload(List<String> argv, ResourceLimits limits) {
        return workload(argv, limits, NetworkMode.NONE);
    }

    private Workload workload(List<String> argv, ResourceLimits limits, NetworkMode network) {
        return new Workload(
                argv,
                Map.of("PATH", "/usr/bin:/bin", "GREETING", "hello"),
                code,
                List.of(code),
                Map.of("token", "s3cret".getBytes(StandardCharsets.UTF_8)),
                limits,
                network,
                1);
    }

    private Run shell(String script, ResourceLimits limits) throws Exception {
        return shell(script, limits, NetworkMode.NONE);
    }

    private Run shell(String script, ResourceLimits limits, NetworkMode network) throws Exception {
        ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();
        try (Sandbox sandbox = pool.acquire((error, line) -> lines.add((error ? "E " : "O ") + line))) {
            List<SocketChannel> channels = sandbox.start(workload(List.of("/bin/sh", "-c", script), limits, network));
            Ending ending = sandbox.ending().get(30, TimeUnit.SECONDS);
            // The shell has ended; what it wrote is in the pipe until the reader has seen the end of it.
            channels.getFirst().close();
            sandbox.close();
            org.awaitility.Awaitility.await().until(() -> {
                int before = lines.size();
                Thread.onSpinWait();
                return before == lines.size();
            });
            return new Run(lines.stream().collect(Collectors.toList()), ending);
        }
    }

    @Test
    void runsAProgramWithItsFilesEnvironmentAndSecrets() throws Exception {
        Run run = shell(
                "echo $GREETING; cat /function/data.txt; echo; cat /layers/0/data.txt; echo; cat /var/openfaas/secrets/token; echo;"
                        + " pwd; echo oops >&2; exit 3",
                ResourceLimits.DEFAULT);
        assertThat(run.lines).contains("O hello", "O code of the function", "O s3cret", "O /function", "E oops");
        assertThat(run.ending.exitCode()).isEqualTo(3);
    }

    @Test
    void writesToItsOutputByName() throws Exception {
        Run run = shell("echo to the output > /dev/stdout; echo to the error > /dev/stderr", ResourceLimits.DEFAULT);
        assertThat(run.lines).contains("O to the output", "E to the error");
    }

    @Test
    void hasNoPrivileges() throws Exception {
        Run run = shell("cat /proc/self/status /proc/self/uid_map /proc/self/oom_score_adj", ResourceLimits.DEFAULT);
        assertThat(run.output())
                .containsPattern("Uid:\\s+1000\\s+1000\\s+1000\\s+1000")
                .containsPattern("Gid:\\s+1000\\s+1000\\s+1000\\s+1000")
                .containsPattern("Groups:\\s*\n")
                .containsPattern("NoNewPrivs:\\s+1")
                .containsPattern("Seccomp:\\s+2");
        for (String set : List.of("Inh", "Prm", "Eff", "Bnd", "Amb")) {
            assertThat(run.output()).containsPattern("Cap" + set + ":\\s+0{16}");
        }
        assertThat(run.lines).contains("O 500");
    }

    @Test
    void seesAFileSystemOfItsOwn() throws Exception {
        Run run = shell(
                "ls /; ls /proc | grep '^[0-9]'; touch /x /function/x /usr/x /dev/x; touch /tmp/mine && echo writable;"
                        + " wc -c < /proc/keys; ls /proc/irq | wc -l; cat /etc/passwd",
                ResourceLimits.DEFAULT);
        assertThat(run.lines)
                .contains("O writable", "O 0")
                .filteredOn(line -> line.contains("Read-only file system"))
                .hasSize(4);
        assertThat(run.lines).doesNotContain("O root", "O boot", "O sys", "O 1", "O srv");
    }

    @Test
    void hasLoopbackOnly() throws Exception {
        Run run = shell("tail -n +3 /proc/net/dev | cut -d: -f1; cat /proc/net/route | wc -l", ResourceLimits.DEFAULT);
        assertThat(run.lines).containsExactly("O     lo", "O 1");
    }

    /** Also reads interfaces by netlink, which the system-call policy allows for this only. */
    @Test
    void hasAnAddressARouteAndResolversOnTheBridge() throws Exception {
        Run run = shell(
                "ip -o -4 address show dev eth0; ip route; cat /etc/resolv.conf; ip link set dev eth0 down; echo $?",
                ResourceLimits.DEFAULT,
                NetworkMode.BRIDGE);
        assertThat(run.output())
                .contains("inet 10.63.0.", "/16 ", "default via 10.63.0.1 dev eth0")
                .containsPattern("O nameserver [0-9.]+");
        assertThat(run.lines).contains("E RTNETLINK answers: Operation not permitted", "O 2");
        // The pool takes it off after the sandbox was closed, while nobody waits.
        org.awaitility.Awaitility.await()
                .untilAsserted(() -> assertThat(linksNamed("iv" + NODE)).isEmpty());
        assertThat(linksNamed("instar-" + NODE)).isNotEmpty();
    }

    @Test
    void cannotMakeUserNamespaces() throws Exception {
        Run run = shell("unshare -U true; echo status $?", ResourceLimits.DEFAULT);
        assertThat(run.lines).contains("O status 1");
    }

    @Test
    void connectsItsChannels() throws Exception {
        try (Sandbox sandbox = pool.acquire((error, line) -> {})) {
            List<SocketChannel> channels = sandbox.start(workload(
                    List.of("/bin/sh", "-c", "read line <&3; echo \"got $line\" >&3"), ResourceLimits.DEFAULT));
            try (SocketChannel channel = channels.getFirst()) {
                channel.write(ByteBuffer.wrap("ping\n".getBytes(StandardCharsets.UTF_8)));
                ByteBuffer answer = ByteBuffer.allocate(100);
                channel.read(answer);
                assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8))
                        .isEqualTo("got ping\n");
            }
        }
    }

    @Test
    void endsWhatExceedsItsMemory() throws Exception {
        Run run = shell(
                "exec /usr/bin/python3 -c 'x = bytearray(400 << 20)'",
                new ResourceLimits(64L << 20, OptionalLong.empty(), 64, 1000, 1 << 20));
        assertThat(run.ending.outOfMemory()).isTrue();
        assertThat(run.ending.describe()).contains("memory limit reached");
    }

    @Test
    void reportsAProgramThatDoesNotExist() throws Exception {
        ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();
        try (Sandbox sandbox = pool.acquire((error, line) -> lines.add(line))) {
            sandbox.start(workload(List.of("/no/such/program"), ResourceLimits.DEFAULT));
            assertThat(sandbox.ending().get(10, TimeUnit.SECONDS).exitCode()).isEqualTo(126);
            assertThat(lines).anyMatch(line -> line.contains("execve(\"/no/such/program\"): ENOENT"));
        }
    }

    @Test
    void namesThePhaseThatFails() throws Exception {
        try (Sandbox sandbox = pool.acquire((error, line) -> {})) {
            Workload broken = new Workload(
                    List.of("/bin/true"),
                    Map.of(),
                    directory.resolve("nowhere"),
                    List.of(),
                    Map.of(),
                    ResourceLimits.DEFAULT,
                    NetworkMode.NONE,
                    1);
            assertThatThrownBy(() -> sandbox.start(broken))
                    .isInstanceOf(SandboxException.class)
                    .hasMessageContaining("files: open_tree")
                    .hasMessageContaining("ENOENT");
        }
    }
}
