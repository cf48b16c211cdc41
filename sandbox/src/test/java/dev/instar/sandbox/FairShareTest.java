package dev.instar.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchService;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** What one function takes is not taken from another, nor from the node. */
@TestInstance(Lifecycle.PER_CLASS)
class FairShareTest {
    private SandboxFixture fixture;

    @BeforeAll
    void open(@TempDir Path directory) throws Exception {
        fixture = SandboxFixture.open(directory, 2, 4);
        fixture.addHostilePrograms("cpu_burn", "take_watches", "take_signals", "output_flood", "channel_flood");
    }

    @AfterAll
    void close() {
        fixture.close();
    }

    private RunningProgram start(String program) throws Exception {
        return fixture.start(fixture.workload(fixture.hostile(program), SandboxFixture.TIGHT));
    }

    @Test
    void processorTimeStaysWithinItsLimit() throws Exception {
        ResourceLimits limits = new ResourceLimits(64L << 20, OptionalLong.empty(), 16, 200, 1 << 20);
        long start = System.nanoTime();
        SandboxFixture.Run run = fixture.run(fixture.workload(fixture.hostile("cpu_burn.c"), limits));
        double wall = (System.nanoTime() - start) / 1e9;
        // Four processes for a second each; the limit gives them a fifth of one processor, by periods of 100 ms.
        assertThat(run.ending().exitCode()).isZero();
        assertThat(run.ending().cpuNanos() / 1e9).isBetween(0.05, 0.2 * (wall + 0.1) + 0.1);
    }

    @Test
    void inotifyInstancesOfOneAreNotTakenFromAnother() throws Exception {
        // By lines, since the kernel gives a setting only to a reader that takes it all at once.
        int limit = Integer.parseInt(Files.readAllLines(Path.of("/proc/sys/fs/inotify/max_user_instances"))
                .getFirst());
        String expected = limit < 1000 ? "instances: EMFILE after " + limit : "instances: EMFILE after 1000";
        try (RunningProgram first = start("take_watches.c")) {
            assertThat(first.nextLine()).isEqualTo(expected);
            try (RunningProgram second = start("take_watches.c");
                    WatchService ofTheNode = FileSystems.getDefault().newWatchService()) {
                assertThat(second.nextLine()).isEqualTo(expected);
                assertThat(ofTheNode.poll()).isNull();
            }
        }
    }

    @Test
    void pendingSignalsOfOneAreNotTakenFromAnother() throws Exception {
        try (RunningProgram first = start("take_signals.c")) {
            assertThat(first.nextLine()).isEqualTo("signals: EAGAIN after 1024");
            try (RunningProgram second = start("take_signals.c")) {
                assertThat(second.nextLine()).isEqualTo("signals: EAGAIN after 1024");
            }
        }
    }

    @Test
    void anEndlessOutputHoldsNobodyUp() throws Exception {
        AtomicLong lines = new AtomicLong();
        AtomicInteger longest = new AtomicInteger();
        try (Sandbox flood = fixture.pool().acquire((error, line) -> {
            lines.incrementAndGet();
            longest.accumulateAndGet(line.length(), Math::max);
        })) {
            Workload workload = fixture.workload(fixture.hostile("output_flood.c"), SandboxFixture.TIGHT);
            try (SocketChannel channel = flood.start(workload).getFirst()) {
                Awaitility.await().until(() -> lines.get() > 100_000 && longest.get() > 8);
                AtomicInteger heard = new AtomicInteger();
                try (Sandbox quiet = fixture.pool().acquire((error, line) -> heard.incrementAndGet())) {
                    List<String> say = List.of("/bin/sh", "-c", "echo a line; echo another >&2; exec sleep 60");
                    quiet.start(fixture.workload(say, SandboxFixture.TIGHT))
                            .getFirst()
                            .close();
                    Awaitility.await().until(() -> heard.get() == 2);
                }
                assertThat(channel.isOpen()).isTrue();
                assertThat(flood.memory().chargedBytes()).isLessThan(SandboxFixture.TIGHT.memoryBytes());
            }
        }
        assertThat(longest.get()).isLessThanOrEqualTo(16 * 1024);
        // What is still in the pipes comes; then there is silence.
        Awaitility.await().during(200, TimeUnit.MILLISECONDS).until(new Silence(lines)::lasts);
    }

    /** Whether a count has stopped. */
    private static final class Silence {
        private final AtomicLong count;
        private long last = -1;

        Silence(AtomicLong count) {
            this.count = count;
        }

        boolean lasts() {
            long now = count.get();
            boolean same = now == last;
            last = now;
            return same;
        }
    }

    @Test
    void descriptorsSentUpTheChannelDoNotArrive() throws Exception {
        int before = descriptors();
        SandboxFixture.Run run =
                fixture.run(fixture.workload(fixture.hostile("channel_flood.c"), SandboxFixture.TIGHT));
        assertThat(run.ending().exitCode()).isZero();
        assertThat(run.output()).hasSize(100 * 4096);
        Awaitility.await().until(() -> descriptors() < before + 250);
    }

    private static int descriptors() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? 0 : open.length;
    }
}
