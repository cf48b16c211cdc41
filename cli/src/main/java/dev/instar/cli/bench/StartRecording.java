package dev.instar.cli.bench;

import dev.instar.bench.BenchResult;
import dev.instar.bench.Distribution;
import dev.instar.bench.Failures;
import dev.instar.bench.SingleCall;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Times of starts of one function in one way. Used by one thread. */
final class StartRecording {
    /** What a start spends on its sandbox, whether that waits with a clone in it or not. */
    private static final List<String> SANDBOX_PHASES = List.of("start.sandbox", "start.seat");

    private final Histogram total = Distribution.newHistogram();
    private final Map<String, Histogram> phases = new LinkedHashMap<>();
    private final Failures failures = new Failures();
    private final String start;
    private final String difference;
    private long startNanos;
    private long sandboxNanos;

    /**
     * Nothing is recorded yet.
     *
     * @param start how instances are to come to be, as the node says it
     * @param difference what is special about the node; empty for nothing
     */
    StartRecording(String start, String difference) {
        this.start = start;
        this.difference = difference;
    }

    /** A start that took no node. */
    void add(long nanos) {
        total.recordValue(nanos);
    }

    /** A call that was to start an instance. */
    void add(SingleCall.Answer answer) {
        if (answer.status() != 200) {
            failures.add("status " + answer.status(), answer.failure());
            return;
        }
        if (!answer.start().equals(start)) {
            failures.add("start " + answer.start(), "");
            return;
        }
        // What a start costs is what its instance was not there for; the rest of the call is the same warm.
        long nanos = answer.phaseNanos().getOrDefault("start", 0L);
        total.recordValue(nanos);
        startNanos += nanos;
        SANDBOX_PHASES.forEach(phase -> sandboxNanos += answer.phaseNanos().getOrDefault(phase, 0L));
        phase("call").recordValue(answer.totalNanos());
        answer.phaseNanos().forEach((name, took) -> phase(name).recordValue(took));
    }

    private Histogram phase(String name) {
        return phases.computeIfAbsent(name, any -> Distribution.newHistogram());
    }

    BenchResult result(String function, BenchResult.Memory memory) {
        Map<String, Distribution> distributions = new LinkedHashMap<>();
        phases.forEach((name, histogram) -> distributions.put(name, Distribution.of(histogram)));
        return new BenchResult(
                function,
                difference.isEmpty() ? start : start + ", " + difference,
                total.getTotalCount(),
                failures.count(),
                Distribution.of(total),
                distributions,
                0,
                startNanos == 0 ? 0 : (double) sandboxNanos / startNanos,
                memory,
                failures.groups());
    }
}
