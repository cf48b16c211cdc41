package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntToLongFunction;

/**
 * A file descriptor this process owns; closing twice is harmless. Where one thread may close it while another uses it,
 * the other uses {@link #whileOpen} or a {@link #duplicate}: a number that is closed may mean another file the next
 * moment.
 */
public final class Fd implements AutoCloseable {
    private static final int CLOSE = 3;
    private static final int OPENAT = 257;
    private static final int AT_FDCWD = -100;
    private static final int O_RDONLY = 0;
    private static final int O_WRONLY = 1;
    private static final int O_NONBLOCK = 04000;
    private static final int O_CLOEXEC = 02000000;
    private static final int POLL = 7;
    private static final int FCNTL = 72;
    private static final int F_DUPFD_CLOEXEC = 1030;

    private final AtomicInteger number;

    Fd(int number) {
        this.number = new AtomicInteger(number);
    }

    /**
     * Opens a file of the kernel's for writing; the rights are checked here, not where it is written. No write waits:
     * what would have to is EAGAIN.
     *
     * @throws LinuxException if it cannot be opened
     */
    public static Fd openForWriting(Path file) {
        return open(file, O_WRONLY | O_NONBLOCK);
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

    /** Makes a call that does not block, with the number, and lets nobody close it meanwhile; empty if it is closed. */
    synchronized OptionalLong whileOpen(IntToLongFunction call) {
        int n = number.get();
        return n < 0 ? OptionalLong.empty() : OptionalLong.of(call.applyAsLong(n));
    }

    /** Another descriptor of the same file, for the caller alone; empty if this one is closed. */
    Optional<Fd> duplicate() {
        OptionalLong copy =
                whileOpen(n -> Kernel.check("fcntl(" + n + ", F_DUPFD_CLOEXEC)", FCNTL, n, F_DUPFD_CLOEXEC, 0));
        return copy.isEmpty() ? Optional.empty() : Optional.of(new Fd((int) copy.getAsLong()));
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
    public synchronized void close() {
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
