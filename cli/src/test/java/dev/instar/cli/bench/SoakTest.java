package dev.instar.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.cli.Console;
import dev.instar.cli.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A short run of {@code instar bench soak}. Needs root. */
class SoakTest {
    private static final List<String> COUNTS =
            List.of("processes", "threads", "mounts", "namespaces", "control groups", "descriptors");

    @Test
    void callsOfMoreFunctionsThanInstancesAreAnsweredAndNothingGrows() throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Progress quiet = new Progress(new Console(InputStream.nullInputStream(), nowhere, nowhere, Map.of(), false));
        SoakBenchmark.Size size = new SoakBenchmark.Size(2000, 10, 4, 6, 7, Duration.ofMillis(200));
        try (BenchNode node =
                BenchNode.start(quiet, BenchNodeSettings.roomFor(6).withReady(2).withSpare(8))) {
            SoakReport report = new SoakBenchmark(node, quiet, size, _ -> {}).run();

            assertThat(report.failures()).isEmpty();
            assertThat(report.answered()).isEqualTo(2000);
            assertThat(report.starts()).containsKeys("warm", "template", "cold");
            assertThat(report.ends().getOrDefault("evicted-quota", 0)
                            + report.ends().getOrDefault("evicted-sandbox", 0))
                    .isGreaterThan(100);
            assertThat(report.sandboxes().repurposed()).isGreaterThan(100);
            assertThat(report.measures())
                    .filteredOn(measure -> COUNTS.contains(measure.name()))
                    .hasSameSizeAs(COUNTS)
                    .allSatisfy(measure -> {
                        assertThat(measure.firstHalf()).as("%s", measure).isPositive();
                        assertThat(measure.grew()).as("%s", report).isFalse();
                        assertThat(measure.left()).as("%s", report).isFalse();
                    });
        }
    }
}
