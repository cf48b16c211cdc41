package dev.instar.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code /proc}. Processes end at any time, so what concerns one is empty when it is gone. Immutable and safe for
 * use by several threads; a file that exists but cannot be read shows as {@link UncheckedIOException}.
 */
public final class ProcFiles {
    private final Path proc;

    /** Reads the {@code /proc} of this process's pid namespace. */
    public ProcFiles() {
        this(Path.of("/proc"));
    }

    /** Reads a proc file system mounted elsewhere. */
    public ProcFiles(Path proc) {
        this.proc = proc;
    }

    /** What the kernel tells of a process; present for a dead one until it is reaped. */
    public Optional<ProcessStat> stat(int pid) {
        return read(pid, "stat", ProcessStat::parse);
    }

    /** Identities and privileges of a process. */
    public Optional<ProcessStatus> status(int pid) {
        return read(pid, "status", ProcessStatus::parse);
    }

    /**
     * A process's memory. Walks its page tables: 10 µs for a small process, milliseconds for gigabytes. Empty also for
     * a dead process that is not yet reaped, and for a kernel thread.
     */
    public Optional<MemoryRollup> memory(int pid) {
        return read(pid, "smaps_rollup", MemoryRollup::parse);
    }

    /** The mounts that a process sees; empty also for a dead one that is not yet reaped. */
    public Optional<List<MountEntry>> mounts(int pid) {
        return read(pid, "mountinfo", MountEntry::parseAll);
    }

    /** The mounts that this process sees. */
    public List<MountEntry> mounts() {
        return mounts(Math.toIntExact(ProcessHandle.current().pid())).orElse(List.of());
    }

    /** A process's address space, by ascending address. Walks its page tables, as {@link #memory} does. */
    public Optional<List<MemoryMapping>> mappings(int pid) {
        return read(pid, "smaps", MemoryMapping::parseAll);
    }

    /** Where the parts of a process's memory are. */
    public Optional<MemoryBounds> bounds(int pid) {
        return read(pid, "stat", MemoryBounds::parse);
    }

    /** The ids of a process's threads, the main one first; none if it is gone. */
    public List<Integer> threads(int pid) {
        return numbers(pid, "task");
    }

    /** What the kernel tells of a thread. */
    public Optional<TaskStatus> threadStatus(int pid, int tid) {
        return read(pid, "task/" + tid + "/status", TaskStatus::parse);
    }

    /** How a thread is scheduled. */
    public Optional<Scheduling> scheduling(int pid, int tid) {
        return read(pid, "task/" + tid + "/stat", Scheduling::parse);
    }

    /** A thread's name, at most 15 bytes, which it may choose freely. */
    public Optional<String> threadName(int pid, int tid) {
        return read(
                pid,
                "task/" + tid + "/comm",
                name -> name.endsWith("\n") ? name.substring(0, name.length() - 1) : name);
    }

    /** The processes that a process has to reap, dead ones among them. */
    public List<Integer> children(int pid) {
        return threads(pid).stream()
                .flatMap(tid -> read(pid, "task/" + tid + "/children", text -> List.of(text.split(" ", -1))).stream())
                .flatMap(List::stream)
                .filter(child -> !child.isBlank())
                .map(Integer::valueOf)
                .toList();
    }

    /** The timers that a process has made with timer_create(2), as text; empty for none. */
    public String timers(int pid) {
        return read(pid, "timers", String::strip).orElse("");
    }

    /** A process's open descriptors, by ascending number; those that it closes meanwhile may be missing. */
    public List<OpenDescriptor> descriptors(int pid) {
        return numbers(pid, "fd").stream()
                .sorted()
                .flatMap(number -> read(pid, "fdinfo/" + number, text -> text)
                        .flatMap(text -> link(pid, "fd/" + number).map(to -> OpenDescriptor.parse(number, to, text)))
                        .stream())
                .toList();
    }

    /** Where a link such as {@code cwd} or {@code exe} of a process points, as a path of this process's. */
    public Optional<String> link(int pid, String name) {
        return follow(pid, name, FileStatus::link);
    }

    /** What a link such as {@code exe}, {@code fd/3} or {@code map_files/…} of a process leads to. */
    public Optional<FileStatus> fileStatus(int pid, String name) {
        return follow(pid, name, FileStatus::of);
    }

    private <T> Optional<T> follow(int pid, String name, Function<String, Optional<T>> how) {
        try {
            return how.apply(file(pid, name).toString());
        } catch (LinuxException e) {
            // What the kernel says, too, if the process is reaped between the look-up of its link and the reading.
            if (e.errno() == Errno.EACCES && stat(pid).isEmpty()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The path of one of a process's files. */
    public Path file(int pid, String name) {
        return proc.resolve(Integer.toString(pid)).resolve(name);
    }

    private List<Integer> numbers(int pid, String directory) {
        Path path = file(pid, directory);
        try (Stream<Path> entries = Files.list(path)) {
            return entries.map(entry -> Integer.valueOf(entry.getFileName().toString()))
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            if (isGone(e)) {
                return List.of();
            }
            throw new UncheckedIOException("cannot list " + path + ": " + e.getMessage(), e);
        } catch (UncheckedIOException e) {
            if (isGone(e.getCause())) {
                return List.of();
            }
            throw e;
        }
    }

    private <T> Optional<T> read(int pid, String file, Function<String, T> parser) {
        Path path = file(pid, file);
        try {
            String text = KernelFiles.read(path);
            return text.isEmpty() ? Optional.empty() : Optional.of(parser.apply(text));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            if (isGone(e)) {
                return Optional.empty();
            }
            throw new UncheckedIOException("cannot read " + path + ": " + e.getMessage(), e);
        }
    }

    /**
     * Whether reading failed because the process ended after its file was opened (ESRCH), has no address space or
     * namespaces any more (EINVAL of {@code mountinfo} on a dead process), or has closed the descriptor that the file
     * is about (ENOENT of a {@code fdinfo} that was opened).
     */
    private static boolean isGone(@Nullable IOException e) {
        String message = e == null ? "" : String.valueOf(e.getMessage());
        return message.endsWith("No such process")
                || message.endsWith("Invalid argument")
                || message.endsWith("No such file or directory");
    }
}
