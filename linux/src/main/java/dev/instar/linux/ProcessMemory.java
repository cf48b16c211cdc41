package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;

/**
 * Another process's memory, as {@code /proc/PID/mem} shows it: also what the process itself may not read. Reading a
 * page that was never touched reads zeros. Interrupting a thread does not close it, unlike a channel: what was changed
 * in a process must be put back even then. Thread-safe.
 */
public final class ProcessMemory implements AutoCloseable {
    private static final int PREAD64 = 17;
    private static final int PWRITE64 = 18;
    private static final int OPENAT = 257;
    private static final int AT_FDCWD = -100;
    private static final int O_RDWR = 2;

    private final Fd memory;
    private final String name;

    private ProcessMemory(Fd memory, String name) {
        this.memory = memory;
        this.name = name;
    }

    /**
     * Opens the memory of a process, which stays that process's even if the id is used again.
     *
     * @throws NoSuchFileException if there is no such process
     */
    public static ProcessMemory open(int pid) throws IOException {
        String name = "/proc/" + pid + "/mem";
        try (Arena arena = Arena.ofConfined()) {
            long fd = Kernel.call(
                    OPENAT, AT_FDCWD, arena.allocateFrom(name).address(), O_RDWR | OpenDescriptor.O_CLOEXEC);
            if (fd == -Errno.ENOENT || fd == -Errno.ESRCH) {
                throw new NoSuchFileException(name);
            }
            if (fd < 0) {
                throw new LinuxException("openat(\"" + name + "\", O_RDWR)", (int) -fd);
            }
            return new ProcessMemory(new Fd((int) fd), name);
        }
    }

    /**
     * Fills a direct buffer.
     *
     * @throws IOException if part of the range is not mapped, or lies behind the end of a mapped file
     */
    public void read(long address, ByteBuffer into) throws IOException {
        read(address, MemorySegment.ofBuffer(into));
        into.position(into.limit());
    }

    /** Some bytes. */
    public byte[] read(long address, int length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(length);
            read(address, bytes);
            return bytes.toArray(JAVA_BYTE);
        }
    }

    /** Eight bytes as a number. */
    public long readLong(long address) throws IOException {
        return MemorySegment.ofArray(read(address, Long.BYTES)).get(JAVA_LONG_UNALIGNED, 0);
    }

    private void read(long address, MemorySegment into) throws IOException {
        for (long done = 0; done < into.byteSize(); ) {
            done += transferred(
                    "pread64",
                    address + done,
                    Kernel.call(
                            PREAD64, memory.number(), into.address() + done, into.byteSize() - done, address + done));
        }
    }

    /** Writes, also where the process itself could not. */
    void write(long address, byte[] bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocateFrom(JAVA_BYTE, bytes);
            for (long done = 0; done < bytes.length; ) {
                done += transferred(
                        "pwrite64",
                        address + done,
                        Kernel.call(
                                PWRITE64, memory.number(), from.address() + done, bytes.length - done, address + done));
            }
        }
    }

    private long transferred(String call, long address, long result) throws IOException {
        if (result <= 0 && result != -Errno.EINTR) {
            String reason = result == 0 ? "the process has ended" : Errno.name((int) -result);
            throw new IOException(call + "(" + name + ", " + Long.toHexString(address) + "): " + reason);
        }
        return Math.max(0, result);
    }

    @Override
    public void close() {
        memory.close();
    }
}
