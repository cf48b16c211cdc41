package dev.instar.cli.bench;

import dev.instar.bench.BenchResult;
import dev.instar.bench.CallLoad;
import dev.instar.bench.Distribution;
import dev.instar.bench.SingleCall;
import dev.instar.cli.CommandException;
import dev.instar.cli.Progress;
import dev.instar.engine.StartPreference;
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
import org.jspecify.annotations.Nullable;

/** Starts by different methods, taken in turn in one run, since the machine is never equally busy twice. */
public final class StartsBenchmark {
    /** How a start is made. */
    public enum Method {
        /** A runtime is executed in a sandbox and the handler loaded. */
        COLD(StartPreference.COLD),
        /** A clone of a zygote with private pages, as a process has that initialised itself, in a sandbox. */
        FORK(StartPreference.FORK),
        /** A clone of the function's memory template, in a sandbox. */
        TEMPLATE(StartPreference.TEMPLATE),
        /** The handler as a plain process, for comparison. */
        PROCESS(null);

        private final @Nullable StartPreference preference;

        Method(@Nullable StartPreference preference) {
            this.preference = preference;
        }

        /** How a node is asked for it; null if no node takes part. */
        @Nullable
        StartPreference preference() {
            return preference;
        }

        /** As in options, headers and reports. */
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int WARM_UP = 10;

    private final BenchNode node;
    private final Progress progress;
    private final Path functions;

    /** @param functions folder that holds a folder for each function */
    public StartsBenchmark(BenchNode node, Progress progress, Path functions) {
        this.node = node;
        this.progress = progress;
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
        Map<Method, String> names = new LinkedHashMap<>();
        for (Method method : methods) {
            names.put(method, deployed(function, method));
            recordings.put(method, new Recording(method));
        }
        PlainProcess plain = methods.contains(Method.PROCESS) ? PlainProcess.of(functions.resolve(function)) : null;
        progress.step(
                "starting " + function + " " + starts + " times by each method",
                () -> measure(names, recordings, plain, starts, gap));
        List<BenchResult> results = new ArrayList<>();
        recordings.forEach((method, recording) -> results.add(recording.result(function, memory(names, method))));
        return results;
    }

    private String deployed(String function, Method method) {
        StartPreference preference = method.preference();
        if (preference == null) {
            return function;
        }
        String name = node.deployVariant(progress, functions, function, preference);
        if (preference != StartPreference.COLD) {
            progress.step("waiting for the template of " + name, () -> node.awaitTemplate(name));
        }
        return name;
    }

    private BenchResult.Memory memory(Map<Method, String> names, Method method) {
        return method.preference() == null
                ? new BenchResult.Memory(0, 0)
                : node.memory(Objects.requireNonNull(names.get(method)));
    }

    private void measure(
            Map<Method, String> names,
            Map<Method, Recording> recordings,
            @Nullable PlainProcess plain,
            int starts,
            Duration gap) {
        try {
            for (int i = -WARM_UP; i < starts; i++) {
                for (Map.Entry<Method, String> each : names.entrySet()) {
                    Method method = each.getKey();
                    Recording recording =
                            i < 0 ? new Recording(method) : Objects.requireNonNull(recordings.get(method));
                    if (method.preference() != null) {
                        node.scaleToZero(each.getValue());
                    }
                    Thread.sleep(gap);
                    if (method.preference() != null) {
                        call(each.getValue(), recording);
                    } else if (plain != null) {
                        recording.total.recordValue(plain.startNanos());
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }

    private void call(String function, Recording recording) {
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
        private final Method method;
        private int failed;

        Recording(Method method) {
            this.method = method;
        }

        void add(SingleCall.Answer answer) {
            if (answer.status() != 200 || !answer.start().equals(method.word())) {
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

        BenchResult result(String function, BenchResult.Memory memory) {
            Map<String, Distribution> distributions = new LinkedHashMap<>();
            phases.forEach((name, histogram) -> distributions.put(name, Distribution.of(histogram)));
            return new BenchResult(
                    function,
                    method.word(),
                    total.getTotalCount(),
                    failed,
                    Distribution.of(total),
                    distributions,
                    0,
                    memory);
        }
    }
}
