package dev.instar.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.cli.Console;
import dev.instar.cli.Progress;
import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A few of the programs that {@code instar bench clones} runs by the thousand. Needs root. */
class ClonesTest {
    private static final List<RuntimeKind> RUNTIMES = List.of(RuntimeKind.PYTHON, RuntimeKind.NODE);

    @Test
    void clonesOfRandomProgramsAnswerAsColdStartsDo() throws IOException {
        ClonesBenchmark.Size size = new ClonesBenchmark.Size(8, 3, 2, 40, RUNTIMES, List.of(), Duration.ofMinutes(10));
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Progress quiet = new Progress(new Console(InputStream.nullInputStream(), nowhere, nowhere, Map.of(), false));
        List<String> messages = new ArrayList<>();
        try (BenchNode node = BenchNode.start(quiet, BenchNodeSettings.roomFor(100))) {
            ClonesReport report = new ClonesBenchmark(node, quiet, size, messages::add).run();

            assertThat(report.differences()).as(String.join("\n", messages)).isEmpty();
            assertThat(report.programs()).isEqualTo(Map.of("python", 4, "node", 4));
            assertThat(report.refused().keySet()).allMatch(reason -> reason.startsWith("as expected: "));
            assertThat(report.clones() + report.startedCold()).isEqualTo(3 * report.templates());
            assertThat(report.clones()).isPositive();
        }
    }

    @Test
    void theSameSeedMakesTheSameProgramAndAnotherSeedAnother() {
        assertThat(RandomProgram.of(7, RUNTIMES, List.of())).isEqualTo(RandomProgram.of(7, RUNTIMES, List.of()));
        assertThat(LongStream.range(0, 100)
                        .mapToObj(seed ->
                                RandomProgram.of(seed, RUNTIMES, List.of()).source())
                        .distinct())
                .hasSize(100);
    }
}
