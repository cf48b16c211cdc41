package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The unified hierarchy: against the real one as far as this host's controllers allow, and against files as a kernel
 * with all controllers writes them.
 */
class ControlGroupV2Test {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @TempDir
    private Path directory;

    private static ControlGroupsV2 real() {
        var found = ControlGroupsV2.find(
                MountEntry.parseAll(ControlFiles.read(Path.of("/proc/self/mountinfo"))),
                ControlFiles.read(Path.of("/proc/self/cgroup")));
        Assumptions.assumeTrue(found.isPresent(), "no cgroup2 file system is mounted");
        return found.get();
    }

    @Test
    void realGroupsHoldFreezeAndKill() throws Exception {
        ControlGroupsV2 groups = real();
        String name = "instar-test2-" + ProcessHandle.current().pid();
        ControlGroup node = groups.create(name);
        ControlGroup group = node.child("one");
        try (GroupMember member = new GroupMember(group, "while True: pass")) {
            assertThat(group.pids()).containsExactly(member.pid());
            assertThat(group.cloneDirectory())
                    .hasValueSatisfying(path ->
                            assertThat(path).endsWith(Path.of(name, "one")).isDirectory());
            group.freeze(PATIENCE);
            long stopped = group.cpuNanos();
            await().during(Duration.ofMillis(60)).until(() -> group.cpuNanos() == stopped);
            group.thaw();
            await().until(() -> group.cpuNanos() > stopped);
            node.kill();
            assertThat(member.await()).isEqualTo(128 + 9);
        } finally {
            node.delete(PATIENCE);
        }
        assertThat(groups.findAll(name)).isEmpty();
    }

    @Test
    void reclaimSaysHowMuchWhereTheKernelCanBeAsked() throws IOException {
        ControlGroup group = new ControlGroupV2(directory);
        group.reclaim(4096);
        assertThat(directory.resolve("memory.reclaim")).doesNotExist();
        Files.createFile(directory.resolve("memory.reclaim"));
        group.reclaim(1 << 20);
        assertThat(directory.resolve("memory.reclaim")).hasContent("1048576");
    }

    /** A full pipe refuses a write as memory.reclaim does when there is less to take back: with EAGAIN. */
    @Test
    void reclaimTakesWhatThereIs() throws Exception {
        Path reclaim = directory.resolve("memory.reclaim");
        assertThat(new ProcessBuilder("mkfifo", reclaim.toString()).start().waitFor())
                .isZero();
        ControlGroup group = new ControlGroupV2(directory);
        try (RandomAccessFile _ = new RandomAccessFile(reclaim.toFile(), "rw")) {
            assertThatThrownBy(() -> {
                        while (true) {
                            ControlFiles.write(reclaim, "1".repeat(4096));
                        }
                    })
                    .isInstanceOf(ControlGroupException.class)
                    .hasMessageEndingWith("to " + reclaim + ": EAGAIN");
            group.reclaim(1 << 20);
        }
    }

    @Test
    void onlyLessThanWantedIsNoFailureOfReclaiming() throws IOException {
        Path reclaim = Files.createSymbolicLink(directory.resolve("memory.reclaim"), Path.of("/dev/full"));
        assertThatThrownBy(() -> new ControlGroupV2(directory).reclaim(1 << 20))
                .isInstanceOf(ControlGroupException.class)
                .hasMessageEndingWith("memory.reclaim: ENOSPC");
        Files.delete(reclaim);
    }

    @Test
    void saysWhichControllerIsMissing() throws IOException {
        Files.createFile(directory.resolve("cgroup.controllers"));
        ControlGroup group = new ControlGroupV2(directory);
        assertThatThrownBy(() -> group.setMemoryLimit(1 << 20))
                .isInstanceOf(ControlGroupException.class)
                .hasMessageContaining("memory is not among the controllers")
                .hasMessageContaining("Delegate=yes");
    }

    @Test
    void writesLimitsAsTheKernelReadsThem() throws IOException {
        record("memory.max", "max\n");
        record("memory.high", "max\n");
        record("memory.swap.max", "max\n");
        record("pids.max", "max\n");
        record("cpu.max", "max 100000\n");
        ControlGroup group = new ControlGroupV2(directory);

        // Longer each time, since a plain file, unlike the kernel's, keeps what a shorter write does not cover.
        group.setMemoryLimit(1234 * 4096);
        group.setMemoryHigh(1000 * 4096);
        group.setPidsLimit(100);
        group.setCpuLimit(1500);
        assertThat(directory.resolve("memory.max")).hasContent("5054464");
        assertThat(directory.resolve("memory.high")).hasContent("4096000");
        assertThat(directory.resolve("memory.swap.max").toFile()).content().startsWith("0");
        assertThat(directory.resolve("pids.max").toFile()).content().startsWith("100");
        assertThat(directory.resolve("cpu.max")).hasContent("150000 100000");

        group.setMemoryLimit(ControlGroup.UNLIMITED);
        group.setMemoryHigh(ControlGroup.UNLIMITED);
        group.setPidsLimit(ControlGroup.UNLIMITED);
        group.setCpuLimit(ControlGroup.UNLIMITED);
        assertThat(directory.resolve("memory.max").toFile()).content().startsWith("max");
        assertThat(directory.resolve("memory.high").toFile()).content().startsWith("max");
        assertThat(directory.resolve("memory.swap.max").toFile()).content().startsWith("max");
        assertThat(directory.resolve("pids.max").toFile()).content().startsWith("max");
        assertThat(directory.resolve("cpu.max").toFile()).content().startsWith("max 100000");
    }

    @Test
    void readsCountersAsTheKernelWritesThem() throws IOException {
        record("memory.current", "7307264\n");
        record("memory.peak", "9175040\n");
        record("memory.events", "low 0\nhigh 0\nmax 42\noom 3\noom_kill 2\noom_group_kill 0\n");
        record("cpu.stat", "usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\nnr_periods 0\n");
        record("cgroup.procs", "12\n4711\n");
        record("pids.current", "5\n");
        record("memory.max", "268435456\n");
        record("memory.high", "134217728\n");
        record("pids.max", "max\n");
        record("cpu.max", "50000 100000\n");
        ControlGroup group = new ControlGroupV2(directory);

        assertThat(group.memoryBytes()).isEqualTo(7_307_264);
        assertThat(group.peakMemoryBytes()).isEqualTo(9_175_040);
        assertThat(group.oomKills()).isEqualTo(2);
        assertThat(group.cpuNanos()).isEqualTo(123_456_000);
        assertThat(group.pids()).containsExactly(12, 4711);
        assertThat(group.tasks()).isEqualTo(5);
        assertThat(group.limits()).isEqualTo(new GroupLimits(256 << 20, 128 << 20, ControlGroup.UNLIMITED, 500));
        group.forgetPeak();
        assertThat(group.peakMemoryBytes()).isEqualTo(9_175_040);
        Files.delete(directory.resolve("memory.peak"));
        assertThat(group.peakMemoryBytes()).isZero();
    }

    @Test
    void enablesTheControllersItWantsAndTheHostHas() throws IOException {
        record("cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n");
        record("cgroup.subtree_control", "pids\n");
        ControlGroupV2.enableControllers(directory);
        assertThat(directory.resolve("cgroup.subtree_control")).hasContent("+cpu +memory");

        record("cgroup.subtree_control", "cpu memory pids\n");
        ControlGroupV2.enableControllers(directory);
        assertThat(directory.resolve("cgroup.subtree_control")).hasContent("cpu memory pids");
    }

    private void record(String file, String content) throws IOException {
        Files.writeString(directory.resolve(file), content);
    }
}
