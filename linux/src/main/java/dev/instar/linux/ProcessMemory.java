package dev.instar.linux;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Another process's memory, as {@code /proc/PID/mem} shows it: also what the process itself may not read. Reading a
 * page that was never touched reads zeros. Not for several threads.
 */
public final class ProcessMemory implements AutoCloseable {
    private final FileChannel memory;
    private final String name;

    private ProcessMemory(FileChannel memory, String name) {
        this.memory = memory;
        this.name = name;
    }

    /** Opens the memory of a process, which stays that process's even if the id is used again. */
    public static ProcessMemory open(int pid) throws IOException {
        Path path = Path.of("/proc", Integer.toString(pid), "mem");
        return new ProcessMemory(
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE), path.toString());
    }

    /**
     * Fills a buffer.
     *
     * @throws IOException if part of the range is not mapped, or lies behind the end of a mapped file
     */
    public void read(long address, ByteBuffer into) throws IOException {
        long at = address;
        while (into.hasRemaining()) {
            int n;
            try {
                n = memory.read(into, at);
            } catch (IOException e) {
                throw new IOException(name + " at " + Long.toHexString(at) + ": " + e.getMessage(), e);
            }
            if (n <= 0) {
                throw new EOFException(name + " ends at " + Long.toHexString(at));
            }
            at += n;
        }
    }

    /** Some bytes. */
    public byte[] read(long address, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        read(address, bytes);
        return bytes.array();
    }

    /** Eight bytes as a number. */
    public long readLong(long address) throws IOException {
        return ByteBuffer.wrap(read(address, 8)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    /** Writes, also where the process itself could not. */
    void write(long address, byte[] bytes) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            memory.write(left, address + left.position());
        }
    }

    @Override
    public void close() throws IOException {
        memory.close();
    }
}
