package dev.instar.template.capture;

import dev.instar.linux.Injection;
import dev.instar.linux.MemoryMapping;
import dev.instar.linux.TracedProcess;
import dev.instar.linux.Tracer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Addresses that a process which is going to be captured cannot use until then, so that what it allocates lies close
 * together. V8 asks for each 256 KiB chunk of its heap at a random address below 2<sup>46</sup>; a chunk alone in its 2
 * MiB, GiB and 512 GiB costs every clone up to three pages of page tables, and none can be mapped by a huge page. Where
 * the address asked for is taken, the kernel gives the next below what is mapped already, and chunks become neighbours.
 *
 * <p>Reserved space has no rights, no pages and counts for no limit. Memory that clones allocate themselves is placed
 * as ever.
 */
public final class AddressReservation {
    /** Above programs that are not position-independent, and their heaps. */
    private static final long FROM = 1L << 36;

    private static final long TO = 1L << 46;
    private static final int MAP_PRIVATE = 0x2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MAP_FIXED_NOREPLACE = 0x100000;

    private final int pid;
    private final Duration limit;
    private final List<Range> ranges;

    private AddressReservation(int pid, Duration limit, List<Range> ranges) {
        this.pid = pid;
        this.limit = limit;
        this.ranges = List.copyOf(ranges);
    }

    private record Range(long start, long end) {}

    /**
     * Reserves in a process that has just been told to execute its program: waits until it does, and stops it for some
     * 100 µs, in front of its first instruction if possible. Chunks that it has allocated by then stay where they are.
     *
     * @param pid as this process sees it
     * @param limit how long the program may take to be executed, and a thread to stop
     * @throws IOException if the process has ended, or does not execute a file or stop in time
     */
    public static AddressReservation reserve(int pid, Duration limit) throws IOException {
        return Tracer.onceExecuted(pid, limit, process -> {
            List<Range> free = free(process.mappings());
            try (Injection injection = process.inject(process.threads().getFirst())) {
                for (Range range : free) {
                    injection.call(
                            "mmap",
                            range.start(),
                            range.end() - range.start(),
                            0,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
                            -1,
                            0);
                }
            }
            return new AddressReservation(pid, limit, free);
        });
    }

    private static List<Range> free(List<MemoryMapping> mappings) {
        List<Range> free = new ArrayList<>();
        long start = FROM;
        for (MemoryMapping mapping : mappings) {
            if (mapping.end() > start && mapping.start() < TO && mapping.start() >= 0) {
                if (mapping.start() > start) {
                    free.add(new Range(start, mapping.start()));
                }
                start = mapping.end();
            }
        }
        if (start < TO) {
            free.add(new Range(start, TO));
        }
        return free;
    }

    /**
     * Gives the addresses back, but for those where the process has mapped something over the reservation.
     *
     * @throws IOException if the process has ended or does not stop in time
     */
    public void release() throws IOException {
        Tracer.whileStopped(pid, limit, process -> {
            try (Injection injection = process.inject(process.threads().getFirst())) {
                for (Range range : held(process)) {
                    injection.call("munmap", range.start(), range.end() - range.start());
                }
            }
            return ranges.size();
        });
    }

    private List<Range> held(TracedProcess process) {
        List<Range> held = new ArrayList<>();
        for (MemoryMapping mapping : process.mappings()) {
            if (mapping.protection() == 0 && mapping.name().isEmpty() && mapping.inode() == 0) {
                for (Range range : ranges) {
                    long start = Math.max(range.start(), mapping.start());
                    long end = Math.min(range.end(), mapping.end());
                    if (start < end) {
                        held.add(new Range(start, end));
                    }
                }
            }
        }
        return held;
    }
}
