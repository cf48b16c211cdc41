package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.linux.Child;
import dev.instar.linux.CloneServer;
import dev.instar.linux.CloneSource;
import dev.instar.linux.Fd;
import dev.instar.linux.PendingClone;
import dev.instar.linux.Steps;
import dev.instar.linux.SyscallProgram;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sandboxes are closed and used again although what makes processes in them is stopped or killed meanwhile. */
class StoppedMakersTest {
    private static final Duration BOUND = Duration.ofSeconds(10);

    private SandboxFixture fixture;
    private CloneServer zygote;

    /** Clones that wait for ever, seated like those of a captured process. */
    private static final class Waiting implements CloneSource {
        private final CloneServer server;

        Waiting(CloneServer server) {
            this.server = server;
        }

        @Override
        public PendingClone clone(Child pidNamespaceOf, @Nullable Fd cgroupDirectory, SyscallProgram program) {
            return server.clone(pidNamespaceOf, cgroupDirectory, 0, program);
        }

        @Override
        public void populate(Steps steps) {}

        @Override
        public void restoreDescriptors(Steps steps) {}

        @Override
        public void restoreProcess(Steps steps, byte[] filter) {}

        @Override
        public void wake(Steps steps) {
            steps.pause();
        }
    }

    @BeforeEach
    void open(@TempDir Path directory) throws Exception {
        fixture = SandboxFixture.open(directory, 1, 2);
        zygote = fixture.pool().newZygote(workload());
        zygote.persist();
    }

    @AfterEach
    void close() {
        zygote.close();
        fixture.close();
        assertNoProcessIsLeft();
    }

    private Workload workload() {
        return fixture.workload(List.of("/bin/true"), SandboxFixture.TIGHT);
    }

    private Sandbox seated() throws Exception {
        Sandbox sandbox = fixture.pool().acquire((error, line) -> {});
        sandbox.seat(workload(), new Waiting(zygote), false);
        return sandbox;
    }

    private static void signal(String signal, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static void closeInTime(Sandbox sandbox) {
        long begin = System.nanoTime();
        sandbox.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(BOUND);
    }

    private static void assertNoProcessIsLeft() {
        Awaitility.await().untilAsserted(() -> {
            assertThat(HostProcesses.ofUser(SandboxFixture.firstUid())).isEmpty();
            assertThat(HostProcesses.ofUser(SandboxFixture.firstUid() + 2)).isEmpty();
        });
    }

    private SandboxTurnover turnover() {
        return fixture.pool().turnover();
    }

    private void assertWorks() throws Exception {
        assertThat(fixture.run(fixture.workload(List.of("/bin/sh", "-c", "echo works >&3"), SandboxFixture.TIGHT))
                        .lines())
                .containsExactly("works");
        try (Sandbox sandbox = seated()) {
            sandbox.settle();
            assertThat(sandbox.begin()).hasSize(1);
            assertThat(HostProcesses.status(sandbox.pid(), "NSpid").orElseThrow())
                    .endsWith("\t3");
        }
    }

    @Test
    void aSeatIsUsedAgainWhileItsZygoteIsStopped() throws Exception {
        Sandbox sandbox = seated();
        sandbox.settle();
        signal("-STOP", zygote.pid());
        closeInTime(sandbox);
        Awaitility.await().until(() -> turnover().repurposed() == 1);
        signal("-CONT", zygote.pid());
        assertWorks();
    }

    @Test
    void aCloneThatMayStillComeMakesTheSandboxEnd() throws Exception {
        signal("-STOP", zygote.pid());
        Sandbox sandbox = seated();
        closeInTime(sandbox);
        Awaitility.await().until(() -> turnover().destroyed().containsKey(Destruction.UNSETTLED));
        signal("-CONT", zygote.pid());
        assertThat(turnover().repurposed()).isZero();
        assertWorks();
        assertNoProcessIsLeft();
    }

    @Test
    void soItDoesWhileAnotherThreadWaitsForTheClone() throws Exception {
        signal("-STOP", zygote.pid());
        Sandbox sandbox = seated();
        CompletableFuture<Void> settling = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                sandbox.settle();
                settling.complete(null);
            } catch (SandboxException e) {
                settling.completeExceptionally(e);
            }
        });
        Awaitility.await().pollDelay(Duration.ofMillis(100)).until(() -> true);
        closeInTime(sandbox);
        Awaitility.await().until(() -> turnover().destroyed().containsKey(Destruction.UNSETTLED));
        signal("-CONT", zygote.pid());
        assertThat(settling.handle((done, failed) -> failed).get(10, TimeUnit.SECONDS))
                .isInstanceOf(SandboxException.class);
        assertWorks();
    }

    @Test
    void aDeadZygoteHoldsNothingUp() throws Exception {
        for (int i = 0; i < 5; i++) {
            Sandbox sandbox = seated();
            signal("-KILL", zygote.pid());
            closeInTime(sandbox);
            zygote.close();
            zygote = fixture.pool().newZygote(workload());
            zygote.persist();
        }
        assertWorks();
        assertNoProcessIsLeft();
    }

    @Test
    void aStoppedLauncherHoldsUpNothingForGood() throws Exception {
        Sandbox sandbox = seated();
        sandbox.settle();
        long launcher = HostProcesses.launcher();
        signal("-STOP", launcher);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(sandbox::close);
        Awaitility.await().pollDelay(Duration.ofSeconds(3)).until(() -> true);
        signal("-CONT", launcher);
        closing.get(10, TimeUnit.SECONDS);
        Awaitility.await().until(() -> turnover().destroyed().containsKey(Destruction.PROCESSES));
        assertWorks();
    }

    @Test
    void aLauncherThatIsKilledWhileSandboxesAreCleanedTakesThemAlong() throws Exception {
        for (int i = 0; i < 3; i++) {
            Sandbox sandbox = fixture.pool().acquire((error, line) -> {});
            sandbox.start(fixture.workload(PoolTracesTest.SLEEP, SandboxFixture.TIGHT));
            sandbox.close();
            Awaitility.await().pollDelay(Duration.ofMillis(6L * i)).until(() -> true);
            signal("-KILL", HostProcesses.launcher());
            int kills = i + 1;
            Awaitility.await().until(() -> fixture.pool().launchersLost() == kills);
        }
        Awaitility.await().until(() -> fixture.pool().ready() == fixture.pool().total());
        assertThat(turnover().destroyed().keySet())
                .isSubsetOf(Destruction.LAUNCHER_LOST, Destruction.KILLED, Destruction.SURPLUS, Destruction.FAILED);
        zygote.close();
        zygote = fixture.pool().newZygote(workload());
        zygote.persist();
        assertWorks();
    }
}
