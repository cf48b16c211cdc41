package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Somebody with the host's privileges meddles with a sandbox in the midst of its cleaning, at an exact step:
 * {@code meddle.py} stops the process there. The sandbox is destroyed for that reason, and nothing of it stays.
 */
class InterferenceTest {
    private static final String NEW_NETWORK = "0x40000000";
    private static final String NEW_MOUNTS = "0x20000";

    @TempDir
    private Path directory;

    /** What is done, and when, so that a sandbox is destroyed for the reason of the same name. */
    enum Meddling {
        /** After the limits were put back, and before they are looked at. */
        LIMITS("unshare", NEW_MOUNTS, "echo 999 > $(find /sys/fs/cgroup -path '*/instances/GROUP/pids.max')"),
        /** In the namespace that has just replaced a used one. */
        NETWORK("unshare", NEW_NETWORK, "nsenter -n -t $PID ip address add 192.0.2.1/32 dev lo"),
        /** A step that is being taken cannot end well. */
        FAILED("unshare", NEW_MOUNTS, "kill -KILL $PID"),
        /** Longer than cleaning waits. */
        TIMEOUT("exit", "instar-clearing", "sleep 5.5");

        private final String kind;
        private final String what;
        private final String command;

        Meddling(String kind, String what, String command) {
            this.kind = kind;
            this.what = what;
            this.command = command;
        }

        Process begin(int launcher, String group) throws Exception {
            Path script =
                    Path.of(InterferenceTest.class.getResource("/meddle.py").toURI());
            Process process = new ProcessBuilder(
                            "python3",
                            script.toString(),
                            Integer.toString(launcher),
                            kind,
                            what,
                            command.replace("GROUP", group))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader output = process.inputReader();
            assertThat(output.readLine()).isEqualTo("ready");
            return process;
        }
    }

    /** Uses its network, so that this is replaced. */
    private static RunningProgram talking(SandboxFixture fixture) throws Exception {
        String script = "exec 5<>/dev/udp/127.0.0.1/9; echo x >&5; echo asleep >&3; exec sleep 600";
        RunningProgram program =
                fixture.start(fixture.workload(List.of("/bin/bash", "-c", script), SandboxFixture.TIGHT));
        assertThat(program.nextLine()).isEqualTo("asleep");
        return program;
    }

    @ParameterizedTest
    @EnumSource(Meddling.class)
    void destroysTheSandboxAndLeavesNothingOfIt(Meddling meddling) throws Exception {
        List<Process> meddlers = new ArrayList<>();
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 1)) {
            // What the test itself needs is there from then on.
            fixture.run(fixture.workload(List.of("/bin/true"), SandboxFixture.TIGHT));
            Awaitility.await().until(() -> fixture.pool().turnover().repurposed() == 1);
            Awaitility.await().until(() -> fixture.pool().ready() == 1);
            HostTraces before = HostTraces.take(fixture.settings());
            long namespaces = HostProcesses.namespaces();
            String group;
            try (RunningProgram program = talking(fixture)) {
                group = RepurposeTest.groupName(program);
                meddlers.add(meddling.begin(HostProcesses.launcher(), group));
            }

            Awaitility.await()
                    .untilAsserted(() -> assertThat(fixture.pool().turnover().destroyed())
                            .containsOnly(Map.entry(Destruction.valueOf(meddling.name()), 1L)));
            assertThat(meddlers.getFirst().waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(meddlers.getFirst().exitValue()).isZero();
            meddlers.getFirst().inputReader().close();
            meddlers.getFirst().outputWriter().close();

            // Another has taken its place, and its ids.
            Awaitility.await().until(() -> fixture.pool().ready() == 1);
            assertThat(fixture.pool().turnover().repurposed()).isEqualTo(1);
            HostTraces after = HostTraces.take(fixture.settings());
            assertThat(after.controlGroups())
                    .noneMatch(path -> path.contains("/" + group))
                    .hasSameSizeAs(before.controlGroups());
            assertThat(after.processes()).hasSameSizeAs(before.processes());
            assertThat(after.mounts()).isEqualTo(before.mounts());
            assertThat(after.descriptors()).isEqualTo(before.descriptors());
            assertThat(HostProcesses.namespaces()).isEqualTo(namespaces);
            try (RunningProgram program = talking(fixture)) {
                assertThat(RepurposeTest.groupName(program)).isNotEqualTo(group);
            }
        } finally {
            for (Process meddler : meddlers) {
                meddler.destroyForcibly().waitFor();
            }
        }
        assertThat(Files.exists(directory.resolve("run"))).isFalse();
    }
}
