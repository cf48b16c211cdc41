package dev.instar.cli;

import dev.instar.cli.bench.BenchNode;
import dev.instar.cli.bench.BenchNodeSettings;
import dev.instar.cli.bench.CallsBenchmark;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code instar bench calls}. */
@Command(name = "calls", description = "Warm calls in a closed loop through the gateway.")
final class BenchCallsCommand implements Callable<Integer> {
    private final BenchCommand bench;

    @Mixin
    private final BenchFunctions functions = new BenchFunctions();

    @Option(names = "--function", paramLabel = "NAME", description = "Whom to call. Default: noop.")
    private String function = "noop";

    @Option(names = "--connections", paramLabel = "N", description = "Calls at a time, 1 to 1024. Default: 1.")
    private int connections = 1;

    @Option(names = "--seconds", paramLabel = "S", description = "How long to count, 1 to 3600. Default: 10.")
    private int seconds = 10;

    BenchCallsCommand(BenchCommand bench) {
        this.bench = bench;
    }

    @Override
    public Integer call() {
        BenchCommand.within("--connections", connections, 1, 1024);
        BenchCommand.within("--seconds", seconds, 1, 3600);
        Progress progress = bench.progress();
        try (BenchNode node = bench.node(BenchNodeSettings.roomFor(BenchCommand.USUAL_INSTANCES))) {
            node.deploy(progress, functions.folder(), List.of(function));
            return bench.report(() -> progress.step(
                    "calling " + function + " for " + seconds + " s",
                    () -> List.of(CallsBenchmark.run(node, function, connections, Duration.ofSeconds(seconds)))));
        }
    }
}
