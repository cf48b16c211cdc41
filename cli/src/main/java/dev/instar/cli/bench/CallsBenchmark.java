package dev.instar.cli.bench;

import dev.instar.bench.BenchResult;
import dev.instar.bench.CallLoad;
import dev.instar.bench.LoadGenerator;
import dev.instar.cli.CommandException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Warm calls in a closed loop. */
public final class CallsBenchmark {
    /** Long enough for both sides' compilers to have done their work. */
    private static final Duration WARM_UP = Duration.ofSeconds(5);

    private static final byte[] BODY =
            "an instar is what an insect is between two moults\n".getBytes(StandardCharsets.UTF_8);

    private CallsBenchmark() {}

    /**
     * Calls one function.
     *
     * @param connections at a time; 1 to 1024
     */
    public static BenchResult run(BenchNode node, String function, int connections, Duration duration) {
        try {
            LoadGenerator.Outcome outcome = LoadGenerator.run(new CallLoad(
                    node.address(),
                    node.authorization(),
                    "/function/" + function,
                    BODY,
                    connections,
                    WARM_UP,
                    duration));
            return new BenchResult(
                    function,
                    "warm, " + connections + (connections == 1 ? " connection" : " connections"),
                    outcome.count(),
                    outcome.failed(),
                    outcome.total(),
                    outcome.phases(),
                    outcome.perSecond(),
                    0,
                    node.memory(function),
                    outcome.failures());
        } catch (IOException e) {
            throw CommandException.failed("the load could not be run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }
}
