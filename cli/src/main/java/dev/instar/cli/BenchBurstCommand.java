package dev.instar.cli;

import dev.instar.bench.Environment;
import dev.instar.cli.bench.BenchNode;
import dev.instar.cli.bench.BenchNodeSettings;
import dev.instar.cli.bench.BurstBenchmark;
import dev.instar.cli.bench.BurstReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code instar bench burst}. */
@Command(
        name = "burst",
        description = {
            "Many calls at the same moment of a function without instances: started from its template, and in turn with",
            "that the same on as many idle instances as it made, and on cold starts. Every answer must be what a cold",
            "start answers; ends with status 1 if one is not."
        })
final class BenchBurstCommand implements Callable<Integer> {
    private final BenchCommand bench;

    @Mixin
    private final BenchFunctions functions = new BenchFunctions();

    @Option(
            names = "--function",
            paramLabel = "NAME",
            split = ",",
            description = "Which functions, separated by commas. Default: noop.")
    private List<String> names = List.of("noop");

    @Option(names = "--calls", paramLabel = "N", description = "How many calls at once, 1 to 9000. Default: 200.")
    private int calls = 200;

    @Option(names = "--repeat", paramLabel = "N", description = "How many bursts of each kind, 1 to 100. Default: 3.")
    private int repeat = 3;

    BenchBurstCommand(BenchCommand bench) {
        this.bench = bench;
    }

    @Override
    public Integer call() {
        BenchCommand.within("--calls", calls, 1, BenchCommand.MOST_INSTANCES);
        BenchCommand.within("--repeat", repeat, 1, 100);
        bench.requireOwnNode("a burst");
        try (BenchNode node = bench.node(BenchNodeSettings.roomFor(Math.max(calls, BenchCommand.USUAL_INSTANCES)))) {
            Environment environment = Environment.current();
            BurstBenchmark benchmark = new BurstBenchmark(node, bench.progress(), functions.folder());
            List<BurstReport.Result> results = new ArrayList<>();
            for (String function : names) {
                results.add(benchmark.run(function, calls, repeat));
            }
            print(results);
            bench.write(new BurstReport(environment, calls, repeat, results));
            return results.stream().allMatch(BurstReport.Result::complete) ? ExitStatus.OK : ExitStatus.FAILED;
        } catch (IOException e) {
            throw BenchCommand.unwritable(e);
        }
    }

    private void print(List<BurstReport.Result> results) {
        Table table = Table.of(
                "FUNCTION",
                "INSTANCES",
                "LAST MS>",
                "P50>",
                "P99>",
                "FAILED>",
                "BEFORE>",
                "AFTER>",
                "ANSWERING>",
                "CHARGED>",
                "STARTS");
        for (BurstReport.Result result : results) {
            result.template().each().forEach(one -> row(table, result.function(), "from the template", one));
            result.warm().each().forEach(one -> row(table, result.function(), "warm", one));
            result.cold().each().forEach(one -> row(table, result.function(), "cold", one));
        }
        table.print(bench.console().out());
        for (BurstReport.Result result : results) {
            bench.console()
                    .out()
                    .println(String.format(
                            Locale.ROOT,
                            "%s, medians: until the last answer, cold takes %.2f times as long as from the template,"
                                    + " and that %.2f times as long as warm",
                            result.function(),
                            result.coldToTemplate().lastAnswer(),
                            result.templateToWarm().lastAnswer()));
        }
    }

    private void row(Table table, String function, String kind, BurstReport.One one) {
        long failed = one.failures().stream().mapToLong(group -> group.count()).sum();
        table.row(
                function,
                kind,
                Output.millis(one.lastAnswerMs()),
                Output.millis(one.ms().p50()),
                Output.millis(one.ms().p99()),
                failed,
                one.instancesBefore(),
                one.instances(),
                one.answering(),
                Output.bytes(one.chargedKib() * 1024),
                words(one.starts()));
        BenchTable.printFailures(
                function + ", " + kind, one.failures(), bench.console().err());
    }

    private static String words(Map<String, Integer> starts) {
        return starts.entrySet().stream()
                .map(each -> each.getValue() + " " + each.getKey())
                .collect(Collectors.joining(", "));
    }
}
