package dev.instar.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A group under v2: one directory, with the files of the controllers that its parent has enabled. */
final class ControlGroupV2 implements ControlGroup {
    /** What this package sets limits with, and so enables for children where the host has it. */
    static final Set<String> WANTED = Set.of("cpu", "memory", "pids");

    private static final long PERIOD_MICROS = 100_000;
    private static final long MICROS_PER_MILLI = PERIOD_MICROS / 1000;
    private static final long NANOS_PER_MICRO = 1000;

    private final Path directory;

    ControlGroupV2(Path directory) {
        this.directory = directory;
    }

    @Override
    public String name() {
        return directory.getFileName().toString();
    }

    @Override
    public ControlGroup child(String childName) {
        enableControllers(directory);
        return new ControlGroupV2(ControlFiles.makeDirectory(directory, childName));
    }

    /** Lets groups below a directory have every wanted controller that the directory itself has. */
    static void enableControllers(Path directory) {
        Set<String> missing = new TreeSet<>(WANTED);
        missing.retainAll(ControlFiles.readWords(directory.resolve("cgroup.controllers")));
        Path enabled = directory.resolve("cgroup.subtree_control");
        missing.removeAll(ControlFiles.readWords(enabled));
        if (!missing.isEmpty()) {
            ControlFiles.write(enabled, missing.stream().map(name -> "+" + name).collect(Collectors.joining(" ")));
        }
    }

    @Override
    public List<ControlGroup> children() {
        return ControlFiles.childNames(directory).stream()
                .<ControlGroup>map(childName -> new ControlGroupV2(directory.resolve(childName)))
                .toList();
    }

    @Override
    public void setMemoryLimit(long bytes) {
        ControlFiles.write(file("memory", "memory.max"), orMax(bytes));
        Path swap = directory.resolve("memory.swap.max");
        if (Files.exists(swap)) {
            ControlFiles.write(swap, bytes == UNLIMITED ? "max" : "0");
        }
    }

    @Override
    public void setMemoryHigh(long bytes) {
        ControlFiles.write(file("memory", "memory.high"), orMax(bytes));
    }

    @Override
    public void setPidsLimit(long count) {
        ControlFiles.write(file("pids", "pids.max"), orMax(count));
    }

    @Override
    public void setCpuLimit(long millis) {
        String quota = millis == UNLIMITED ? "max" : Long.toString(Math.multiplyExact(millis, MICROS_PER_MILLI));
        ControlFiles.write(file("cpu", "cpu.max"), quota + " " + PERIOD_MICROS);
    }

    @Override
    public List<Path> joinFiles() {
        return List.of(directory.resolve("cgroup.procs"));
    }

    @Override
    public Optional<Path> cloneDirectory() {
        return Optional.of(directory);
    }

    @Override
    public GroupLimits limits() {
        String quota = ControlFiles.read(file("cpu", "cpu.max")).split(" ", 2)[0];
        return new GroupLimits(
                ControlFiles.readNumber(file("memory", "memory.max")),
                ControlFiles.readNumber(file("memory", "memory.high")),
                ControlFiles.readNumber(file("pids", "pids.max")),
                quota.equals("max") ? UNLIMITED : Long.parseLong(quota) / MICROS_PER_MILLI);
    }

    @Override
    public void forgetPeak() {
        // Since Linux 6.12 a write to memory.peak resets it, but for the descriptor alone that has written.
    }

    @Override
    public long tasks() {
        return ControlFiles.readNumber(file("pids", "pids.current"));
    }

    @Override
    public long memoryBytes() {
        return ControlFiles.readNumber(file("memory", "memory.current"));
    }

    @Override
    public long peakMemoryBytes() {
        Path peak = directory.resolve("memory.peak");
        return Files.exists(peak) ? ControlFiles.readNumber(peak) : 0;
    }

    @Override
    public long oomKills() {
        return ControlFiles.readKey(file("memory", "memory.events"), "oom_kill");
    }

    @Override
    public long cpuNanos() {
        // Every v2 group has cpu.stat with this line, whether or not the controller is enabled.
        return NANOS_PER_MICRO * ControlFiles.readKey(directory.resolve("cpu.stat"), "usage_usec");
    }

    @Override
    public List<Integer> pids() {
        return ControlFiles.readPids(directory.resolve("cgroup.procs"));
    }

    @Override
    public void kill() {
        Path kill = directory.resolve("cgroup.kill");
        if (Files.exists(kill)) {
            ControlFiles.write(kill, "1");
        } else {
            // Before Linux 5.14.
            GroupKill.killOneByOne(this, Optional.of(directory).filter(path -> Files.exists(path.resolve("pids.max"))));
        }
    }

    @Override
    public void freeze(Duration timeout) {
        ControlFiles.write(directory.resolve("cgroup.freeze"), "1");
        Path events = directory.resolve("cgroup.events");
        if (!ControlFiles.await(timeout, () -> ControlFiles.readKey(events, "frozen") == 1)) {
            thaw();
            throw new ControlGroupException(
                    "processes in " + directory + " did not freeze within " + timeout.toMillis() + " ms");
        }
    }

    @Override
    public void thaw() {
        ControlFiles.write(directory.resolve("cgroup.freeze"), "0");
    }

    @Override
    public void reclaim(long bytes) {
        Path reclaim = directory.resolve("memory.reclaim");
        if (Files.exists(reclaim)) {
            try {
                ControlFiles.write(reclaim, Long.toString(bytes));
            } catch (ControlGroupException e) {
                // The kernel has taken back what it could, and that was less.
                if (!(e.getCause() instanceof LinuxException refused) || refused.errno() != Errno.EAGAIN) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void delete(Duration timeout) {
        children().forEach(child -> child.delete(timeout));
        ControlFiles.removeDirectory(directory, timeout);
    }

    private Path file(String controller, String fileName) {
        Path file = directory.resolve(fileName);
        if (!Files.exists(file)) {
            throw new ControlGroupException("there is no " + file + ": " + controller
                    + " is not among the controllers that " + directory.resolve("cgroup.controllers")
                    + " lists; a host that runs it under v1 must boot with systemd.unified_cgroup_hierarchy=1,"
                    + " and a unit must have Delegate=yes");
        }
        return file;
    }

    private static String orMax(long value) {
        return value == UNLIMITED ? "max" : Long.toString(value);
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
