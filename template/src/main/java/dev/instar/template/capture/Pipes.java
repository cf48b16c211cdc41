package dev.instar.template.capture;

import dev.instar.linux.ForeignDescriptors;
import dev.instar.linux.OpenDescriptor;
import dev.instar.template.image.Bytes;
import dev.instar.template.image.Descriptor.PipeEnd;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The pipes of a process, of which it must have both ends. */
final class Pipes {
    private static final int ACCESS = 3;
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int O_DIRECT = 040000;
    private static final int STATUS = 04000;

    private final ForeignDescriptors foreign;
    private final List<OpenDescriptor> all;
    private final List<OpenDescriptor> own;
    private final Map<String, ForeignDescriptors.Pipe> contents = new HashMap<>();

    /**
     * @param all descriptors, duplicates and given ones among them
     * @param own those that are neither
     */
    Pipes(ForeignDescriptors foreign, List<OpenDescriptor> all, List<OpenDescriptor> own) {
        this.foreign = foreign;
        this.all = all;
        this.own = own;
    }

    /** An end of a pipe. */
    PipeEnd end(OpenDescriptor end) {
        List<OpenDescriptor> ends = own.stream()
                .filter(other -> other.target().equals(end.target()))
                .toList();
        boolean readable = ends.stream().anyMatch(other -> access(other) == READ);
        boolean writable = ends.stream().anyMatch(other -> access(other) == WRITE);
        if (!readable || !writable || isGiven(end)) {
            throw DescriptorCapture.refused(end, "a pipe whose other end is outside the process");
        }
        if (ends.size() != 2 || (end.flags() & O_DIRECT) != 0) {
            throw DescriptorCapture.refused(end, "a pipe of packets, or opened more than once");
        }
        ForeignDescriptors.Pipe pipe = contents.computeIfAbsent(
                end.target(),
                target -> foreign.pipe(ends.stream()
                        .filter(other -> access(other) == READ)
                        .findFirst()
                        .orElseThrow()
                        .number()));
        String target = end.target();
        return new PipeEnd(
                end.number(),
                end.closeOnExec(),
                Long.parseLong(target.substring("pipe:[".length(), target.length() - 1)),
                access(end) == WRITE,
                end.flags() & STATUS,
                Bytes.of(pipe.unread()),
                pipe.capacity());
    }

    /** Whether another opening of the same pipe is one that every instance is given. */
    private boolean isGiven(OpenDescriptor end) {
        return all.stream()
                .filter(other -> other.target().equals(end.target()))
                .anyMatch(other -> own.stream().noneMatch(mine -> foreign.sameFile(mine.number(), other.number())));
    }

    private static int access(OpenDescriptor end) {
        return end.flags() & ACCESS;
    }
}
