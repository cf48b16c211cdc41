package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** How many descriptors this process may have open (getrlimit(2), {@code RLIMIT_NOFILE}). */
public final class OpenFileLimit {
    private static final int PRLIMIT64 = 302;
    private static final int NOFILE = 7;

    private OpenFileLimit() {}

    /** The limit in force. */
    public static long get() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limit = arena.allocate(JAVA_LONG, 2);
            Kernel.check("prlimit64(0, NOFILE)", PRLIMIT64, 0, NOFILE, 0, limit.address());
            return limit.getAtIndex(JAVA_LONG, 0);
        }
    }

    /**
     * Raises the limit if it is lower; above what this process was given, that takes {@code CAP_SYS_RESOURCE}.
     *
     * @return whether it is as high now
     */
    public static boolean raise(long wanted) {
        if (get() >= wanted) {
            return true;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limit = arena.allocate(JAVA_LONG, 2);
            limit.setAtIndex(JAVA_LONG, 0, wanted);
            limit.setAtIndex(JAVA_LONG, 1, wanted);
            return Kernel.call(PRLIMIT64, 0, NOFILE, limit.address(), 0) == 0;
        }
    }
}
