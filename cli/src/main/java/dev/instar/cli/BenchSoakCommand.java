package dev.instar.cli;

import dev.instar.cli.bench.BenchNode;
import dev.instar.cli.bench.BenchNodeSettings;
import dev.instar.cli.bench.SoakBenchmark;
import dev.instar.cli.bench.SoakReport;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code instar bench soak}. */
@Command(
        name = "soak",
        description = {
            "Many calls of more functions in Python and Node than there may be instances, some hot and most rare, while",
            "what the node holds of the machine is sampled. Ends with status 1 if a call fails, if something grows from",
            "the first half to the second, or if something is left when the functions are removed."
        })
final class BenchSoakCommand implements Callable<Integer> {
    /** Fewer than the functions' seats would take. */
    private static final int SPARE = 16;

    private static final int READY = 4;
    private static final Duration SAMPLING = Duration.ofSeconds(1);

    private final BenchCommand bench;

    @Option(names = "--calls", paramLabel = "N", description = "How many calls, 100 to 100000000. Default: 100000.")
    private int calls = 100_000;

    @Option(names = "--functions", paramLabel = "N", description = "How many functions, 1 to 1000. Default: 50.")
    private int functions = 50;

    @Option(names = "--connections", paramLabel = "N", description = "Calls at a time, 1 to 256. Default: 8.")
    private int connections = 8;

    @Option(
            names = "--instances",
            paramLabel = "N",
            description = "How many instances there may be at a time, 4 to 1000. Default: 24.")
    private int instances = 24;

    @Option(names = "--seed", paramLabel = "S", description = "Seed of the calls' distribution. Default: 1.")
    private long seed = 1;

    BenchSoakCommand(BenchCommand bench) {
        this.bench = bench;
    }

    @Override
    public Integer call() {
        BenchCommand.within("--calls", calls, 100, 100_000_000);
        BenchCommand.within("--functions", functions, 1, 1000);
        BenchCommand.within("--connections", connections, 1, 256);
        BenchCommand.within("--instances", instances, SoakBenchmark.Size.LEAST_INSTANCES, 1000);
        bench.requireOwnNode("what a node holds");
        Console console = bench.console();
        SoakBenchmark.Size size = new SoakBenchmark.Size(calls, functions, connections, instances, seed, SAMPLING);
        try (BenchNode node =
                bench.node(BenchNodeSettings.roomFor(instances).withReady(READY).withSpare(SPARE))) {
            SoakReport report = new SoakBenchmark(node, bench.quiet(), size, console.err()::println).run();
            print(report, console);
            bench.write(report);
            return report.clean() ? ExitStatus.OK : ExitStatus.FAILED;
        } catch (IOException e) {
            throw BenchCommand.unwritable(e);
        }
    }

    private static void print(SoakReport report, Console console) {
        console.out()
                .println(String.format(
                        Locale.ROOT,
                        "%d calls answered, %d failed, in %.0f s; starts: %s; instances ended: %s; sandboxes used"
                                + " again: %d, destroyed: %s",
                        report.answered(),
                        report.failed(),
                        report.seconds(),
                        report.starts(),
                        report.ends(),
                        report.sandboxes().repurposed(),
                        report.sandboxes().destroyed()));
        Table table = Table.of("WHAT", "BEFORE>", "FIRST HALF>", "SECOND HALF>", "BOUND>", "AFTER>", "VERDICT");
        for (SoakReport.Measure measure : report.measures()) {
            table.row(
                    measure.name(),
                    Math.round(measure.before()),
                    number(measure.firstHalf()),
                    number(measure.secondHalf()),
                    "+" + Math.round(measure.bound()),
                    Math.round(measure.after()),
                    measure.grew() ? "GREW" : measure.left() ? "LEFT" : "flat");
        }
        table.print(console.out());
        BenchTable.printFailures("soak", report.failures(), console.err());
        report.complaints().forEach(line -> console.err().println("node: " + line));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
