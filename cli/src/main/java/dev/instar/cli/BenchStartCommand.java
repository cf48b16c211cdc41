package dev.instar.cli;

import dev.instar.bench.BenchResult;
import dev.instar.cli.bench.BenchNode;
import dev.instar.cli.bench.BenchNodeSettings;
import dev.instar.cli.bench.StartsBenchmark;
import dev.instar.cli.bench.StartsBenchmark.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code instar bench start}. */
@Command(name = "start", description = "Starts by different methods, in turn.")
final class BenchStartCommand implements Callable<Integer> {
    private static final Duration CROWD_PATIENCE = Duration.ofMinutes(10);

    private final BenchCommand bench;

    @Mixin
    private final BenchFunctions functions = new BenchFunctions();

    @Option(
            names = "--function",
            paramLabel = "NAME",
            split = ",",
            description = "Which functions, separated by commas. Default: noop.")
    private List<String> names = List.of("noop");

    @Option(
            names = "--method",
            paramLabel = "METHOD",
            split = ",",
            description = "cold, template, fork for a clone with private pages, or process for the handler as a plain"
                    + " process. Default: cold,template.")
    private List<StartsBenchmark.Method> methods =
            List.of(StartsBenchmark.Method.COLD, StartsBenchmark.Method.TEMPLATE);

    @Option(names = "--starts", paramLabel = "N", description = "Starts by each method, 1 to 100000. Default: 50.")
    private int starts = 50;

    @Option(
            names = "--gap",
            paramLabel = "MS",
            description = "Pause before each start, 0 to 3600000 milliseconds. Default: 0.")
    private int gap;

    @Option(
            names = "--idle",
            paramLabel = "N",
            description = "Idle instances of each function to bring up first, 0 to 9000. Default: 0.")
    private int idle;

    @Option(
            names = "--no-pool",
            description = "Make the same starts on a second node too, which prepares no sandboxes, and so no seats.")
    private boolean noPool;

    @Option(
            names = "--no-seats",
            description = "Make the same starts on a further node too, where no clone waits in a sandbox.")
    private boolean noSeats;

    BenchStartCommand(BenchCommand bench) {
        this.bench = bench;
    }

    @Override
    public Integer call() {
        BenchCommand.within("--starts", starts, 1, 100_000);
        BenchCommand.within("--gap", gap, 0, 3_600_000);
        BenchCommand.within("--idle", idle, 0, BenchCommand.MOST_INSTANCES);
        if (noPool || noSeats) {
            bench.requireOwnNode("what a pool or seats save");
        }
        BenchNodeSettings settings =
                BenchNodeSettings.roomFor(Math.max(idle * names.size(), BenchCommand.USUAL_INSTANCES));
        List<Place> places = new ArrayList<>();
        try {
            places.add(new Place("", bench.node(settings)));
            if (noPool) {
                places.add(new Place("no pool", bench.node(settings.withReady(0))));
            }
            if (noSeats) {
                places.add(new Place("no seats", bench.node(settings.withoutSeats())));
            }
            return bench.report(() -> run(places));
        } finally {
            places.forEach(place -> place.node().close());
        }
    }

    private List<BenchResult> run(List<Place> places) {
        Progress progress = bench.progress();
        for (String function : idle > 0 ? names : List.<String>of()) {
            places.forEach(place -> crowd(place.node(), progress, function));
        }
        StartsBenchmark benchmark = new StartsBenchmark(places, progress, functions.folder());
        List<BenchResult> results = new ArrayList<>();
        for (String function : names) {
            results.addAll(benchmark.run(function, methods, starts, Duration.ofMillis(gap)));
        }
        return results;
    }

    private void crowd(BenchNode node, Progress progress, String function) {
        String name = node.deployCrowd(progress, functions.folder(), function, idle);
        progress.step("waiting for the template of " + name, () -> node.awaitTemplate(name));
        progress.step(
                "bringing up " + idle + " instances of " + name,
                () -> node.function(name).scaleTo(idle, CROWD_PATIENCE));
    }
}
