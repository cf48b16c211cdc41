package dev.instar.linux;

import java.util.concurrent.atomic.AtomicInteger;

/** A file descriptor this process owns; closing twice is harmless. */
public final class Fd implements AutoCloseable {
    private static final int CLOSE = 3;

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
