package dev.instar.cli.bench;

import dev.instar.bench.BenchResult;
import dev.instar.bench.CallLoad;
import dev.instar.bench.Distribution;
import dev.instar.bench.SingleCall;
import dev.instar.cli.CommandException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.HdrHistogram.Histogram;

/** Starts by different methods, taken in turn in one run, since the machine is never equally busy twice. */
public final class StartsBenchmark {
    /** How a start is made. */
    public enum Method {
        /** A runtime is executed in a sandbox and the handler loaded. */
        COLD,
        /** The handler as a plain process, for comparison. */
        PROCESS
    }

    private static final int WARM_UP = 3;

    private final BenchNode node;
    private final Path functions;

    /** @param functions folder that holds a folder for each function */
    public StartsBenchmark(BenchNode node, Path functions) {
        this.node = node;
        this.functions = functions;
    }

    /**
     * Starts a function by each method in turn.
     *
     * @param starts counted starts by each method
     * @param gap pause before each start
     */
    public List<BenchResult> run(String function, List<Method> methods, int starts, Duration gap) {
        Map<Method, Recording> recordings = new LinkedHashMap<>();
        methods.forEach(method -> recordings.put(method, new Recording()));
        PlainProcess plain = methods.contains(Method.PROCESS) ? PlainProcess.of(functions.resolve(function)) : null;
        try {
            for (int i = -WARM_UP; i < starts; i++) {
                for (Method method : methods) {
                    Recording recording = i < 0 ? new Recording() : Objects.requireNonNull(recordings.get(method));
                    if (method == Method.COLD) {
                        node.scaleToZero(function);
                    }
                    Thread.sleep(gap);
                    if (method == Method.PROCESS && plain != null) {
                        recording.total.recordValue(plain.startNanos());
                    } else {
                        cold(function, recording);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
        List<BenchResult> results = new ArrayList<>();
        BenchResult.Memory memory = node.memory(function);
        recordings.forEach((method, recording) -> results.add(recording.result(function, method, memory)));
        return results;
    }

    private void cold(String function, Recording recording) {
        CallLoad call = new CallLoad(
                node.address(),
                node.authorization(),
                "/function/" + function,
                new byte[0],
                1,
                Duration.ZERO,
                Duration.ZERO);
        try {
            recording.add(SingleCall.run(call));
        } catch (IOException e) {
            throw CommandException.failed("a call of " + function + " failed: " + e.getMessage());
        }
    }

    private static final class Recording {
        private final Histogram total = Distribution.newHistogram();
        private final Map<String, Histogram> phases = new LinkedHashMap<>();
        private int failed;

        void add(SingleCall.Answer answer) {
            if (answer.status() != 200 || !answer.start().equals("cold")) {
                failed++;
                return;
            }
            // What a start costs is what its instance was not there for; the rest of the call is the same warm.
            total.recordValue(answer.phaseNanos().getOrDefault("start", 0L));
            phases.computeIfAbsent("call", any -> Distribution.newHistogram()).recordValue(answer.totalNanos());
            answer.phaseNanos()
                    .forEach((name, nanos) -> phases.computeIfAbsent(name, any -> Distribution.newHistogram())
                            .recordValue(nanos));
        }

        BenchResult result(String function, Method method, BenchResult.Memory memory) {
            Map<String, Distribution> distributions = new LinkedHashMap<>();
            phases.forEach((name, histogram) -> distributions.put(name, Distribution.of(histogram)));
            boolean own = method == Method.COLD;
            return new BenchResult(
                    function,
                    method.name().toLowerCase(Locale.ROOT),
                    total.getTotalCount(),
                    failed,
                    Distribution.of(total),
                    distributions,
                    0,
                    own ? memory : new BenchResult.Memory(0, 0));
        }
    }
}
