package dev.instar.cli.bench;

import dev.instar.bench.Burst;
import dev.instar.bench.CallLoad;
import dev.instar.bench.SingleCall;
import dev.instar.cli.CommandException;
import dev.instar.cli.Progress;
import dev.instar.cli.client.DeployedFunction;
import dev.instar.engine.StartPreference;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Many calls at the same moment of a function that has no instance: started from its template, met by as many idle
 * instances as that made, and started cold, in turns.
 */
public final class BurstBenchmark {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration SETTLING = Duration.ofMillis(400);

    private final BenchNode node;
    private final Progress progress;
    private final Path functions;

    /** @param functions folder that holds a folder for each function */
    public BurstBenchmark(BenchNode node, Progress progress, Path functions) {
        this.node = node;
        this.progress = progress;
        this.functions = functions;
    }

    /**
     * Makes the bursts.
     *
     * @param calls how many at once; as many instances are allowed
     * @param repeat how many bursts of each kind
     */
    public BurstReport.Result run(String function, int calls, int repeat) {
        String template =
                node.deployMany(progress, functions, function, function + "-burst", StartPreference.TEMPLATE, calls);
        String cold =
                node.deployMany(progress, functions, function, function + "-burst-cold", StartPreference.COLD, calls);
        progress.step("waiting for the template of " + template, () -> node.awaitTemplate(template));
        SampleRequest request = SampleRequest.of(function);
        List<BurstReport.One> fromTemplate = new ArrayList<>();
        List<BurstReport.One> onWarm = new ArrayList<>();
        List<BurstReport.One> fromCold = new ArrayList<>();
        try {
            byte[] expected = SingleCall.body(load(cold, request, 1), request.contentType());
            // Both sides' compilers, and what the node has learnt of the function's memory.
            burst(template, request, Math.min(calls, 10), expected, 0);
            for (int turn = 1; turn <= repeat; turn++) {
                progress.step("burst " + turn + " of " + repeat + " of " + function, () -> {
                    BurstReport.One started = burst(template, request, calls, expected, 0);
                    fromTemplate.add(started);
                    onWarm.add(burst(template, request, calls, expected, started.instances()));
                    node.function(template).scaleTo(0, PATIENCE);
                    fromCold.add(burst(cold, request, calls, expected, 0));
                    node.function(cold).scaleTo(0, PATIENCE);
                });
            }
        } catch (IOException e) {
            throw CommandException.failed("a call of " + cold + " failed: " + e.getMessage());
        }
        return BurstReport.Result.of(
                function,
                BurstReport.Bursts.of(fromTemplate),
                BurstReport.Bursts.of(onWarm),
                BurstReport.Bursts.of(fromCold));
    }

    private BurstReport.One burst(String name, SampleRequest request, int calls, byte[] expected, int idle) {
        DeployedFunction function = node.function(name);
        function.scaleTo(idle, PATIENCE);
        try {
            settle();
            long charged = node.chargedBytes();
            Burst.Outcome outcome = Burst.run(load(name, request, calls), request.contentType(), expected);
            settle();
            return BurstReport.One.of(outcome, idle, function.instances(), charged, node.chargedBytes());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }

    /** What has ended gives its memory back, and what is being started is there. */
    private static void settle() throws InterruptedException {
        Thread.sleep(SETTLING);
    }

    private CallLoad load(String name, SampleRequest request, int calls) {
        return new CallLoad(
                node.address(),
                node.authorization(),
                "/function/" + name + request.query(),
                request.body(),
                calls,
                Duration.ZERO,
                Duration.ZERO);
    }
}
