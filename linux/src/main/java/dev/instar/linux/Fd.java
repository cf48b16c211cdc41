package dev.instar.linux;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** A file descriptor this process owns; closing twice is harmless. */
public final class Fd implements AutoCloseable {
    private static final int CLOSE = 3;
    private static final int OPENAT = 257;
    private static final int AT_FDCWD = -100;
    private static final int O_RDONLY = 0;
    private static final int O_WRONLY = 1;
    private static final int O_CLOEXEC = 02000000;

    private final AtomicInteger number;

    Fd(int number) {
        this.number = new AtomicInteger(number);
    }

    /**
     * Opens a file of the kernel's for writing; the rights are checked here, not where it is written.
     *
     * @throws LinuxException if it cannot be opened
     */
    public static Fd openForWriting(Path file) {
        return open(file, O_WRONLY);
    }

    /**
     * Opens a file for reading.
     *
     * @throws LinuxException if it cannot be opened
     */
    public static Fd openForReading(Path file) {
        return open(file, O_RDONLY);
    }

    private static Fd open(Path file, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return new Fd((int) Kernel.check(
                    "openat(\"" + file + "\", " + flags + ")",
                    OPENAT,
                    AT_FDCWD,
                    arena.allocateFrom(file.toString()).address(),
                    flags | O_CLOEXEC,
                    0));
        }
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
