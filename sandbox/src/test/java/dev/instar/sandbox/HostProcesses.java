package dev.instar.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the host sees of processes, in {@code /proc}. */
final class HostProcesses {
    private HostProcesses() {}

    /** The launcher of this process's pool. */
    static int launcher() throws IOException {
        return children(ProcessHandle.current().pid()).stream()
                .filter(pid -> status(pid, "Name").equals(Optional.of("instar-launcher")))
                .findFirst()
                .orElseThrow();
    }

    static List<Integer> children(long parent) throws IOException {
        return all().stream()
                .filter(pid -> status(pid, "PPid").equals(Optional.of(Long.toString(parent))))
                .toList();
    }

    /** Processes that hold a user id, whether real, effective, saved or of the file system. */
    static List<Integer> ofUser(int uid) throws IOException {
        return all().stream()
                .filter(pid -> status(pid, "Uid")
                        .map(uids -> List.of(uids.split("\\s+", -1)).contains(Integer.toString(uid)))
                        .orElse(false))
                .toList();
    }

    static List<Integer> all() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.chars().allMatch(Character::isDigit))
                    .map(Integer::valueOf)
                    .toList();
        }
    }

    /** A line of a process's status file; empty if the process has ended meanwhile. */
    static Optional<String> status(int pid, String name) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
            return lines.filter(line -> line.startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException e) {
            return Optional.empty();
        }
    }

    /** The first process of the pid namespace that a process is in. */
    static String initBeside(int pid) {
        return processesIn("pid", pid).stream()
                .filter(other -> status(other, "NSpid")
                        .filter(numbers -> numbers.endsWith("\t1"))
                        .isPresent())
                .findFirst()
                .orElseThrow()
                .toString();
    }

    private static List<Integer> processesIn(String kind, int pid) {
        try {
            Path namespace = namespace(kind, pid);
            return all().stream()
                    .filter(other -> namespace.equals(namespace(kind, other)))
                    .toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Path namespace(String kind, int pid) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + kind));
        } catch (IOException e) {
            return Path.of("none");
        }
    }

    /** How many namespaces of all kinds this process's descendants are in. */
    static long namespaces() {
        return ProcessHandle.current()
                .descendants()
                .flatMap(process -> Stream.of("pid", "user", "net", "mnt", "ipc", "uts", "cgroup")
                        .map(kind -> namespace(kind, (int) process.pid())))
                .distinct()
                .count();
    }
}
