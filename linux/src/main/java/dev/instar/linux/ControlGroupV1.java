package dev.instar.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** A group under v1: a directory of the same name in each controller's hierarchy. */
final class ControlGroupV1 implements ControlGroup {
    private static final long PERIOD_MICROS = 100_000;
    private static final long MICROS_PER_MILLI = PERIOD_MICROS / 1000;

    /** What the kernel shows for "none": the highest number of pages, whatever their size. */
    private static final long NO_LIMIT = Long.MAX_VALUE - (1 << 20);

    private final String name;
    private final Map<String, Path> directories;

    /** @param directories where the group is, by controller; controllers mounted together share one */
    ControlGroupV1(String name, Map<String, Path> directories) {
        this.name = name;
        this.directories = Map.copyOf(directories);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ControlGroup child(String childName) {
        Map<String, Path> children = new TreeMap<>();
        directories.forEach(
                (controller, directory) -> children.put(controller, ControlFiles.makeDirectory(directory, childName)));
        return new ControlGroupV1(childName, children);
    }

    @Override
    public List<ControlGroup> children() {
        TreeSet<String> names = new TreeSet<>();
        distinctDirectories().forEach(directory -> names.addAll(ControlFiles.childNames(directory)));
        return names.stream().map(this::existingChild).toList();
    }

    /** With only those hierarchies that have the child: a group may be left over in a part of them. */
    private ControlGroup existingChild(String childName) {
        Map<String, Path> children = new TreeMap<>();
        directories.forEach((controller, directory) -> {
            if (Files.isDirectory(directory.resolve(childName))) {
                children.put(controller, directory.resolve(childName));
            }
        });
        return new ControlGroupV1(childName, children);
    }

    @Override
    public void setMemoryLimit(long bytes) {
        Path memory = file("memory", "memory.limit_in_bytes");
        Path withSwap = file("memory", "memory.memsw.limit_in_bytes");
        String limit = bytes == UNLIMITED ? "-1" : Long.toString(bytes);
        limitSocketBuffers(limit);
        if (!Files.exists(withSwap)) {
            // The kernel does not account swap (swapaccount=0): the least it can do is to avoid it.
            ControlFiles.write(file("memory", "memory.swappiness"), "0");
            ControlFiles.write(memory, limit);
            return;
        }
        // The kernel never lets the first limit exceed the second, so the order depends on the direction.
        if (bytes > ControlFiles.readNumber(withSwap)) {
            ControlFiles.write(withSwap, limit);
            ControlFiles.write(memory, limit);
        } else {
            ControlFiles.write(memory, limit);
            ControlFiles.write(withSwap, limit);
        }
    }

    /** They are counted apart from the rest, and only in groups with a limit of their own. */
    private void limitSocketBuffers(String limit) {
        Path buffers = file("memory", "memory.kmem.tcp.limit_in_bytes");
        if (Files.exists(buffers)) {
            ControlFiles.write(buffers, limit);
        }
    }

    @Override
    public void setMemoryHigh(long bytes) {
        // Not written in vain: kernels built for real time take no value at all, not even the one that is set.
        if (bytes != memoryHigh()) {
            ControlFiles.write(
                    file("memory", "memory.soft_limit_in_bytes"), bytes == UNLIMITED ? "-1" : Long.toString(bytes));
        }
    }

    private long memoryHigh() {
        return orUnlimited(ControlFiles.readNumber(file("memory", "memory.soft_limit_in_bytes")));
    }

    private static long orUnlimited(long bytes) {
        return bytes >= NO_LIMIT ? UNLIMITED : bytes;
    }

    @Override
    public void setPidsLimit(long count) {
        ControlFiles.write(file("pids", "pids.max"), count == UNLIMITED ? "max" : Long.toString(count));
    }

    @Override
    public void setCpuLimit(long millis) {
        ControlFiles.write(file("cpu", "cpu.cfs_period_us"), Long.toString(PERIOD_MICROS));
        ControlFiles.write(
                file("cpu", "cpu.cfs_quota_us"),
                millis == UNLIMITED ? "-1" : Long.toString(Math.multiplyExact(millis, MICROS_PER_MILLI)));
    }

    @Override
    public List<Path> joinFiles() {
        return distinctDirectories().stream()
                .map(directory -> directory.resolve("cgroup.procs"))
                .toList();
    }

    @Override
    public Optional<Path> cloneDirectory() {
        return Optional.empty();
    }

    @Override
    public GroupLimits limits() {
        long quota = ControlFiles.readNumber(file("cpu", "cpu.cfs_quota_us"));
        return new GroupLimits(
                orUnlimited(ControlFiles.readNumber(file("memory", "memory.limit_in_bytes"))),
                memoryHigh(),
                ControlFiles.readNumber(file("pids", "pids.max")),
                quota < 0 ? UNLIMITED : quota / MICROS_PER_MILLI);
    }

    @Override
    public void forgetPeak() {
        ControlFiles.write(file("memory", "memory.max_usage_in_bytes"), "0");
    }

    @Override
    public long tasks() {
        return ControlFiles.readNumber(file("pids", "pids.current"));
    }

    @Override
    public long memoryBytes() {
        return ControlFiles.readNumber(file("memory", "memory.usage_in_bytes"));
    }

    @Override
    public long peakMemoryBytes() {
        return ControlFiles.readNumber(file("memory", "memory.max_usage_in_bytes"));
    }

    @Override
    public long oomKills() {
        return ControlFiles.readKey(file("memory", "memory.oom_control"), "oom_kill");
    }

    @Override
    public long cpuNanos() {
        return ControlFiles.readNumber(file("cpuacct", "cpuacct.usage"));
    }

    @Override
    public List<Integer> pids() {
        TreeSet<Integer> pids = new TreeSet<>();
        for (Path procs : joinFiles()) {
            pids.addAll(ControlFiles.readPids(procs));
        }
        return List.copyOf(pids);
    }

    @Override
    public void kill() {
        GroupKill.killOneByOne(this, Optional.ofNullable(directories.get("pids")));
        thawAll();
    }

    /** Other than under v2, a signal that kills does so only once its process is thawed. */
    private void thawAll() {
        Path freezer = directories.get("freezer");
        Path state = freezer == null ? null : freezer.resolve("freezer.state");
        // The topmost group has no such file.
        if (state != null && Files.exists(state) && !ControlFiles.read(state).equals("THAWED")) {
            thaw();
        }
        children().forEach(child -> ((ControlGroupV1) child).thawAll());
    }

    @Override
    public void freeze(Duration timeout) {
        Path state = file("freezer", "freezer.state");
        ControlFiles.write(state, "FROZEN");
        if (!ControlFiles.await(timeout, () -> ControlFiles.read(state).equals("FROZEN"))) {
            thaw();
            throw new ControlGroupException(
                    "processes in " + state.getParent() + " did not freeze within " + timeout.toMillis() + " ms");
        }
    }

    @Override
    public void thaw() {
        ControlFiles.write(file("freezer", "freezer.state"), "THAWED");
    }

    @Override
    public void reclaim(long bytes) {
        Path limit = file("memory", "memory.limit_in_bytes");
        String before = ControlFiles.read(limit);
        long target = Math.max(1, memoryBytes() - bytes);
        try {
            ControlFiles.write(limit, Long.toString(target));
        } catch (ControlGroupException e) {
            // EBUSY: the kernel has taken back what it could, and that was less. The limit is as before.
            return;
        }
        ControlFiles.write(limit, before);
    }

    @Override
    public void delete(Duration timeout) {
        children().forEach(child -> child.delete(timeout));
        distinctDirectories().forEach(directory -> ControlFiles.removeDirectory(directory, timeout));
    }

    private Collection<Path> distinctDirectories() {
        return new TreeSet<>(directories.values());
    }

    private Path file(String controller, String fileName) {
        Path directory = directories.get(controller);
        if (directory == null) {
            throw new ControlGroupException("the control group " + name + " cannot use " + fileName
                    + ": this host has no " + controller + " controller; its kernel must have it built in and enabled");
        }
        return directory.resolve(fileName);
    }

    @Override
    public String toString() {
        return new ArrayList<>(distinctDirectories()).toString();
    }
}
