package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pool leaves on its host, whether it is closed, its launcher is killed, or its whole node. */
class PoolTracesTest {
    static final List<String> SLEEP = List.of("/bin/sh", "-c", "echo asleep >&3; sleep 600 & exec sleep 600");

    @TempDir
    private Path directory;

    private void useOnce() throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 2, 4)) {
            fixture.run(fixture.workload(List.of("/bin/true"), SandboxFixture.TIGHT));
            try (RunningProgram program = fixture.start(fixture.workload(SLEEP, SandboxFixture.TIGHT))) {
                program.nextLine();
            }
            // One is in use and some are ready when the pool closes.
            fixture.start(fixture.workload(SLEEP, SandboxFixture.TIGHT)).nextLine();
            Awaitility.await().until(() -> fixture.pool().ready() > 0);
        }
    }

    @Test
    void aClosedPoolLeavesNothing() throws Exception {
        useOnce();
        SandboxSettings settings;
        HostTraces before;
        HostTraces during;
        try (SandboxFixture fixture = SandboxFixture.open(directory, 2, 4)) {
            settings = fixture.settings();
            fixture.start(fixture.workload(SLEEP, SandboxFixture.TIGHT)).nextLine();
            Awaitility.await().until(() -> fixture.pool().ready() == 2);
            during = HostTraces.take(settings);
        }
        before = HostTraces.take(settings);
        useOnce();
        HostTraces after = HostTraces.take(settings);

        assertThat(during.processes()).hasSizeGreaterThan(before.processes().size() + 6);
        assertThat(during.controlGroups()).hasSizeGreaterThan(3);
        assertThat(during.files()).isNotEmpty();
        Set<String> ofThePool = new HashSet<>(during.networkNamespaces());
        ofThePool.removeAll(before.networkNamespaces());
        assertThat(ofThePool).as("network namespaces of the pool").hasSizeGreaterThanOrEqualTo(3);

        assertThat(after.processes()).isEqualTo(before.processes());
        assertThat(after.mounts()).isEqualTo(before.mounts());
        assertThat(after.controlGroups()).isEmpty();
        assertThat(after.networkNamespaces()).doesNotContainAnyElementsOf(ofThePool);
        assertThat(after.descriptors()).isEqualTo(before.descriptors());
        assertThat(after.threads()).isEmpty();
        assertThat(after.files()).isEmpty();
    }

    @Test
    void allEndsWithTheLauncher() throws Exception {
        SandboxSettings settings;
        try (SandboxFixture fixture = SandboxFixture.open(directory, 2, 4)) {
            settings = fixture.settings();
            RunningProgram first = fixture.start(fixture.workload(SLEEP, SandboxFixture.TIGHT));
            RunningProgram second = fixture.start(fixture.workload(SLEEP, SandboxFixture.TIGHT));
            first.nextLine();
            second.nextLine();
            ProcessHandle launcher = ProcessHandle.of(HostProcesses.launcher()).orElseThrow();
            List<ProcessHandle> all = launcher.descendants().toList();
            assertThat(all).hasSizeGreaterThanOrEqualTo(6);

            launcher.destroyForcibly();

            assertThat(first.sandbox().ending().get(20, TimeUnit.SECONDS).signal())
                    .isEqualTo(9);
            assertThat(second.sandbox().ending().get(20, TimeUnit.SECONDS).signal())
                    .isEqualTo(9);
            awaitEnd(all);
        }
        assertThat(HostTraces.take(settings).controlGroups()).isEmpty();
        assertThat(settings.runDirectory()).doesNotExist();
        assertWorks();
    }

    private void assertWorks() throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 2)) {
            List<String> script = List.of("/bin/sh", "-c", "echo works >&3");
            assertThat(fixture.run(fixture.workload(script, SandboxFixture.TIGHT))
                            .lines())
                    .containsExactly("works");
        }
    }

    @Test
    void aPoolThatCannotBeOpenedLeavesNothing() throws Exception {
        useOnce();
        // Where the listener of the channels, the last thing that is made, has too long a path.
        Path deep = Files.createDirectory(directory.resolve("d".repeat(120)));
        SandboxSettings settings;
        try (SandboxFixture fixture = SandboxFixture.open(directory, 0, 2)) {
            settings = fixture.settings();
        }
        HostTraces before = HostTraces.take(settings);
        assertThatThrownBy(() -> SandboxFixture.open(deep, 2, 4))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("socket path");
        HostTraces after = HostTraces.take(settings);
        assertThat(after.processes()).isEqualTo(before.processes());
        assertThat(after.controlGroups()).isEmpty();
        assertThat(after.threads()).isEmpty();
        assertThat(after.descriptors()).isEqualTo(before.descriptors());
        assertThat(deep.resolve("run")).doesNotExist();
    }

    /** As on Debian, whose /run is mounted so. */
    @Test
    void theRunDirectoryNeedNotAllowExecution() throws Exception {
        String mount = "mount -t tmpfs -o noexec,nosuid,nodev,mode=755 tmpfs \"$0\" && exec \"$@\"";
        Process node = NodeProcess.start(directory, "unshare", "--mount", "/bin/sh", "-c", mount, directory.toString());
        try (BufferedReader reports = node.inputReader()) {
            assertThat(reports.readLine()).isEqualTo("asleep");
        } finally {
            node.getOutputStream().close();
            assertThat(node.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(HostTraces.controlGroups("instar-" + SandboxFixture.nodeOf(node.toHandle())))
                .isEmpty();
    }

    @Test
    void allEndsWithTheNodeAndTheNextOneClearsUp() throws Exception {
        Process node = NodeProcess.start(directory);
        String name = SandboxFixture.nodeOf(node.toHandle());
        List<ProcessHandle> all;
        try (BufferedReader reports = node.inputReader()) {
            assertThat(reports.readLine()).isEqualTo("asleep");
            all = node.descendants().toList();
            assertThat(all).hasSizeGreaterThanOrEqualTo(8);
        } finally {
            node.destroyForcibly();
        }
        awaitEnd(all);
        Set<String> left = HostTraces.controlGroups("instar-" + name);
        assertThat(left).hasSizeGreaterThan(3);
        assertThat(Files.exists(directory.resolve("run/base/usr"))).isTrue();

        SandboxSettings settings;
        try (SandboxFixture fixture = SandboxFixture.open(directory, name, 0, 2)) {
            settings = fixture.settings();
            try (RunningProgram program = fixture.start(fixture.workload(SLEEP, SandboxFixture.TIGHT))) {
                assertThat(program.nextLine()).isEqualTo("asleep");
                assertThat(HostTraces.controlGroups("instar-" + name)).hasSizeLessThan(left.size());
            }
        }
        assertThat(HostTraces.take(settings).controlGroups()).isEmpty();
        assertThat(settings.runDirectory()).doesNotExist();
    }

    static void awaitEnd(List<ProcessHandle> processes) {
        Awaitility.await()
                .untilAsserted(() -> assertThat(processes)
                        .filteredOn(process -> HostProcesses.status((int) process.pid(), "State")
                                .map(state -> !state.startsWith("Z"))
                                .orElse(false))
                        .isEmpty());
    }
}
