package dev.instar.cli;

import dev.instar.cli.bench.BenchNode;
import dev.instar.cli.bench.BenchNodeSettings;
import dev.instar.cli.bench.ClonesBenchmark;
import dev.instar.cli.bench.ClonesReport;
import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code instar bench clones}. */
@Command(
        name = "clones",
        description = {
            "Random programs, each deployed to start cold and from a template: the answers must be the same.",
            "Ends with status 1 if one is not, and prints the program. Always on a node of its own."
        })
final class BenchClonesCommand implements Callable<Integer> {
    private final BenchCommand bench;

    @Option(names = "--programs", paramLabel = "N", description = "How many programs, 1 to 100000. Default: 20.")
    private int programs = 20;

    @Option(names = "--clones", paramLabel = "N", description = "Clones of each program, 1 to 100000. Default: 20.")
    private int clones = 20;

    @Option(names = "--calls", paramLabel = "K", description = "Calls of each clone, 1 to 1000. Default: 3.")
    private int calls = 3;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "Seed of the first program; the next have the numbers that follow. Default: 1.")
    private long seed = 1;

    @Option(
            names = "--runtime",
            paramLabel = "RUNTIME",
            split = ",",
            description = "What the programs are written for. Default: python,node.")
    private List<RuntimeKind> runtimes = List.of(RuntimeKind.PYTHON, RuntimeKind.NODE);

    @Option(
            names = "--part",
            paramLabel = "NAME",
            split = ",",
            description = "Make the programs of these parts only, to look closer at a difference.")
    private List<String> parts = List.of();

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Begin no program after this time, 1 to 86400. Default: 3600.")
    private int seconds = 3600;

    BenchClonesCommand(BenchCommand bench) {
        this.bench = bench;
    }

    @Override
    public Integer call() {
        BenchCommand.within("--programs", programs, 1, 100_000);
        BenchCommand.within("--clones", clones, 1, 100_000);
        BenchCommand.within("--calls", calls, 1, 1000);
        BenchCommand.within("--seconds", seconds, 1, 86_400);
        if (runtimes.contains(RuntimeKind.PROGRAM)) {
            throw CommandException.badInput("--runtime takes python and node");
        }
        bench.requireOwnNode("what clones answer");
        Console console = bench.console();
        ClonesBenchmark.Size size =
                new ClonesBenchmark.Size(programs, clones, calls, seed, runtimes, parts, Duration.ofSeconds(seconds));
        try (BenchNode node = bench.node(BenchNodeSettings.roomFor(BenchCommand.USUAL_INSTANCES))) {
            ClonesReport report = new ClonesBenchmark(node, bench.quiet(), size, console.err()::println).run();
            Json.print(Json.report(report), console.out());
            bench.write(report);
            return report.differences().isEmpty() ? ExitStatus.OK : ExitStatus.FAILED;
        } catch (IOException e) {
            throw CommandException.failed("the programs could not be compared: " + e.getMessage());
        }
    }
}
