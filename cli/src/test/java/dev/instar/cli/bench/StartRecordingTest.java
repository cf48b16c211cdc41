package dev.instar.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.instar.bench.BenchResult;
import dev.instar.bench.Failures;
import dev.instar.bench.SingleCall.Answer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StartRecordingTest {
    private static final BenchResult.Memory NONE = new BenchResult.Memory(0, 0);

    @Test
    void theSandboxsShareIsThatOfAllStartsTogether() {
        StartRecording recording = new StartRecording("template", "no pool");
        recording.add(
                new Answer(200, "template", 9_000_000, Map.of("start", 8_000_000L, "start.seat", 5_000_000L), ""));
        recording.add(
                new Answer(200, "template", 3_000_000, Map.of("start", 2_000_000L, "start.seat", 1_000_000L), ""));

        BenchResult result = recording.result("f", NONE);

        assertThat(result.method()).isEqualTo("template, no pool");
        assertThat(result.count()).isEqualTo(2);
        assertThat(result.sandboxShare()).isCloseTo(0.6, within(1e-9));
        assertThat(result.phases()).containsKeys("call", "start", "start.seat");
    }

    @Test
    void callsThatFailedOrStartedInAnotherWayAreShown() {
        StartRecording recording = new StartRecording("template", "");
        recording.add(new Answer(502, "", 1, Map.of(), "no instance"));
        recording.add(new Answer(200, "cold", 1, Map.of("start", 1L), ""));

        BenchResult result = recording.result("f", NONE);

        assertThat(result.count()).isZero();
        assertThat(result.failures())
                .containsExactly(
                        new Failures.Group("start cold", 1, List.of("")),
                        new Failures.Group("status 502", 1, List.of("no instance")));
        assertThat(result.sandboxShare()).isZero();
    }
}
