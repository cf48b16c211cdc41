package dev.instar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Makes groups in whatever hierarchy this host has and puts real processes into them. */
class ControlGroupTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long MIB = 1L << 20;
    private static final int KILLED = 128 + 9;
    private static final AtomicInteger COUNTER = new AtomicInteger();

    private final ControlGroups groups = ControlGroups.detect();
    private String name;
    private ControlGroup node;

    @BeforeEach
    void create() {
        name = "instar-test-" + ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet();
        node = groups.create(name);
    }

    @AfterEach
    void leavesNothing() {
        node.kill();
        node.delete(PATIENCE);
        assertThat(groups.findAll(name)).isEmpty();
    }

    @Test
    void thisHostHasWhatANodeNeeds() {
        assertThat(groups.controllers()).contains("memory", "pids", "cpu");
        assertThat(node.name()).isEqualTo(name);
        assertThat(groups.findAll(name)).isNotEmpty();
    }

    @Test
    void memoryLimitHoldsAndIsCounted() throws Exception {
        ControlGroup group = node.child("memory");
        group.setMemoryLimit(48 * MIB);
        assertThat(group.oomKills()).isZero();
        try (GroupMember member = new GroupMember(group, "b'x' * (80 << 20)")) {
            assertThat(member.await()).isEqualTo(KILLED);
        }
        assertThat(group.oomKills()).isEqualTo(1);
        assertThat(group.peakMemoryBytes()).isBetween(40 * MIB, 48 * MIB);
        assertThat(group.memoryBytes()).isLessThan(48 * MIB);
    }

    /** What a group that is used again begins with. */
    @Test
    void isPutBackToWhatItWas(@TempDir Path directory) throws Exception {
        ControlGroup group = node.child("again");
        assertThat(group.limits()).isEqualTo(GroupLimits.NONE);
        new GroupLimits(64 * MIB, 32 * MIB, 20, 500).set(group);
        assertThat(group.limits()).isEqualTo(new GroupLimits(64 * MIB, 32 * MIB, 20, 500));
        String script = "open(%r, 'wb').write(b'x' * (20 << 20)); print('written', flush=True); input()"
                .replace("%r", "'" + directory.resolve("file") + "'");
        try (GroupMember member = new GroupMember(group, script)) {
            assertThat(member.readLine()).isEqualTo("written");
            assertThat(group.tasks()).isEqualTo(1);
        }
        await().until(() -> group.tasks() == 0);
        assertThat(group.peakMemoryBytes()).isGreaterThan(20 * MIB);

        await().untilAsserted(() -> {
            // What is dirty goes once it is on the disk.
            group.reclaim(group.memoryBytes());
            assertThat(group.memoryBytes()).isLessThan(2 * MIB);
        });
        group.forgetPeak();
        GroupLimits.NONE.set(group);
        assertThat(group.peakMemoryBytes()).isLessThan(groups.version() == 1 ? 2 * MIB : Long.MAX_VALUE);
        assertThat(group.limits()).isEqualTo(GroupLimits.NONE);
    }

    private static final String WRITE_48_MIB = """
            with open("%s", "wb") as f:
                for _ in range(12):
                    f.write(b"x" * (4 << 20))
                    os.fsync(f.fileno())
            print("written", flush=True)
            input()
            """;

    /** Under v2 of a parent as well: that is how the node bounds all instances together. */
    @Test
    void pageCacheAboveTheHighMarkGoes(@TempDir Path directory) throws Exception {
        Assumptions.assumeFalse(
                Files.getFileStore(directory).type().equals("tmpfs"), "files in memory cannot be taken back");
        ControlGroup group = node.child("high");
        (groups.version() == 2 ? node : group).setMemoryHigh(32 * MIB);
        group.setMemoryLimit(200 * MIB);
        try (GroupMember member = new GroupMember(group, WRITE_48_MIB.formatted(directory.resolve("cached")))) {
            assertThat(member.readLine()).isEqualTo("written");
            if (groups.version() == 2) {
                assertThat(group.memoryBytes()).isLessThan(36 * MIB);
                assertThat(group.oomKills()).isZero();
            } else {
                Assumptions.assumeTrue(group.memoryBytes() > 48 * MIB, "page cache of this file system is not charged");
                // The mark of v1 does nothing as long as the machine has memory to spare.
                assertThat(group.limits().memoryHighBytes()).isEqualTo(32 * MIB);
            }
        }
    }

    /** Why no function has a mark that it has not asked for. */
    @Test
    void whatCannotBeTakenBackIsHeldUpUnderV2Only() throws Exception {
        ControlGroup group = node.child("held");
        group.setMemoryHigh(32 * MIB);
        group.setMemoryLimit(200 * MIB);
        String script = "x = [bytearray(b'x') * (1 << 20) for _ in range(100)]; print(len(x), flush=True)";
        try (GroupMember member = new GroupMember(group, script)) {
            if (groups.version() == 2) {
                await().until(() -> group.memoryBytes() > 32 * MIB);
                await().during(Duration.ofSeconds(1)).until(() -> group.memoryBytes() < 100 * MIB);
                assertThat(member.isAlive()).isTrue();
                assertThat(group.oomKills()).isZero();
                group.setMemoryHigh(ControlGroup.UNLIMITED);
            }
            assertThat(member.readLine()).isEqualTo("100");
        }
    }

    @Test
    void usageOfChildrenCountsForTheNode() throws Exception {
        ControlGroup group = node.child("usage");
        try (GroupMember member = new GroupMember(group, "x = b'x' * (40 << 20); print('full', flush=True); input()")) {
            assertThat(member.readLine()).isEqualTo("full");
            assertThat(group.memoryBytes()).isBetween(40 * MIB, 64 * MIB);
            assertThat(node.memoryBytes()).isGreaterThanOrEqualTo(40 * MIB);
            assertThat(group.pids()).containsExactly(member.pid());
            assertThat(node.pids()).isEmpty();
        }
    }

    @Test
    void memoryLimitsMayMoveInAnyOrder() {
        ControlGroup group = node.child("order");
        for (long limit : List.of(64 * MIB, 256 * MIB, 16 * MIB, ControlGroup.UNLIMITED, 128 * MIB, 128 * MIB)) {
            group.setMemoryLimit(limit);
        }
        assertThat(group.memoryBytes()).isZero();
    }

    @Test
    void pidsLimitStopsForks() throws Exception {
        ControlGroup group = node.child("pids");
        group.setPidsLimit(3);
        String script = """
                made = 0
                try:
                    while True:
                        if os.fork() == 0:
                            time.sleep(60)
                        made += 1
                except BlockingIOError:
                    print(made, flush=True)
                input()
                """;
        try (GroupMember member = new GroupMember(group, script)) {
            assertThat(member.readLine()).isEqualTo("2");
            assertThat(group.pids()).hasSize(3).contains(member.pid());
            group.kill();
            assertThat(member.await()).isEqualTo(KILLED);
        }
    }

    @Test
    void cpuTimeIsCountedAndBounded() throws Exception {
        ControlGroup group = node.child("cpu");
        group.setCpuLimit(100);
        long before = group.cpuNanos();
        String script = """
                start, used = time.monotonic(), time.process_time()
                while time.process_time() - used < 0.12: pass
                print(time.monotonic() - start)
                """;
        try (GroupMember member = new GroupMember(group, script)) {
            // A tenth of a processor gives 10 ms in each 100 ms.
            assertThat(Double.parseDouble(member.readLine())).isGreaterThan(0.8);
            assertThat(member.await()).isZero();
        }
        assertThat(group.cpuNanos() - before).isGreaterThan(120_000_000L);
        group.setCpuLimit(ControlGroup.UNLIMITED);
        group.setCpuLimit(2500);
    }

    @Test
    void killReachesWhatForksAndDeleteWaits() throws Exception {
        ControlGroup group = node.child("kill");
        group.setPidsLimit(30);
        ControlGroup below = group.child("below");
        String script = """
                print('forking', flush=True)
                while True:
                    try:
                        os.fork()
                    except BlockingIOError:
                        time.sleep(0.001)
                """;
        try (GroupMember member = new GroupMember(groups.version() == 1 ? group : group.child("leaf"), script);
                GroupMember quiet = new GroupMember(below, "input()")) {
            assertThat(member.readLine()).isEqualTo("forking");
            group.kill();
            group.delete(PATIENCE);
            assertThat(member.await()).isEqualTo(KILLED);
            assertThat(quiet.await()).isEqualTo(KILLED);
        }
        assertThat(node.children()).isEmpty();
    }

    @Test
    void killKeepsThePidsLimit() throws Exception {
        ControlGroup group = node.child("again");
        group.setPidsLimit(1);
        group.kill();
        try (GroupMember member = new GroupMember(group, "print('here', flush=True); os.fork()")) {
            assertThat(member.readLine()).isEqualTo("here");
            assertThat(member.await()).isEqualTo(1);
        }
    }

    @Test
    void frozenProcessesStandStill() throws Exception {
        ControlGroup group = node.child("freeze");
        try (GroupMember member = new GroupMember(group, "while True: pass")) {
            group.freeze(PATIENCE);
            long stopped = group.cpuNanos();
            await().during(Duration.ofMillis(60)).until(() -> group.cpuNanos() == stopped);
            group.thaw();
            await().until(() -> group.cpuNanos() > stopped);
            assertThat(member.isAlive()).isTrue();
        }
    }

    @Test
    void frozenProcessesCanBeKilled() throws Exception {
        ControlGroup group = node.child("frozen");
        try (GroupMember member = new GroupMember(group, "while True: pass")) {
            group.freeze(PATIENCE);
            node.kill();
            assertThat(member.await()).isEqualTo(128 + 9);
        }
        group.delete(PATIENCE);
    }

    @Test
    void reclaimTakesBackPageCacheAndKeepsTheLimit(@TempDir Path directory) throws Exception {
        ControlGroup group = node.child("reclaim");
        group.setMemoryLimit(200 << 20);
        Path file = directory.resolve("cached");
        String script = """
                held = bytearray(b"x") * (16 << 20)
                with open("%s", "wb") as f:
                    f.write(b"x" * (48 << 20))
                    os.fsync(f.fileno())
                print("written", flush=True)
                input()
                print(sum(held[::4096]), flush=True)
                grown = bytearray(b"x") * (64 << 20)
                print(len(grown), flush=True)
                """.formatted(file);
        try (GroupMember member = new GroupMember(group, script)) {
            assertThat(member.readLine()).isEqualTo("written");
            Assumptions.assumeTrue(group.memoryBytes() > 48 << 20, "page cache of this file system is not charged");
            group.freeze(PATIENCE);
            group.reclaim(40 << 20);
            group.thaw();
            assertThat(group.memoryBytes()).isBetween(16L << 20, 40L << 20);
            // What is in use has stayed, and more is to be had.
            member.write("go");
            assertThat(member.readLine()).isEqualTo(Integer.toString(120 * 4096));
            assertThat(member.readLine()).isEqualTo(Integer.toString(64 << 20));
        }
        group.reclaim(1L << 30);
        group.delete(PATIENCE);
    }

    @Test
    void deleteNamesWhoIsStillThere() throws Exception {
        ControlGroup group = node.child("busy");
        try (GroupMember member = new GroupMember(group, "input()")) {
            assertThatThrownBy(() -> group.delete(Duration.ofMillis(20)))
                    .isInstanceOf(ControlGroupException.class)
                    .hasMessageContaining("[" + member.pid() + "]");
        }
        group.delete(PATIENCE);
        group.delete(PATIENCE);
    }

    @Test
    void opensAgainWhatExists() {
        node.child("twice").setPidsLimit(5);
        assertThat(groups.create(name).child("twice").pids()).isEmpty();
        assertThat(node.children()).extracting(ControlGroup::name).isEqualTo(List.of("twice"));
    }

    @Test
    void refusesNamesThatLeaveTheGroup() {
        for (String bad : Set.of("..", ".", "", "a/b", "a\nb", "x".repeat(129))) {
            assertThatThrownBy(() -> node.child(bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
