package dev.instar.cli.bench;

import dev.instar.cli.node.HostShare;
import dev.instar.cli.node.NodeConfiguration;
import dev.instar.linux.MemoryRollup;
import dev.instar.linux.ProcFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * What a node of our own holds of the machine at one moment. Processes come and go while they are counted, so that a
 * count may be off by those.
 *
 * @param processes descendants of the node's process
 * @param threads of those
 * @param mounts in all mount namespaces of the node and its descendants together
 * @param namespaces of its descendants, of all kinds
 * @param controlGroups the node's and those below it, in all hierarchies
 * @param descriptors open in the node's process and its children
 * @param residentKib resident memory of the node's process
 * @param memoryGroups memory control groups of the machine, whoever they belong to, dying ones among them; 0 if the
 *     machine does not tell
 */
record NodeCensus(
        int processes,
        int threads,
        int mounts,
        int namespaces,
        int controlGroups,
        int descriptors,
        long residentKib,
        int memoryGroups) {
    private static final Path GROUPS = Path.of("/sys/fs/cgroup");
    private static final Path CONTROLLERS = Path.of("/proc/cgroups");
    private static final List<String> KINDS = List.of("cgroup", "ipc", "mnt", "net", "pid", "user", "uts");

    /** Counts what there is now. */
    static NodeCensus take(ProcessHandle node, Path data) {
        ProcFiles proc = new ProcFiles();
        int self = Math.toIntExact(node.pid());
        List<Integer> descendants =
                node.descendants().map(each -> Math.toIntExact(each.pid())).toList();
        List<Integer> children = proc.children(self);
        Set<String> namespaces = new HashSet<>();
        Map<String, Integer> mounts = new HashMap<>();
        int threads = 0;
        for (int pid : descendants) {
            threads += proc.threads(pid).size();
            KINDS.forEach(kind -> proc.link(pid, "ns/" + kind).ifPresent(namespaces::add));
            proc.link(pid, "ns/mnt")
                    .ifPresent(namespace -> mounts.computeIfAbsent(
                            namespace, any -> proc.mounts(pid).map(List::size).orElse(0)));
        }
        proc.link(self, "ns/mnt")
                .ifPresent(namespace ->
                        mounts.put(namespace, proc.mounts(self).map(List::size).orElse(0)));
        List<Integer> own = new ArrayList<>(children);
        own.add(self);
        return new NodeCensus(
                descendants.size(),
                threads,
                mounts.values().stream().mapToInt(Integer::intValue).sum(),
                namespaces.size(),
                countControlGroups(
                        HostShare.of(data, NodeConfiguration.Sandboxes.DEFAULT).nodeId()),
                own.stream().mapToInt(pid -> descriptors(proc.file(pid, "fd"))).sum(),
                proc.memory(self).map(MemoryRollup::resident).orElse(0L) / 1024,
                countMemoryGroups());
    }

    private static int descriptors(Path folder) {
        try (Stream<Path> open = Files.list(folder)) {
            return Math.toIntExact(open.count());
        } catch (NoSuchFileException _) {
            // The process has ended.
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException("the descriptors of a process cannot be counted", e);
        }
    }

    private static int countControlGroups(String nodeId) {
        AtomicInteger found = new AtomicInteger();
        try {
            Files.walkFileTree(GROUPS, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    if (directory.toString().contains(nodeId)) {
                        found.incrementAndGet();
                    }
                    return FileVisitResult.CONTINUE;
                }

                // Groups come and go while they are looked at.
                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, IOException e) {
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("control groups cannot be counted", e);
        }
        return found.get();
    }

    private static int countMemoryGroups() {
        try {
            return Files.readAllLines(CONTROLLERS).stream()
                    .map(line -> line.split("\\s+"))
                    .filter(fields -> fields[0].equals("memory"))
                    .mapToInt(fields -> Integer.parseInt(fields[2]))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException("the machine's control groups cannot be counted", e);
        }
    }
}
