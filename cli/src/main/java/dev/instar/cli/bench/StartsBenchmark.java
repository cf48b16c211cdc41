package dev.instar.cli.bench;

import dev.instar.bench.BenchResult;
import dev.instar.bench.CallLoad;
import dev.instar.bench.SingleCall;
import dev.instar.cli.CommandException;
import dev.instar.cli.Progress;
import dev.instar.engine.StartPreference;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Starts by different methods and on nodes with different settings, taken in turn in one run, since the machine is
 * never equally busy twice.
 */
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

    /**
     * A node that takes part.
     *
     * @param difference what tells it from the first one, such as {@code no pool}; empty for the first
     */
    public record Place(String difference, BenchNode node) {}

    private static final int WARM_UP = 10;

    private final List<Place> places;
    private final Progress progress;
    private final Path functions;

    /** @param functions folder that holds a folder for each function */
    public StartsBenchmark(List<Place> places, Progress progress, Path functions) {
        this.places = List.copyOf(places);
        this.progress = progress;
        this.functions = functions;
    }

    /** One way of starting a function: by a method, on a node, or as a plain process without one. */
    private record Way(
            Method method,
            @Nullable BenchNode node,
            String name,
            @Nullable PlainProcess process,
            StartRecording recording) {}

    /**
     * Starts a function in each way in turn.
     *
     * @param starts counted starts in each way
     * @param gap pause before each start
     */
    public List<BenchResult> run(String function, List<Method> methods, int starts, Duration gap) {
        List<Way> ways = new ArrayList<>();
        for (Method method : methods) {
            StartPreference preference = method.preference();
            if (preference == null) {
                PlainProcess process = PlainProcess.of(functions.resolve(function));
                ways.add(new Way(method, null, function, process, new StartRecording(method.word(), "")));
                continue;
            }
            for (Place place : places) {
                String name = deployed(place.node(), function, preference);
                ways.add(new Way(
                        method, place.node(), name, null, new StartRecording(method.word(), place.difference())));
            }
        }
        progress.step(
                "starting " + function + " " + starts + " times in each of " + ways.size() + " ways",
                () -> measure(ways, starts, gap));
        return ways.stream()
                .map(way -> way.recording()
                        .result(
                                function,
                                way.node() == null
                                        ? new BenchResult.Memory(0, 0)
                                        : way.node().memory(way.name())))
                .toList();
    }

    private String deployed(BenchNode node, String function, StartPreference preference) {
        String name = node.deployVariant(progress, functions, function, preference);
        if (preference != StartPreference.COLD) {
            progress.step("waiting for the template of " + name, () -> node.awaitTemplate(name));
        }
        return name;
    }

    private static void measure(List<Way> ways, int starts, Duration gap) {
        try {
            for (int i = -WARM_UP; i < starts; i++) {
                for (Way way : ways) {
                    start(way, gap, i >= 0);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }

    private static void start(Way way, Duration gap, boolean counted) throws InterruptedException {
        BenchNode node = way.node();
        if (node != null) {
            node.scaleToZero(way.name());
        }
        Thread.sleep(gap);
        if (node != null) {
            SingleCall.Answer answer = call(node, way.name());
            if (counted) {
                way.recording().add(answer);
            }
        } else if (way.process() != null) {
            long nanos = way.process().startNanos();
            if (counted) {
                way.recording().add(nanos);
            }
        }
    }

    private static SingleCall.Answer call(BenchNode node, String function) {
        CallLoad call = new CallLoad(
                node.address(),
                node.authorization(),
                "/function/" + function,
                new byte[0],
                1,
                Duration.ZERO,
                Duration.ZERO);
        try {
            return SingleCall.run(call);
        } catch (IOException e) {
            throw CommandException.failed("a call of " + function + " failed: " + e.getMessage());
        }
    }
}
