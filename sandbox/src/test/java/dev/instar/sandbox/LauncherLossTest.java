package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pool whose processes are killed from outside, and which goes on. */
class LauncherLossTest {
    private static final List<String> HELLO = List.of("/bin/sh", "-c", "echo hello >&3");

    @TempDir
    private Path directory;

    private static ProcessHandle launcher() {
        return ProcessHandle.current()
                .children()
                .filter(child -> HostProcesses.status((int) child.pid(), "Name")
                        .filter("instar-launcher"::equals)
                        .isPresent())
                .findFirst()
                .orElseThrow();
    }

    private static void assertWorks(SandboxFixture fixture) throws Exception {
        assertThat(fixture.run(fixture.workload(HELLO, SandboxFixture.TIGHT)).lines())
                .containsExactly("hello");
    }

    /** None is being built or cleaned then; what stands ready beyond that has been let go of. */
    private static void awaitReady(SandboxFixture fixture, int ready, int inUse) {
        SandboxPool pool = fixture.pool();
        Awaitility.await().until(() -> pool.ready() == ready && pool.total() == ready + inUse);
    }

    @Test
    void anotherLauncherIsStartedAndNothingOfTheFirstIsLeft() throws Exception {
        SandboxSettings settings;
        try (SandboxFixture fixture = SandboxFixture.open(directory, 2, 3)) {
            settings = fixture.settings();
            assertWorks(fixture);
            awaitReady(fixture, 2, 0);
            HostTraces before = HostTraces.take(settings);

            RunningProgram running = fixture.start(fixture.workload(
                    PoolTracesTest.SLEEP,
                    SandboxFixture.TIGHT,
                    java.util.Map.of(),
                    fixture.code(),
                    NetworkMode.BRIDGE));
            running.nextLine();
            awaitReady(fixture, 2, 1);
            ProcessHandle launcher = launcher();
            List<ProcessHandle> all = launcher.descendants().toList();
            assertThat(all).hasSizeGreaterThanOrEqualTo(7);

            launcher.destroyForcibly();

            assertThat(running.sandbox().ending().get(20, TimeUnit.SECONDS).signal())
                    .isEqualTo(9);
            running.close();
            PoolTracesTest.awaitEnd(all);
            for (int i = 0; i < 5; i++) {
                assertWorks(fixture);
            }
            awaitReady(fixture, 2, 0);
            // The first launcher has been reaped, and the sandboxes that were lost are no longer counted.
            Awaitility.await().until(() -> !launcher.isAlive());
            assertThat(fixture.pool().total()).isEqualTo(2);
            assertThat(fixture.pool().launchersLost()).isEqualTo(1);
            HostTraces after = HostTraces.take(settings);
            assertThat(after.controlGroups()).hasSameSizeAs(before.controlGroups());
            assertThat(after.processes()).hasSameSizeAs(before.processes());
            assertThat(after.mounts()).isEqualTo(before.mounts());
            assertThat(after.threads()).isEqualTo(before.threads());
            assertThat(after.descriptors()).isEqualTo(before.descriptors());
            assertThat(java.nio.file.Path.of("/sys/class/net").toFile().list())
                    .noneMatch(name -> name.startsWith("iv" + settings.nodeId()));
        }
        HostTraces closed = HostTraces.take(settings);
        assertThat(closed.controlGroups()).isEmpty();
        assertThat(closed.files()).isEmpty();
    }

    @Test
    void recoversAgainAndAgainWhileSandboxesAreBuiltAndStarted() throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 2, 8);
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int kill = 1; kill <= 5; kill++) {
                List<Future<Integer>> endings = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    endings.add(callers.submit(() -> ending(fixture)));
                }
                launcher().destroyForcibly();
                for (Future<Integer> ending : endings) {
                    // Done, or killed, or not started; but it comes to an end.
                    assertThat(ending.get(30, TimeUnit.SECONDS)).isIn(0, 9, -1);
                }
                int kills = kill;
                Awaitility.await().until(() -> fixture.pool().launchersLost() == kills);
                assertWorks(fixture);
            }
            // Every sandbox that was lost is off the books.
            Awaitility.await()
                    .until(() -> fixture.pool().ready() >= 2
                            && fixture.pool().ready() == fixture.pool().total());
        }
    }

    private static int ending(SandboxFixture fixture) throws Exception {
        try (RunningProgram program = fixture.start(fixture.workload(HELLO, SandboxFixture.TIGHT))) {
            Ending ending = program.sandbox().ending().get(20, TimeUnit.SECONDS);
            return Math.max(ending.exitCode(), ending.signal());
        } catch (SandboxException e) {
            return -1;
        }
    }

    @Test
    void aPreparedSandboxThatIsKilledAloneIsReplaced() throws Exception {
        try (SandboxFixture fixture = SandboxFixture.open(directory, 1, 3)) {
            awaitReady(fixture, 1, 0);
            List<ProcessHandle> made = launcher().descendants().toList();

            made.forEach(ProcessHandle::destroyForcibly);

            PoolTracesTest.awaitEnd(made);
            assertWorks(fixture);
            awaitReady(fixture, 1, 0);
            assertThat(fixture.pool().launchersLost()).isZero();
        }
    }
}
