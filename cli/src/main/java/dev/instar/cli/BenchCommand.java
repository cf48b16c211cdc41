package dev.instar.cli;

import dev.instar.bench.BenchReport;
import dev.instar.bench.BenchResult;
import dev.instar.bench.Environment;
import dev.instar.cli.bench.BenchNode;
import dev.instar.cli.bench.BenchNodeSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code instar bench …}: the options that its subcommands share, and what they do with them. */
@Command(
        name = "bench",
        description = {
            "Measure a node: one of its own, with the functions of functions/, or with --gateway one that runs.",
            "Figures are distributions; methods that are compared are taken in turn in one run."
        })
final class BenchCommand {
    /** Instances that a node of a benchmark's own has room for, unless it is told. */
    static final int USUAL_INSTANCES = 1000;

    static final int MOST_INSTANCES = 9000;

    private final Console console;

    @Option(
            names = "--gateway",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description = "A node that runs and has the functions; credentials as for other commands.")
    private String gateway = "";

    @Option(
            names = "--json",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Write the report here too, as JSON.")
    private @Nullable Path json;

    private BenchCommand(Console console) {
        this.console = console;
    }

    /** The command with its subcommands. */
    static CommandLine tree(Console console) {
        BenchCommand bench = new BenchCommand(console);
        return new CommandLine(bench)
                .addSubcommand(new BenchCallsCommand(bench))
                .addSubcommand(new BenchStartCommand(bench))
                .addSubcommand(new BenchClonesCommand(bench))
                .addSubcommand(new BenchDensityCommand(bench))
                .addSubcommand(new BenchBurstCommand(bench))
                .addSubcommand(new BenchSoakCommand(bench));
    }

    Console console() {
        return console;
    }

    /** Tells what is done. */
    Progress progress() {
        return new Progress(console);
    }

    /** Swallows what would be told, for steps that are done thousands of times. */
    Progress quiet() {
        return new Progress(new Console(
                console.in(),
                console.out(),
                new PrintStream(OutputStream.nullOutputStream()),
                console.environment(),
                false));
    }

    /** The node to measure: the one named, else one of its own. */
    BenchNode node(BenchNodeSettings settings) {
        if (gateway.isEmpty()) {
            return BenchNode.start(progress(), settings);
        }
        GatewayOptions options = new GatewayOptions(console);
        options.preferGateway(gateway);
        return BenchNode.at(options.gateway(), options.credentials(), options.connect());
    }

    /** @throws CommandException if a node was named, for what can be measured on a node of its own only */
    void requireOwnNode(String what) {
        if (!gateway.isEmpty()) {
            throw CommandException.badInput(what + " is measured on a node of the benchmark's own, not with --gateway");
        }
    }

    /** Prints and writes results; the exit status says whether one of them has failures. */
    int report(Supplier<List<BenchResult>> benchmark) {
        try {
            BenchReport report = new BenchReport(Environment.current(), benchmark.get());
            BenchTable.print(report.results(), console.out());
            report.results().forEach(result -> tellFailures(result.function() + ", " + result.method(), result));
            write(report);
            return report.results().stream().anyMatch(result -> result.failed() > 0)
                    ? ExitStatus.FAILED
                    : ExitStatus.OK;
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private void tellFailures(String what, BenchResult result) {
        BenchTable.printFailures(what, result.failures(), console.err());
    }

    void write(Object report) throws IOException {
        if (json != null) {
            Files.writeString(json, Json.report(report).toPrettyString() + "\n");
        }
    }

    static CommandException unwritable(IOException e) {
        return CommandException.failed("the report cannot be made or written: " + e.getMessage());
    }

    /** @throws CommandException if the option's value is not in range */
    static void within(String option, int value, int minimum, int maximum) {
        if (value < minimum || value > maximum) {
            throw CommandException.badInput(option + " takes " + minimum + " to " + maximum);
        }
    }
}
