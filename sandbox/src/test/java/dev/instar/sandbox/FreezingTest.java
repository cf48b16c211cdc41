package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.linux.ControlGroups;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sandboxes that stand still. */
class FreezingTest {
    /** Counts as fast as it can, and says how far it is when asked. */
    private static final String COUNT = """
            import socket, threading
            channel = socket.socket(fileno=3)
            count = 0
            def serve():
                while channel.recv(1):
                    channel.send(b"%d\\n" % count)
            threading.Thread(target=serve, daemon=True).start()
            while True:
                count += 1
            """;

    private SandboxFixture fixture;

    @BeforeEach
    void open(@TempDir Path directory) throws Exception {
        fixture = SandboxFixture.open(directory, 1, 4);
    }

    @AfterEach
    void close() {
        fixture.close();
        assertThat(ControlGroups.detect().findAll("instar-" + SandboxFixture.nodeOf(ProcessHandle.current())))
                .isEmpty();
    }

    private RunningProgram count() throws Exception {
        return RunningProgram.start(
                fixture.pool(),
                new Workload(
                        List.of("/usr/bin/python3", "-c", COUNT),
                        Map.of(),
                        fixture.code(),
                        List.of(),
                        Map.of(),
                        ResourceLimits.DEFAULT,
                        NetworkMode.NONE,
                        1));
    }

    private static long ask(RunningProgram program) throws Exception {
        program.send("?");
        return Long.parseLong(program.nextLine());
    }

    /** Processor time of the program's first process, in ticks. */
    private static String ticks(RunningProgram program) throws Exception {
        String stat = java.nio.file.Files.readString(
                Path.of("/proc/" + program.sandbox().pid() + "/stat"));
        return stat.substring(stat.lastIndexOf(')')).split(" ")[12];
    }

    @Test
    void aFrozenProgramStandsStillAndGoesOnWhereItWas() throws Exception {
        try (RunningProgram program = count()) {
            long before = ask(program);
            assertThat(program.sandbox().freeze()).isTrue();
            assertThat(program.sandbox().freeze()).as("once more").isFalse();
            String stopped = ticks(program);
            await().during(Duration.ofMillis(100)).until(() -> ticks(program).equals(stopped));
            program.sandbox().reclaim(1L << 30);

            program.sandbox().thaw();
            program.sandbox().thaw();

            assertThat(ask(program)).isGreaterThanOrEqualTo(before);
            await().until(() -> !ticks(program).equals(stopped));
            assertThat(program.sandbox().freeze()).as("again").isTrue();
        }
    }

    @Test
    void aFrozenSandboxEnds() throws Exception {
        RunningProgram program = count();
        ask(program);
        program.sandbox().freeze();

        program.close();

        assertThat(program.sandbox().ending()).isDone();
        assertThat(program.sandbox().freeze()).isFalse();
        assertThat(Path.of("/proc/" + program.sandbox().pid())).doesNotExist();
    }

    @Test
    void aSandboxThatIsFrozenWhileItEndsEndsAllTheSame() throws Exception {
        for (int i = 0; i < 10; i++) {
            RunningProgram program = count();
            ask(program);
            CountDownLatch both = new CountDownLatch(1);
            Thread freezing = Thread.ofPlatform().start(() -> {
                both.countDown();
                program.sandbox().freeze();
            });
            both.await();
            Thread.sleep(0, i * 100_000);
            program.close();
            freezing.join();
            assertThat(program.sandbox().ending()).isDone();
        }
    }

    @Test
    void thePoolClosesWithFrozenSandboxes() throws Exception {
        RunningProgram program = count();
        ask(program);
        assertThat(program.sandbox().freeze()).isTrue();
        fixture.pool().close();
        assertThat(program.sandbox().ending()).isDone();
    }
}
