package dev.instar.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Everything a pool leaves on its host while it is open.
 *
 * @param processes children of this process, and those of its launcher
 * @param mounts as this process sees them
 * @param controlGroups directories whose path has the node's group in it
 * @param networkNamespaces those in use by any process of the host
 * @param descriptors open in this process, but for the Java runtime's own pollers, which come with its threads
 * @param threads of this process that belong to a pool
 * @param files in the run directory
 */
public record HostTraces(
        Set<Integer> processes,
        List<String> mounts,
        Set<String> controlGroups,
        Set<String> networkNamespaces,
        int descriptors,
        Set<String> threads,
        Set<String> files) {
    private static final Set<String> THREADS = Set.of("launcher-answers", "pipe-reader");

    /** What there is now. */
    public static HostTraces take(SandboxSettings settings) throws IOException {
        Set<Integer> processes = new TreeSet<>();
        ProcessHandle.current().descendants().forEach(process -> processes.add((int) process.pid()));
        Set<String> namespaces = new TreeSet<>();
        for (int pid : HostProcesses.all()) {
            try {
                namespaces.add(Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net"))
                        .toString());
            } catch (IOException e) {
                // It has ended since it was listed.
            }
        }
        Set<String> threads = new TreeSet<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (THREADS.contains(thread.getName()) || thread.getName().startsWith("sandbox-")) {
                // Threads of one kind are made as they are needed, up to a number.
                threads.add(thread.getName().replaceAll("-\\d+$", ""));
            }
        }
        return new HostTraces(
                processes,
                Files.readAllLines(Path.of("/proc/self/mountinfo")),
                controlGroups("instar-" + settings.nodeId()),
                namespaces,
                openDescriptors(),
                threads,
                names(settings.runDirectory(), Integer.MAX_VALUE));
    }

    private static int openDescriptors() throws IOException {
        int count = 0;
        for (String descriptor : names(Path.of("/proc/self/fd"), 1)) {
            try {
                boolean poller = Files.readSymbolicLink(Path.of(descriptor)).endsWith("anon_inode:[eventpoll]");
                count += poller ? 0 : 1;
            } catch (IOException e) {
                // The directory itself, or closed since it was listed.
            }
        }
        return count;
    }

    /** Directories of a node's control groups. */
    static Set<String> controlGroups(String node) throws IOException {
        Set<String> found = new TreeSet<>();
        for (String path : names(Path.of("/sys/fs/cgroup"), 8)) {
            if (path.endsWith("/" + node) || path.contains("/" + node + "/")) {
                found.add(path);
            }
        }
        return found;
    }

    private static Set<String> names(Path directory, int depth) throws IOException {
        Set<String> names = new TreeSet<>();
        if (!Files.exists(directory)) {
            return names;
        }
        try (Stream<Path> paths = Files.walk(directory, depth)) {
            paths.forEach(path -> names.add(path.toString()));
        } catch (java.io.UncheckedIOException e) {
            // Control groups of others come and go while the tree is read.
            if (!(e.getCause() instanceof NoSuchFileException)) {
                throw e;
            }
            return names(directory, depth);
        }
        return names;
    }
}
