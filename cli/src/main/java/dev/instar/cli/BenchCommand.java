package dev.instar.cli;

import dev.instar.bench.BenchReport;
import dev.instar.bench.BenchResult;
import dev.instar.bench.DensityReport;
import dev.instar.bench.DensityResult;
import dev.instar.bench.Environment;
import dev.instar.cli.bench.BenchNode;
import dev.instar.cli.bench.CallsBenchmark;
import dev.instar.cli.bench.ClonesBenchmark;
import dev.instar.cli.bench.ClonesReport;
import dev.instar.cli.bench.DensityBenchmark;
import dev.instar.cli.bench.StartsBenchmark;
import dev.instar.runtime.RuntimeKind;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code instar bench …}. */
@Command(
        name = "bench",
        description = {
            "Measure a node: one of its own, with the functions of functions/, or with --gateway one that runs.",
            "Figures are distributions; methods that are compared are taken in turn in one run."
        })
final class BenchCommand {
    private static final int MOST_INSTANCES = 9000;
    private static final int USUAL_INSTANCES = 1000;
    private static final Duration CROWD_PATIENCE = Duration.ofMinutes(10);

    private final Console console;

    @Option(
            names = "--gateway",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description = "A node that runs and has the functions; credentials as for other commands.")
    private String gateway = "";

    @Option(
            names = "--functions",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "Folder that holds the functions' folders.")
    private Path functions = Path.of(System.getProperty("instar.home", "."), "functions");

    @Option(
            names = "--json",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Write the report here too, as JSON.")
    private @Nullable Path json;

    BenchCommand(Console console) {
        this.console = console;
    }

    @Command(name = "calls", description = "Warm calls in a closed loop through the gateway.")
    int calls(
            @Option(
                            names = "--function",
                            paramLabel = "NAME",
                            defaultValue = "noop",
                            description = "Whom to call. Default: noop.")
                    String function,
            @Option(
                            names = "--connections",
                            paramLabel = "N",
                            defaultValue = "1",
                            description = "Calls at a time, 1 to 1024. Default: 1.")
                    int connections,
            @Option(
                            names = "--seconds",
                            paramLabel = "S",
                            defaultValue = "10",
                            description = "How long to count, 1 to 3600. Default: 10.")
                    int seconds) {
        within("--connections", connections, 1024);
        within("--seconds", seconds, 3600);
        Progress progress = new Progress(console);
        return measured(
                List.of(function),
                node -> progress.step(
                        "calling " + function + " for " + seconds + " s",
                        () -> List.of(CallsBenchmark.run(node, function, connections, Duration.ofSeconds(seconds)))));
    }

    @Command(name = "start", description = "Starts by different methods, in turn.")
    int start(
            @Option(
                            names = "--function",
                            paramLabel = "NAME",
                            split = ",",
                            defaultValue = "noop",
                            description = "Which functions, separated by commas. Default: noop.")
                    List<String> names,
            @Option(
                            names = "--method",
                            paramLabel = "METHOD",
                            split = ",",
                            defaultValue = "cold,template",
                            description =
                                    "cold, template, fork for a clone with private pages, or process for the handler"
                                            + " as a plain process. Default: cold,template.")
                    List<StartsBenchmark.Method> methods,
            @Option(
                            names = "--starts",
                            paramLabel = "N",
                            defaultValue = "50",
                            description = "Starts by each method, 1 to 100000. Default: 50.")
                    int starts,
            @Option(
                            names = "--gap",
                            paramLabel = "MS",
                            defaultValue = "0",
                            description = "Pause before each start, in milliseconds. Default: 0.")
                    int gap,
            @Option(
                            names = "--idle",
                            paramLabel = "N",
                            defaultValue = "0",
                            description = "Idle instances of each function to bring up first, 0 to 9000. Default: 0.")
                    int idle) {
        within("--starts", starts, 100_000);
        if (idle < 0 || idle > MOST_INSTANCES) {
            throw CommandException.badInput("--idle takes 0 to " + MOST_INSTANCES);
        }
        Progress progress = new Progress(console);
        return measured(List.of(), Math.max(idle * names.size(), USUAL_INSTANCES), node -> {
            for (String function : names) {
                if (idle > 0) {
                    crowd(node, progress, function, idle);
                }
            }
            List<BenchResult> results = new ArrayList<>();
            for (String function : names) {
                results.addAll(new StartsBenchmark(node, progress, functions)
                        .run(function, methods, starts, Duration.ofMillis(gap)));
            }
            return results;
        });
    }

    @Command(
            name = "clones",
            description = {
                "Random programs, each deployed to start cold and from a template: the answers must be the same.",
                "Ends with status 1 if one is not, and prints the program. Always on a node of its own."
            })
    int clones(
            @Option(
                            names = "--programs",
                            paramLabel = "N",
                            defaultValue = "20",
                            description = "How many programs, 1 to 100000. Default: 20.")
                    int programs,
            @Option(
                            names = "--clones",
                            paramLabel = "N",
                            defaultValue = "20",
                            description = "Clones of each program, 1 to 100000. Default: 20.")
                    int clones,
            @Option(
                            names = "--calls",
                            paramLabel = "K",
                            defaultValue = "3",
                            description = "Calls of each clone, 1 to 1000. Default: 3.")
                    int calls,
            @Option(
                            names = "--seed",
                            paramLabel = "S",
                            defaultValue = "1",
                            description =
                                    "Seed of the first program; the next have the numbers that follow. Default: 1.")
                    long seed,
            @Option(
                            names = "--runtime",
                            paramLabel = "RUNTIME",
                            split = ",",
                            defaultValue = "python,node",
                            description = "What the programs are written for. Default: python,node.")
                    List<RuntimeKind> runtimes,
            @Option(
                            names = "--part",
                            paramLabel = "NAME",
                            split = ",",
                            description = "Make the programs of these parts only, to look closer at a difference.")
                    @Nullable
                    List<String> parts,
            @Option(
                            names = "--seconds",
                            paramLabel = "S",
                            defaultValue = "3600",
                            description = "Begin no program after this time, 1 to 86400. Default: 3600.")
                    int seconds) {
        within("--programs", programs, 100_000);
        within("--clones", clones, 100_000);
        within("--calls", calls, 1000);
        within("--seconds", seconds, 86_400);
        if (runtimes.contains(RuntimeKind.PROGRAM)) {
            throw CommandException.badInput("--runtime takes python and node");
        }
        Progress quiet = new Progress(new Console(
                console.in(),
                console.out(),
                new PrintStream(OutputStream.nullOutputStream()),
                console.environment(),
                false));
        ClonesBenchmark.Size size = new ClonesBenchmark.Size(
                programs,
                clones,
                calls,
                seed,
                runtimes,
                parts == null ? List.of() : parts,
                Duration.ofSeconds(seconds));
        try (BenchNode node = BenchNode.start(new Progress(console), USUAL_INSTANCES)) {
            ClonesReport report = new ClonesBenchmark(node, quiet, size, console.err()::println).run();
            Json.print(Json.report(report), console.out());
            if (json != null) {
                Files.writeString(json, Json.report(report).toPrettyString() + "\n");
            }
            return report.differences().isEmpty() ? ExitStatus.OK : ExitStatus.FAILED;
        } catch (IOException e) {
            throw CommandException.failed("the programs could not be compared: " + e.getMessage());
        }
    }

    private void crowd(BenchNode node, Progress progress, String function, int idle) {
        String name = node.deployCrowd(progress, functions, function, idle);
        progress.step("waiting for the template of " + name, () -> node.awaitTemplate(name));
        progress.step(
                "bringing up " + idle + " instances of " + name,
                () -> node.function(name).scaleTo(idle, CROWD_PATIENCE));
    }

    @Command(
            name = "density",
            description = {
                "Idle instances, as many as a bound of memory allows, and what each of them costs.",
                "Each is called once at the end, all at the same time."
            })
    int density(
            @Option(
                            names = "--function",
                            paramLabel = "NAME",
                            split = ",",
                            defaultValue = "thumbnail",
                            description = "Which functions, separated by commas. Default: thumbnail.")
                    List<String> names,
            @Option(
                            names = "--bound",
                            paramLabel = "BYTES",
                            defaultValue = "4Gi",
                            description = "How far the machine's available memory may fall. Default: 4Gi.")
                    String bound,
            @Option(
                            names = "--count",
                            paramLabel = "N",
                            defaultValue = "300",
                            description = "How many instances at the most, 2 to 9000. Default: 300.")
                    int count,
            @Option(
                            names = "--idle-seconds",
                            paramLabel = "S",
                            defaultValue = "30",
                            description = "How long they are left alone, 1 to 3600. Default: 30.")
                    int idleSeconds) {
        if (count < 2) {
            throw CommandException.badInput("--count takes 2 to " + MOST_INSTANCES);
        }
        within("--count", count, MOST_INSTANCES);
        within("--idle-seconds", idleSeconds, 3600);
        if (!gateway.isEmpty()) {
            throw CommandException.badInput("density is measured on a node of the benchmark's own, not with --gateway");
        }
        long boundBytes = ByteCount.parse(bound);
        Progress progress = new Progress(console);
        try (BenchNode node = BenchNode.start(progress, count)) {
            Environment environment = Environment.current();
            List<DensityResult> results = new ArrayList<>();
            DensityBenchmark benchmark = new DensityBenchmark(node, progress, functions);
            for (String function : names) {
                results.add(benchmark.run(function, boundBytes, count, Duration.ofSeconds(idleSeconds)));
            }
            DensityReport report = new DensityReport(environment, results);
            DensityTable.print(report.results(), console.out());
            write(report);
            return results.stream().allMatch(DensityResult::complete) ? ExitStatus.OK : ExitStatus.FAILED;
        } catch (IOException e) {
            throw CommandException.failed("the report cannot be written: " + e.getMessage());
        }
    }

    private void write(Object report) throws IOException {
        if (json != null) {
            Files.writeString(json, Json.report(report).toPrettyString() + "\n");
        }
    }

    private static void within(String option, int value, int maximum) {
        if (value < 1 || value > maximum) {
            throw CommandException.badInput(option + " takes 1 to " + maximum);
        }
    }

    private int measured(List<String> names, Function<BenchNode, List<BenchResult>> benchmark) {
        return measured(names, USUAL_INSTANCES, benchmark);
    }

    private int measured(List<String> names, int instances, Function<BenchNode, List<BenchResult>> benchmark) {
        Progress progress = new Progress(console);
        try (BenchNode node = node(progress, instances)) {
            node.deploy(progress, functions, names);
            BenchReport report = new BenchReport(Environment.current(), benchmark.apply(node));
            print(report.results());
            write(report);
            return report.results().stream().anyMatch(result -> result.failed() > 0)
                    ? ExitStatus.FAILED
                    : ExitStatus.OK;
        } catch (IOException e) {
            throw CommandException.failed("the report cannot be written: " + e.getMessage());
        }
    }

    private BenchNode node(Progress progress, int instances) {
        if (gateway.isEmpty()) {
            return BenchNode.start(progress, instances);
        }
        GatewayOptions options = new GatewayOptions(console);
        options.preferGateway(gateway);
        return BenchNode.at(options.gateway(), options.credentials(), options.connect());
    }

    private void print(List<BenchResult> results) {
        Table table = Table.of(
                "FUNCTION",
                "METHOD",
                "COUNT>",
                "FAILED>",
                "MIN MS>",
                "P50>",
                "P90>",
                "P99>",
                "MAX>",
                "PER SECOND>",
                "PRIVATE>");
        for (BenchResult result : results) {
            table.row(
                    result.function(),
                    result.method(),
                    result.count(),
                    result.failed(),
                    Output.millis(result.ms().min()),
                    Output.millis(result.ms().p50()),
                    Output.millis(result.ms().p90()),
                    Output.millis(result.ms().p99()),
                    Output.millis(result.ms().max()),
                    Math.round(result.perSecond()),
                    Output.bytes(result.memoryKib().own() * 1024));
        }
        table.print(console.out());
    }
}
