package dev.instar.cli.bench;

import dev.instar.bench.DensityResult.ProcessMemory;
import dev.instar.linux.MemoryRollup;
import dev.instar.linux.ProcFiles;
import dev.instar.linux.ProcessStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * What belongs to the instances of a node of our own, found among the descendants of its process. Only a sample is
 * measured: instances of a template that have done the same are alike.
 */
final class InstanceProcesses {
    private static final double KIB = 1024;
    private static final int SAMPLE = 50;
    private static final String HOLDER = "instar-init";
    private static final String OWN_PREFIX = "instar-";
    private static final Path GROUPS_V1 = Path.of("/sys/fs/cgroup/memory");
    private static final Path GROUPS_V2 = Path.of("/sys/fs/cgroup");

    private final ProcFiles processes = new ProcFiles();
    private final int node;
    private final List<Integer> instances = new ArrayList<>();
    private final List<Integer> holders = new ArrayList<>();

    private InstanceProcesses(int node) {
        this.node = node;
    }

    /** Those that live now. */
    static InstanceProcesses of(ProcessHandle node) {
        InstanceProcesses found = new InstanceProcesses(Math.toIntExact(node.pid()));
        for (int launcher : found.processes.children(found.node)) {
            for (int child : found.processes.children(launcher)) {
                found.sort(child);
            }
        }
        return found;
    }

    private void sort(int pid) {
        String name = processes.status(pid).map(ProcessStatus::name).orElse(OWN_PREFIX);
        if (name.equals(HOLDER)) {
            holders.add(pid);
        } else if (!name.startsWith(OWN_PREFIX)) {
            instances.add(pid);
        }
    }

    /**
     * What they hold now, in KiB.
     *
     * @param instance an instance's process, on average
     * @param holder a process that holds namespaces, on average
     * @param charged what instances' control groups are charged, on average; 0 if the machine does not tell
     * @param nodeResident the node's own process
     */
    record Memory(ProcessMemory instance, ProcessMemory holder, double charged, double nodeResident) {}

    Memory memory() {
        return new Memory(
                memory(sample(instances)),
                memory(sample(holders)),
                average(sample(instances), this::chargedTo),
                nodeResident());
    }

    /** Resident memory of the node's process, in KiB. */
    private double nodeResident() {
        return processes.memory(node).map(MemoryRollup::resident).orElse(0L) / KIB;
    }

    private ProcessMemory memory(List<Integer> sample) {
        return new ProcessMemory(
                average(sample, pid -> rolledUp(pid, MemoryRollup::privateDirty)),
                average(sample, pid -> rolledUp(pid, MemoryRollup::proportional)),
                average(sample, pid -> line(processes.file(pid, "status"), "VmPTE:")));
    }

    private double rolledUp(int pid, ToDoubleFunction<MemoryRollup> what) {
        return processes.memory(pid).map(what::applyAsDouble).orElse(0.0) / KIB;
    }

    private double chargedTo(int pid) {
        try {
            for (String line : Files.readAllLines(processes.file(pid, "cgroup"))) {
                String[] fields = line.split(":", 3);
                if (fields[1].equals("memory")) {
                    return bytes(GROUPS_V1.resolve(fields[2].substring(1)).resolve("memory.usage_in_bytes"));
                }
                if (fields[1].isEmpty() && Files.exists(GROUPS_V2.resolve("cgroup.controllers"))) {
                    return bytes(GROUPS_V2.resolve(fields[2].substring(1)).resolve("memory.current"));
                }
            }
        } catch (NoSuchFileException _) {
            // It has ended, or the machine has its groups elsewhere.
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("the control group of process " + pid + " cannot be read", e);
        }
        return 0;
    }

    private static double bytes(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip()) / KIB;
    }

    private static double line(Path file, String name) {
        try {
            Optional<String> found = Files.readAllLines(file).stream()
                    .filter(each -> each.startsWith(name))
                    .findFirst();
            return found.map(each -> Double.parseDouble(each.replaceAll("\\D", "")))
                    .orElse(0.0);
        } catch (IOException _) {
            // It has ended.
            return 0;
        }
    }

    private static List<Integer> sample(List<Integer> all) {
        int step = Math.max(1, all.size() / SAMPLE);
        List<Integer> some = new ArrayList<>();
        for (int i = 0; i < all.size(); i += step) {
            some.add(all.get(i));
        }
        return some;
    }

    private static double average(List<Integer> pids, ToDoubleFunction<Integer> what) {
        return pids.stream().mapToDouble(what).average().orElse(0);
    }
}
