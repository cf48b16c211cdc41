package dev.instar.cli;

import dev.instar.bench.DensityResult;
import dev.instar.bench.MachineMemory;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Results of the density benchmark as text: KiB for each instance. */
final class DensityTable {
    private DensityTable() {}

    static void print(List<DensityResult> results, PrintStream out) {
        Table memory = Table.of(
                "FUNCTION",
                "INSTANCES>",
                "KIB EACH>",
                "ANONYMOUS>",
                "PAGE TABLES>",
                "STACKS>",
                "SLAB>",
                "PER CPU>",
                "AVAILABLE>",
                "CHARGED>",
                "EMPTY GROUP>",
                "NODE>");
        Table further = Table.of(
                "FUNCTION",
                "PER SECOND>",
                "PRIVATE>",
                "VMPTE>",
                "GREW IDLE>",
                "ANSWERED>",
                "INSTANCES>",
                "ALIKE>",
                "AVAILABLE CALLED>");
        for (DensityResult result : results) {
            MachineMemory machine = result.machine();
            memory.row(
                    result.function(),
                    result.instances(),
                    kib(result.total()),
                    kib(machine.anonymous()),
                    kib(machine.pageTables()),
                    kib(machine.kernelStacks()),
                    kib(machine.slab()),
                    kib(machine.perCpu()),
                    kib(machine.available()),
                    kib(result.charged()),
                    kib(result.emptyGroup()),
                    kib(result.node()));
            further.row(
                    result.function(),
                    Math.round(result.startsPerSecond()),
                    kib(result.instance().own()),
                    kib(result.instance().pageTables()),
                    kib(result.idlePrivate()),
                    result.answers().answered(),
                    result.answers().instances(),
                    result.answers().alike(),
                    kib(result.calledMachine().available()));
        }
        memory.print(out);
        out.println();
        further.print(out);
    }

    private static String kib(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }
}
