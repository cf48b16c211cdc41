package dev.instar.cli;

import dev.instar.bench.BenchResult;
import dev.instar.bench.Failures;
import java.io.PrintStream;
import java.util.List;

/** Results of benchmarks as text. */
final class BenchTable {
    private BenchTable() {}

    static void print(List<BenchResult> results, PrintStream out) {
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
                "SANDBOX>",
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
                    Math.round(100 * result.sandboxShare()) + " %",
                    Math.round(result.perSecond()),
                    Output.bytes(result.memoryKib().own() * 1024));
        }
        table.print(out);
    }

    /** Says which calls failed and how the first of them were answered; nothing if none failed. */
    static void printFailures(String what, List<Failures.Group> failures, PrintStream out) {
        for (Failures.Group group : failures) {
            out.println("FAILED: " + what + ": " + group.count() + " times " + group.kind());
            group.first().forEach(answer -> out.println("    " + answer));
        }
    }
}
