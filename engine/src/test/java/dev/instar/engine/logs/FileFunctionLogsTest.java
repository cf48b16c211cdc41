package dev.instar.engine.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.engine.FunctionLogs.Line;
import dev.instar.engine.FunctionLogs.Subscription;
import dev.instar.engine.FunctionName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class FileFunctionLogsTest {
    private static final FunctionName F = FunctionName.parse("f");
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path directory;

    Instant now = T0;
    FileFunctionLogs logs;

    @AfterEach
    void close() {
        logs.close();
    }

    private FileFunctionLogs open(LogSettings settings) {
        Clock clock = InstantSource.fixed(T0).withZone(ZoneOffset.UTC);
        logs = new FileFunctionLogs(directory, settings, new Clock() {
            @Override
            public Instant instant() {
                return now;
            }

            @Override
            public java.time.ZoneId getZone() {
                return clock.getZone();
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }
        });
        return logs;
    }

    private List<String> read(int tail, Instant since, String instance) {
        List<String> texts = new ArrayList<>();
        logs.read(F, tail, since, instance, line -> texts.add(line.text()));
        return texts;
    }

    private List<String> read(int tail) {
        return read(tail, Instant.EPOCH, "");
    }

    @Test
    void linesComeBackAsTheyWereWritten() {
        open(LogSettings.DEFAULT);
        InstanceOutput output = logs.output(F, "i1");
        output.line(false, "plain \"quoted\" \\ ☃\u0007");
        output.line(true, "error");
        output.remark("remark");

        List<Line> lines = new ArrayList<>();
        logs.read(F, -1, Instant.EPOCH, "", lines::add);

        assertThat(lines)
                .containsExactly(
                        new Line(T0, F, "i1", "stdout", "plain \"quoted\" \\ ☃\u0007"),
                        new Line(T0, F, "i1", "stderr", "error"),
                        new Line(T0, F, "i1", "instar", "remark"));
    }

    @Test
    void filtersByTailTimeAndInstance() {
        open(LogSettings.DEFAULT);
        for (int i = 0; i < 10; i++) {
            now = T0.plusSeconds(i);
            logs.output(F, "i" + i % 2).line(false, "line " + i);
        }

        assertThat(read(3)).containsExactly("line 7", "line 8", "line 9");
        assertThat(read(0)).isEmpty();
        assertThat(read(-1, T0.plusSeconds(8), "")).containsExactly("line 8", "line 9");
        assertThat(read(2, Instant.EPOCH, "i0")).containsExactly("line 6", "line 8");
    }

    @Test
    void rotationBoundsTheDiskAndKeepsTheNewest() throws IOException {
        open(new LogSettings(1000, 3, 1_000_000, 1 << 30));
        for (int i = 0; i < 200; i++) {
            logs.output(F, "i").line(false, "line " + i);
        }

        try (Stream<Path> files = Files.list(directory.resolve("default/f"))) {
            List<Path> list = files.toList();
            assertThat(list)
                    .hasSize(3)
                    .allSatisfy(file -> assertThat(Files.size(file)).isLessThanOrEqualTo(1000));
        }
        List<String> kept = read(-1);
        assertThat(kept).hasSizeBetween(20, 60).last().isEqualTo("line 199");
        assertThat(kept)
                .isEqualTo(IntStream.range(200 - kept.size(), 200)
                        .mapToObj(i -> "line " + i)
                        .toList());
        assertThat(read(25)).hasSize(25).first().isEqualTo("line 175");
    }

    @Test
    void aTornLastLineIsLeftOut() throws IOException {
        open(LogSettings.DEFAULT);
        logs.output(F, "i").line(false, "whole");
        Files.writeString(directory.resolve("default/f/log.0.ndjson"), "{\"time\":\"2026-", StandardOpenOption.APPEND);

        assertThat(read(-1)).containsExactly("whole");
    }

    @Test
    void followingGoesOnWithoutGapOrRepetition() {
        open(new LogSettings(2000, 3, 1_000_000, 1 << 30));
        List<String> seen = new CopyOnWriteArrayList<>();
        Thread writer = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < 400; i++) {
                logs.output(F, "i").line(false, Integer.toString(i));
            }
        });
        try (Subscription _ = logs.follow(F, -1, Instant.EPOCH, "", line -> seen.add(line.text()))) {
            await().until(() -> !seen.isEmpty() && seen.getLast().equals("399"));
        }
        assertThat(writer.isInterrupted()).isFalse();
        int first = Integer.parseInt(seen.getFirst());
        assertThat(seen)
                .isEqualTo(
                        IntStream.range(first, 400).mapToObj(Integer::toString).toList());
    }

    @Test
    void aSlowFollowerLosesLinesAndIsTold() throws Exception {
        open(new LogSettings(1 << 20, 2, 1_000_000, 1 << 30));
        CountDownLatch gate = new CountDownLatch(1);
        List<String> seen = new CopyOnWriteArrayList<>();
        try (Subscription _ = logs.follow(F, 0, Instant.EPOCH, "", line -> {
            awaitUninterruptibly(gate);
            seen.add(line.text());
        })) {
            for (int i = 0; i < 5000; i++) {
                logs.output(F, "i").line(false, Integer.toString(i));
            }
            gate.countDown();
            await().until(() -> seen.stream().anyMatch(text -> text.contains("lines were left out")));
        }
        assertThat(seen).hasSizeLessThan(5000);
    }

    private static void awaitUninterruptibly(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void anInstanceThatFloodsIsCutShortAndCounted() {
        open(new LogSettings(8 << 20, 4, 10, 1 << 20));
        InstanceOutput output = logs.output(F, "i");
        for (int i = 0; i < 100; i++) {
            output.line(true, "flood " + i);
        }
        assertThat(read(-1)).hasSize(20);

        now = T0.plusSeconds(1);
        output.line(true, "calm");

        assertThat(read(2)).containsExactly("80 lines were dropped: the instance wrote more than its share", "calm");
        assertThat(output.lastErrors()).hasSize(20).endsWith("flood 99", "calm");
    }

    @Test
    void removedLogsAreGone() {
        open(LogSettings.DEFAULT);
        InstanceOutput output = logs.output(F, "i");
        output.line(false, "x");

        logs.remove(F);

        assertThat(directory.resolve("default/f")).doesNotExist();
        assertThat(read(-1)).isEmpty();
    }

    @Test
    void onlyLogsOfKnownFunctionsAreRetained() throws IOException {
        open(LogSettings.DEFAULT);
        logs.retain(Set.of(F));
        logs.output(F, "i").line(false, "x");
        logs.output(new FunctionName("team", "forgotten"), "i").line(false, "y");
        Path foreign = Files.createDirectories(directory.resolve("lost+found/Something"));

        logs.retain(Set.of(F));

        assertThat(read(-1)).containsExactly("x");
        assertThat(directory.resolve("team/forgotten")).doesNotExist();
        assertThat(foreign).exists();
    }
}
