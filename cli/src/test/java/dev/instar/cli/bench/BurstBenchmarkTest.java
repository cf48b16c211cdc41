package dev.instar.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.instar.cli.Console;
import dev.instar.cli.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Bursts on a real node. Needs root. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BurstBenchmarkTest {
    private static final int CALLS = 20;

    @TempDir
    Path functions;

    private final PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    private final Progress quiet =
            new Progress(new Console(InputStream.nullInputStream(), nowhere, nowhere, Map.of(), false));
    private BenchNode node;

    @BeforeAll
    void start() {
        node = BenchNode.start(quiet, BenchNodeSettings.roomFor(CALLS).withReady(4));
    }

    @AfterAll
    void stop() {
        node.close();
    }

    private BurstReport.Result burst(String function, String source) throws IOException {
        Path folder = Files.createDirectories(functions.resolve(function));
        Files.writeString(folder.resolve("handler.py"), source);
        Files.writeString(folder.resolve("instar.yaml"), "limits:\n  memory: 64Mi\n");
        return new BurstBenchmark(node, quiet, functions).run(function, CALLS, 1);
    }

    @Test
    void everyCallOfABurstIsAnsweredHoweverItsInstancesStart() throws IOException {
        BurstReport.Result result =
                burst("steady", "def handle(event, context):\n    return {'statusCode': 200, 'body': event.body}\n");

        assertThat(result.complete()).as("%s", result).isTrue();
        for (BurstReport.Bursts bursts : List.of(result.template(), result.warm(), result.cold())) {
            BurstReport.One one = bursts.each().getFirst();
            assertThat(one.starts().values().stream()
                            .mapToInt(Integer::intValue)
                            .sum())
                    .isEqualTo(CALLS);
            assertThat(one.answering()).isBetween(1, one.instances());
            assertThat(one.chargedKib()).isPositive();
            assertThat(bursts.lastAnswerMs()).isGreaterThanOrEqualTo(bursts.p50Ms() * 0.99);
        }
        assertThat(result.template().each().getFirst().starts()).containsKey("template");
        assertThat(result.cold().each().getFirst().starts()).containsKey("cold");
        BurstReport.One warm = result.warm().each().getFirst();
        assertThat(warm.instancesBefore())
                .isEqualTo(result.template().each().getFirst().instances());
        assertThat(result.coldToTemplate().lastAnswer())
                .isEqualTo(result.cold().lastAnswerMs() / result.template().lastAnswerMs());
    }

    @Test
    void answersThatDifferFromAColdStartsAreNamed() throws IOException {
        BurstReport.Result result = burst("counting", """
                calls = 0


                def handle(event, context):
                    global calls
                    calls += 1
                    return {'statusCode': 200, 'body': 'call ' + str(calls)}
                """);

        assertThat(result.complete()).isFalse();
        assertThat(result.warm().failed()).isPositive();
        assertThat(result.warm().each().getFirst().failures()).singleElement().satisfies(group -> {
            assertThat(group.kind()).isEqualTo("wrong answer");
            assertThat(group.first().getFirst()).startsWith("call ");
        });
    }
}
