package dev.instar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.instar.cli.node.Footprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Runs the demo as its users do, and looks for what it leaves behind. Needs root. */
class DemoIT {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir
    Path temporary;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void endWhatATestLeft() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void measuresEveryFunctionAndLeavesNothingTwiceInARow() throws Exception {
        for (int run = 0; run < 2; run++) {
            Process demo = demo("--calls", "3", "--json");
            Path data = dataDirectory();
            await().atMost(PATIENCE).until(() -> hasInstances(Footprint.of(data)) || !demo.isAlive());
            assertThat(demo.isAlive()).as(errors()).isTrue();
            assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(demo.exitValue()).as(errors()).isZero();
            assertRows(Json.parse(Files.readString(temporary.resolve("out"))).path("results"));
            assertThat(Footprint.of(data)).isEmpty();
            assertThat(leftFiles()).isEmpty();
        }
    }

    @Test
    void aSignalInTheMiddleLeavesNothing() throws Exception {
        Process demo = demo("--calls", "1000");
        Path data = dataDirectory();
        await().atMost(PATIENCE).until(() -> hasInstances(Footprint.of(data)));
        demo.destroy();
        assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(demo.exitValue()).isNotZero();
        assertThat(Footprint.of(data)).isEmpty();
        assertThat(leftFiles()).isEmpty();
    }

    @Test
    void theNodeEndsWhenTheDemoIsKilled() throws Exception {
        Process demo = demo("--calls", "1000");
        Path data = dataDirectory();
        await().atMost(PATIENCE).until(() -> hasInstances(Footprint.of(data)));
        demo.destroyForcibly().waitFor();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Footprint.of(data)).isEmpty());
    }

    private static boolean hasInstances(List<String> footprint) {
        return footprint.stream().anyMatch(line -> line.startsWith("control group"))
                && footprint.stream().filter(line -> line.startsWith("process")).count() > 1;
    }

    private static void assertRows(JsonNode results) {
        List<String> rows = new ArrayList<>();
        for (JsonNode row : results) {
            rows.add(row.path("function").asString() + " " + row.path("start").asString());
            assertThat(row.path("calls").asInt()).isEqualTo(3);
            assertThat(row.path("totalMs").path("p50").asDouble()).isPositive();
            assertThat(row.path("startMs").path("p50").asDouble())
                    .matches(ms -> row.path("start").asString().equals("warm") == (ms == 0));
        }
        assertThat(rows)
                .containsExactly(
                        "thumbnail cold",
                        "thumbnail template",
                        "thumbnail warm",
                        "page cold",
                        "page template",
                        "page warm",
                        "noop cold",
                        "noop template",
                        "noop warm",
                        "wc cold",
                        "wc warm");
    }

    private Process demo(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.instar.cli.Main",
                "demo",
                "--functions",
                Path.of(System.getProperty("instar.repository"), "functions").toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectOutput(temporary.resolve("out").toFile())
                .redirectError(temporary.resolve("err").toFile())
                .start();
        started.add(process);
        return process;
    }

    private Path dataDirectory() {
        return await().atMost(PATIENCE)
                .until(
                        () -> leftFiles().stream()
                                .filter(path -> path.getFileName().toString().startsWith("instar-demo-"))
                                .findFirst()
                                .orElse(temporary),
                        path -> !path.equals(temporary));
    }

    private List<Path> leftFiles() throws IOException {
        try (Stream<Path> files = Files.list(temporary)) {
            return files.filter(path -> path.getFileName().toString().startsWith("instar-"))
                    .toList();
        }
    }

    private String errors() throws IOException {
        return Files.readString(temporary.resolve("err"));
    }
}
