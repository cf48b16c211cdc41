package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.linux.ControlGroup;
import dev.instar.linux.ControlGroups;
import dev.instar.linux.GroupLimits;
import dev.instar.linux.SeccompAction;
import dev.instar.linux.SeccompFilter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which sandboxes are used again, and what becomes of those that are not. */
class RepurposeTest {
    private static final List<String> SLEEP = PoolTracesTest.SLEEP;

    @TempDir
    private Path directory;

    /** What is done to a sandbox in use so that it cannot be used again. */
    enum Harm {
        CONTROL_GROUP {
            @Override
            void to(ControlGroup group, RunningProgram program) throws Exception {
                // Not by ControlGroup: v2 gives no controllers to the children of a group with processes.
                Files.createDirectory(group.joinFiles().getFirst().resolveSibling("planted"));
            }
        },
        MEMORY {
            @Override
            void to(ControlGroup group, RunningProgram program) throws Exception {
                // A file in the host's memory stays charged to whoever wrote it first.
                StringBuilder join = new StringBuilder();
                group.joinFiles()
                        .forEach(file -> join.append("echo 0 > ").append(file).append("; "));
                succeed("/bin/sh", "-c", join + "head -c 8M /dev/zero > " + STAYING_FILE);
            }
        },
        MOUNTS {
            @Override
            void to(ControlGroup group, RunningProgram program) throws Exception {
                succeed("nsenter", "-m", "-t", init(program), "mount", "-t", "tmpfs", "planted", "/run");
            }
        },
        PROCESSES {
            @Override
            void to(ControlGroup group, RunningProgram program) throws Exception {
                // What is killed stays in the namespace until its parent, which is outside and stopped, takes notice.
                Process parent =
                        new ProcessBuilder("nsenter", "-p", "-t", init(program), "/usr/bin/sleep", "600").start();
                STRAYS.add(parent);
                Awaitility.await().until(() -> parent.children().findAny().isPresent());
                succeed("kill", "-STOP", Long.toString(parent.pid()));
                Thread.ofVirtual().start(() -> {
                    Awaitility.await()
                            .pollDelay(Duration.ofSeconds(1))
                            .until(() -> new ProcessBuilder("kill", "-CONT", Long.toString(parent.pid()))
                                            .start()
                                            .waitFor()
                                    == 0);
                });
            }
        },
        KILLED {
            @Override
            void to(ControlGroup group, RunningProgram program) {
                ProcessHandle.of(Long.parseLong(init(program))).orElseThrow().destroyForcibly();
            }
        };

        private static final Path STAYING_FILE =
                Path.of("/dev/shm/instar-test-" + ProcessHandle.current().pid());
        private static final List<Process> STRAYS = new ArrayList<>();

        abstract void to(ControlGroup group, RunningProgram program) throws Exception;

        private static void succeed(String... command) throws Exception {
            Process process = new ProcessBuilder(command).inheritIO().start();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }

        private static String init(RunningProgram program) {
            return HostProcesses.initBeside(program.sandbox().pid());
        }
    }

    private RunningProgram sleeping(SandboxFixture fixture) throws Exception {
        RunningProgram program = fixture.start(fixture.workload(SLEEP, SandboxFixture.TIGHT));
        assertThat(program.nextLine()).isEqualTo("asleep");
        return program;
    }

    /** The group of a running program. */
    private static ControlGroup group(SandboxFixture fixture, RunningProgram program) throws Exception {
        String name = groupName(program);
        return ControlGroups.detect()
                .create("instar-" + fixture.settings().nodeId())
                .child("instances")
                .child(name);
    }

    static String groupName(RunningProgram program) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + program.sandbox().pid() + "/cgroup")).stream()
                .filter(line -> line.contains("/instances/"))
                .map(line -> line.substring(line.lastIndexOf('/') + 1))
                .findFirst()
                .orElseThrow();
    }

    private static Map<Destruction, Long> destroyed(SandboxFixture fixture) {
        return fixture.pool().turnover().destroyed();
    }

    private static void assertWorks(SandboxFixture fixture) throws Exception {
        assertThat(fixture.run(fixture.workload(List.of("/bin/sh", "-c", "echo works >&3"), SandboxFixture.TIGHT))
                        .lines())
                .containsExactly("works");
    }

    @ParameterizedTest
    @EnumSource(Harm.class)
    void oneThatFailsTheCheckIsDestroyed(Harm harm) throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 1)) {
            RunningProgram program = sleeping(fixture);
            String name = groupName(program);

            harm.to(group(fixture, program), program);
            program.close();

            Awaitility.await()
                    .untilAsserted(() -> assertThat(destroyed(fixture))
                            .containsOnly(Map.entry(Destruction.valueOf(harm.name()), 1L)));
            assertThat(HostTraces.controlGroups("instar-" + fixture.settings().nodeId()))
                    .noneMatch(path -> path.endsWith("/" + name));
            assertWorks(fixture);
        } finally {
            Files.deleteIfExists(Harm.STAYING_FILE);
            for (Process stray : Harm.STRAYS) {
                stray.destroyForcibly().waitFor();
            }
            Harm.STRAYS.clear();
        }
    }

    /** Without the filter a function can have keys that its user namespace keeps. */
    @Test
    void oneWithKeysIsDestroyed() throws Exception {
        SeccompFilter everything = SeccompFilter.builder(SeccompAction.ALLOW).build();
        String node = SandboxFixture.nodeOf(ProcessHandle.current());
        try (SandboxFixture fixture = SandboxFixture.open(directory, node, 1, 1, everything)) {
            String script = """
                    import ctypes, os
                    add_key = ctypes.CDLL(None).syscall(248, b"user", b"left", b"x", 1, -4)
                    os.write(3, b"made\\n" if add_key > 0 else b"none\\n")
                    """;
            assertThat(fixture.run(fixture.workload(
                                    List.of("/usr/bin/python3", "-S", "-c", script), SandboxFixture.TIGHT))
                            .lines())
                    .containsExactly("made");
            Awaitility.await()
                    .untilAsserted(() -> assertThat(destroyed(fixture)).containsEntry(Destruction.KEYS, 1L));
            assertWorks(fixture);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Destruction.class,
            names = {"REUSE_OFF", "AGE", "USES"})
    void useIsBounded(Destruction reason) throws Exception {
        Reuse reuse = switch (reason) {
            case REUSE_OFF -> Reuse.OFF;
            case AGE -> new Reuse(true, Duration.ofNanos(1), 1000);
            default -> new Reuse(true, Duration.ofHours(1), 2);
        };
        int uses = reason == Destruction.USES ? 2 : 1;
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 1, reuse)) {
            Set<String> groups = new HashSet<>();
            for (int i = 0; i < 4; i++) {
                try (RunningProgram program = sleeping(fixture)) {
                    groups.add(groupName(program));
                }
            }
            assertThat(groups).hasSize(4 / uses);
            Awaitility.await()
                    .untilAsserted(() -> assertThat(destroyed(fixture)).containsOnly(Map.entry(reason, 4L / uses)));
            assertThat(fixture.pool().turnover().repurposed()).isEqualTo(4L - 4 / uses);
        }
    }

    @Test
    void whatStandsReadyUnaskedIsLetGo() throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 4)) {
            List<RunningProgram> programs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                programs.add(sleeping(fixture));
            }
            programs.forEach(RunningProgram::close);
            Awaitility.await()
                    .until(() -> fixture.pool().ready() == 1 && fixture.pool().total() == 1);
            assertThat(destroyed(fixture)).containsOnlyKeys(Destruction.SURPLUS);
        }
    }

    @Test
    void aHighMarkOfMemoryIsForOneUseOnly() throws Exception {
        ResourceLimits marked = new ResourceLimits(96L << 20, OptionalLong.of(64L << 20), 48, 2000, 8L << 20);
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 1)) {
            String name;
            try (RunningProgram program = fixture.start(fixture.workload(SLEEP, marked))) {
                assertThat(program.nextLine()).isEqualTo("asleep");
                name = groupName(program);
                assertThat(group(fixture, program).limits()).isEqualTo(new GroupLimits(96L << 20, 64L << 20, 48, 2000));
            }
            try (RunningProgram program = sleeping(fixture)) {
                assertThat(groupName(program)).isEqualTo(name);
                assertThat(group(fixture, program).limits())
                        .isEqualTo(new GroupLimits(96L << 20, ControlGroup.UNLIMITED, 48, 2000));
            }
        }
    }

    /** Counters of a group go on; what an ending tells is of one use alone. */
    @Test
    void anEndingTellsOfItsOwnUse() throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 1)) {
            String hungry = "exec /usr/bin/python3 -c 'import time\nwhile time.process_time() < 0.5: pass\n"
                    + "x = bytearray(200 << 20)'";
            Ending first = fixture.run(fixture.workload(List.of("/bin/sh", "-c", hungry), SandboxFixture.TIGHT))
                    .ending();
            assertThat(first.outOfMemory()).isTrue();
            assertThat(first.cpuNanos()).isGreaterThan(400_000_000L);
            assertThat(first.peakMemoryBytes()).isGreaterThan(80L << 20);
            Awaitility.await().until(() -> fixture.pool().ready() == 1);
            assertThat(fixture.pool().chargedBytes()).isLessThan(SandboxCleaning.MOST_CHARGED);

            Ending second = fixture.run(fixture.workload(List.of("/bin/true"), SandboxFixture.TIGHT))
                    .ending();
            assertThat(second.outOfMemory()).isFalse();
            assertThat(second.cpuNanos()).isBetween(1L, 200_000_000L);
            assertThat(second.peakMemoryBytes()).isBetween(1L, 16L << 20);
            assertThat(fixture.pool().turnover().destroyed()).isEmpty();
        }
    }

    @Test
    void aFrozenWorkloadDoesNotFreezeTheNext() throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 1)) {
            for (int i = 0; i < 3; i++) {
                RunningProgram program = sleeping(fixture);
                assertThat(program.sandbox().freeze()).isTrue();
                program.sandbox().reclaim(64 << 20);
                program.close();
                assertThat(program.sandbox().freeze()).isFalse();
                program.sandbox().reclaim(64 << 20);
                assertWorks(fixture);
            }
            assertThat(fixture.pool().turnover().repurposed()).isGreaterThanOrEqualTo(5);
            assertThat(destroyed(fixture)).isEmpty();
        }
    }

    @Test
    void aBridgeIsLeftBehind() throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 1)) {
            Workload onBridge = fixture.workload(
                    List.of("/bin/sh", "-c", "ip -o link >&3; cat /etc/resolv.conf >&3"),
                    SandboxFixture.TIGHT,
                    Map.of(),
                    fixture.code(),
                    NetworkMode.BRIDGE);
            assertThat(fixture.run(onBridge).lines()).anyMatch(line -> line.contains("eth0"));
            assertThat(fixture.run(onBridge).lines()).anyMatch(line -> line.contains("eth0"));
            List<String> alone = fixture.run(fixture.workload(
                            List.of("/bin/sh", "-c", "ip -o link >&3; cat /etc/resolv.conf >&3"), SandboxFixture.TIGHT))
                    .lines();
            assertThat(alone).noneMatch(line -> line.contains("eth0") || line.contains("nameserver"));
            assertThat(fixture.pool().turnover().networksReplaced()).isEqualTo(2);
            assertThat(destroyed(fixture)).isEmpty();
        }
    }

    @Test
    void twoSandboxesServeTwoHundredUsesAndLeaveNothing() throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 2, 2);
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            SandboxSettings settings = fixture.settings();
            use(fixture, callers, 10);
            Awaitility.await().until(() -> fixture.pool().ready() == 2);
            HostTraces before = HostTraces.take(settings);
            long namespaces = HostProcesses.namespaces();

            use(fixture, callers, 200);

            Awaitility.await().until(() -> fixture.pool().ready() == 2);
            HostTraces after = HostTraces.take(settings);
            assertThat(fixture.pool().turnover().repurposed()).isEqualTo(210);
            assertThat(destroyed(fixture)).isEmpty();
            assertThat(after.processes()).hasSameSizeAs(before.processes());
            assertThat(after.mounts()).isEqualTo(before.mounts());
            assertThat(after.controlGroups()).isEqualTo(before.controlGroups());
            assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors() + 2);
            assertThat(after.threads()).isEqualTo(before.threads());
            assertThat(after.files()).isEqualTo(before.files());
            assertThat(HostProcesses.namespaces()).isEqualTo(namespaces);
        }
    }

    /** Every tenth uses the network, so that it is replaced. */
    private static void use(SandboxFixture fixture, ExecutorService callers, int times) throws Exception {
        List<Future<?>> uses = new ArrayList<>();
        for (int caller = 0; caller < 2; caller++) {
            uses.add(callers.submit(() -> {
                for (int i = 0; i < times / 2; i++) {
                    String script = (i % 10 == 0 ? "exec 5<>/dev/udp/127.0.0.1/9; echo x >&5; " : "")
                            + "echo used > /tmp/x; echo done >&3; sleep 600 & sleep 600";
                    try (RunningProgram program =
                            fixture.start(fixture.workload(List.of("/bin/bash", "-c", script), SandboxFixture.TIGHT))) {
                        assertThat(program.nextLine()).isEqualTo("done");
                    }
                }
                return null;
            }));
        }
        for (Future<?> use : uses) {
            use.get(60, TimeUnit.SECONDS);
        }
    }
}
