package dev.instar.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

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

    /** What a process has mapped, by ascending address. */
    public Optional<List<Mapping>> mappings(int pid) {
        return read(pid, "maps", Mapping::parseAll);
    }

    /** The mounts that a process sees; empty also for a dead one that is not yet reaped. */
    public Optional<List<MountEntry>> mounts(int pid) {
        return read(pid, "mountinfo", MountEntry::parseAll);
    }

    /** The mounts that this process sees. */
    public List<MountEntry> mounts() {
        return mounts(Math.toIntExact(ProcessHandle.current().pid())).orElse(List.of());
    }

    private <T> Optional<T> read(int pid, String file, Function<String, T> parser) {
        Path path = proc.resolve(Integer.toString(pid)).resolve(file);
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
     * Whether reading failed because the process ended after its file was opened (ESRCH), or has no address space or
     * namespaces any more (EINVAL of {@code mountinfo} on a dead process).
     */
    private static boolean isGone(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.endsWith("No such process") || message.endsWith("Invalid argument");
    }
}
