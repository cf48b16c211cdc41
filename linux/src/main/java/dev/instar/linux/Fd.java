package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/** A file descriptor this process owns; closing twice is harmless. */
public final class Fd implements AutoCloseable {
    private static final int CLOSE = 3;
    private static final int POLL = 7;

    private final AtomicInteger number;

    Fd(int number) {
        this.number = new AtomicInteger(number);
    }

    /**
     * The number, for a system call made while the caller keeps this open.
     *
     * @throws IllegalStateException if closed
     */
    public int number() {
        int n = number.get();
        if (n < 0) {
            throw new IllegalStateException("descriptor is closed");
        }
        return n;
    }

    /**
     * Waits for events as poll(2) does, in the kernel.
     *
     * @param events those to wait for besides errors and hang-up
     * @param timeoutMillis 0 to only look
     * @return those that have come; 0 after the timeout
     */
    int poll(int events, int timeoutMillis) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(8, 4);
            one.set(JAVA_INT, 0, number());
            one.set(JAVA_SHORT, 4, (short) events);
            Kernel.check("poll(" + this + ")", POLL, one.address(), 1, timeoutMillis);
            return one.get(JAVA_SHORT, 6);
        }
    }

    /** Closes it; the kernel releases a descriptor even when close reports an error, so none is reported. */
    @Override
    public void close() {
        int n = number.getAndSet(-1);
        if (n >= 0) {
            Kernel.call(CLOSE, n);
        }
    }

    @Override
    public String toString() {
        return "fd " + number.get();
    }
}
