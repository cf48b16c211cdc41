package dev.instar.cli;

import dev.instar.bench.DensityReport;
import dev.instar.bench.DensityResult;
import dev.instar.bench.Environment;
import dev.instar.cli.bench.BenchNode;
import dev.instar.cli.bench.BenchNodeSettings;
import dev.instar.cli.bench.DensityBenchmark;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code instar bench density}. */
@Command(
        name = "density",
        description = {
            "Idle instances, as many as a bound of memory allows, and what each of them costs.",
            "Each is called once at the end, all at the same time."
        })
final class BenchDensityCommand implements Callable<Integer> {
    /** Calls are held in the middle of their bodies until all have an instance, which may take minutes. */
    private static final int STALL_SECONDS = 1800;

    private final BenchCommand bench;

    @Mixin
    private final BenchFunctions functions = new BenchFunctions();

    @Option(
            names = "--function",
            paramLabel = "NAME",
            split = ",",
            description = "Which functions, separated by commas. Default: thumbnail.")
    private List<String> names = List.of("thumbnail");

    @Option(
            names = "--bound",
            paramLabel = "BYTES",
            description = "How far the machine's available memory may fall. Default: 4Gi.")
    private String bound = "4Gi";

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "How many instances at the most, 2 to 9000. Default: 300.")
    private int count = 300;

    @Option(
            names = "--idle-seconds",
            paramLabel = "S",
            description = "How long they are left alone, 1 to 3600. Default: 30.")
    private int idleSeconds = 30;

    BenchDensityCommand(BenchCommand bench) {
        this.bench = bench;
    }

    @Override
    public Integer call() {
        BenchCommand.within("--count", count, 2, BenchCommand.MOST_INSTANCES);
        BenchCommand.within("--idle-seconds", idleSeconds, 1, 3600);
        bench.requireOwnNode("density");
        long boundBytes = ByteCount.parse(bound);
        Progress progress = bench.progress();
        try (BenchNode node = bench.node(BenchNodeSettings.roomFor(count).withStall(STALL_SECONDS))) {
            Environment environment = Environment.current();
            List<DensityResult> results = new ArrayList<>();
            DensityBenchmark benchmark = new DensityBenchmark(node, progress, functions.folder());
            for (String function : names) {
                results.add(benchmark.run(function, boundBytes, count, Duration.ofSeconds(idleSeconds)));
            }
            DensityReport report = new DensityReport(environment, results);
            DensityTable.print(report.results(), bench.console().out());
            for (DensityResult result : results) {
                BenchTable.printFailures(
                        result.function(),
                        result.answers().failures(),
                        bench.console().err());
            }
            bench.write(report);
            return results.stream().allMatch(DensityResult::complete) ? ExitStatus.OK : ExitStatus.FAILED;
        } catch (IOException e) {
            throw BenchCommand.unwritable(e);
        }
    }
}
