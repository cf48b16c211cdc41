package dev.instar.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The machine's memory at one moment, from {@code /proc/meminfo}, in KiB.
 *
 * @param available what could be allocated without swapping, by the kernel's estimate
 * @param anonymous pages without a file behind, of all processes
 * @param pageTables of all processes
 * @param kernelStacks of all threads
 * @param slab objects of the kernel that it could not give back
 * @param perCpu the kernel's per-processor memory
 */
public record MachineMemory(
        double available, double anonymous, double pageTables, double kernelStacks, double slab, double perCpu) {
    /** Reads it. */
    public static MachineMemory read() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("/proc/meminfo"));
        return new MachineMemory(
                field(lines, "MemAvailable"),
                field(lines, "AnonPages"),
                field(lines, "PageTables"),
                field(lines, "KernelStack"),
                field(lines, "SUnreclaim"),
                field(lines, "Percpu"));
    }

    /**
     * What has been taken since, for each of a number of instances: memory that is not available any more counts as
     * taken, as all else that has grown.
     */
    public MachineMemory takenSince(MachineMemory before, int instances) {
        return new MachineMemory(
                (before.available - available) / instances,
                (anonymous - before.anonymous) / instances,
                (pageTables - before.pageTables) / instances,
                (kernelStacks - before.kernelStacks) / instances,
                (slab - before.slab) / instances,
                (perCpu - before.perCpu) / instances);
    }

    /** Kernel memory without page tables. */
    public double kernel() {
        return kernelStacks + slab + perCpu;
    }

    private static double field(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }
}
