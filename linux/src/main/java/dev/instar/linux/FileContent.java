package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Regular files by descriptor: made and opened relative to a directory (or a mount that is attached nowhere), read and
 * written at positions, measured. Nothing here moves a file offset.
 */
public final class FileContent {
    private static final int FSTAT = 5;
    private static final int PREAD64 = 17;
    private static final int PWRITE64 = 18;
    private static final int FTRUNCATE = 77;
    private static final int OPENAT = 257;
    private static final int UNLINKAT = 263;
    private static final int AT_FDCWD = -100;
    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0100;
    private static final int O_EXCL = 0200;
    private static final int O_DIRECTORY = 0200000;
    private static final int O_NOFOLLOW = 0400000;
    private static final int O_CLOEXEC = 02000000;

    // struct stat of x86-64: 144 bytes, st_blocks at 64 in units of 512 bytes whatever the block size is.
    private static final int STAT_SIZE = 144;
    private static final int STAT_BLOCKS = 64;
    private static final int BLOCK = 512;

    private FileContent() {}

    /** Opens a directory, for the other methods to work relative to. */
    public static Fd openDirectory(Path directory) {
        try (Arena arena = Arena.ofConfined()) {
            return new Fd((int) Kernel.check(
                    "openat(\"" + directory + "\", O_DIRECTORY)",
                    OPENAT,
                    AT_FDCWD,
                    arena.allocateFrom(directory.toString()).address(),
                    O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        }
    }

    /** Removes a file's name; who has it open keeps it. */
    public static void delete(Fd directory, String name) {
        try (Arena arena = Arena.ofConfined()) {
            Kernel.check(
                    "unlinkat(" + directory + ", \"" + name + "\")",
                    UNLINKAT,
                    directory.number(),
                    arena.allocateFrom(name).address());
        }
    }

    /**
     * Makes an empty file for reading and writing.
     *
     * @param mode permission bits
     */
    public static Fd create(Fd directory, String name, int mode) {
        return open(directory, name, "O_RDWR|O_CREAT|O_EXCL", O_RDWR | O_CREAT | O_EXCL, mode);
    }

    /** Opens a file for reading; not through a symbolic link. */
    public static Fd openReadOnly(Fd directory, String name) {
        return open(directory, name, "O_RDONLY", O_RDONLY, 0);
    }

    private static Fd open(Fd directory, String name, String flagNames, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return new Fd((int) Kernel.check(
                    "openat(" + directory + ", \"" + name + "\", " + flagNames + ")",
                    OPENAT,
                    directory.number(),
                    arena.allocateFrom(name).address(),
                    flags | O_NOFOLLOW | O_CLOEXEC,
                    mode));
        }
    }

    /** Sets the size in bytes; what is added is a hole. */
    public static void resize(Fd file, long size) {
        Kernel.check("ftruncate(" + file + ", " + size + ")", FTRUNCATE, file.number(), size);
    }

    /**
     * Writes all remaining bytes of a direct buffer, in one system call unless the kernel takes fewer.
     *
     * @throws IllegalArgumentException if the buffer is not direct
     */
    public static void write(Fd file, long offset, ByteBuffer bytes) {
        long address = address(bytes);
        int length = bytes.remaining();
        int done = 0;
        try {
            while (done < length) {
                done += (int) Kernel.check(
                        "pwrite64(" + file + ", " + (length - done) + " bytes, " + (offset + done) + ")",
                        PWRITE64,
                        file.number(),
                        address + done,
                        length - done,
                        offset + done);
            }
        } finally {
            // The kernel knows an address only; the memory behind it must not be freed before this.
            Reference.reachabilityFence(bytes);
        }
        bytes.position(bytes.limit());
    }

    /**
     * Reads into a direct buffer until it is full or the file ends.
     *
     * @throws IllegalArgumentException if the buffer is not direct
     */
    public static void read(Fd file, long offset, ByteBuffer into) {
        long address = address(into);
        int length = into.remaining();
        int done = 0;
        int count = 1;
        try {
            while (done < length && count > 0) {
                count = (int) Kernel.check(
                        "pread64(" + file + ", " + (length - done) + " bytes, " + (offset + done) + ")",
                        PREAD64,
                        file.number(),
                        address + done,
                        length - done,
                        offset + done);
                done += count;
            }
        } finally {
            Reference.reachabilityFence(into);
        }
        into.position(into.position() + done);
    }

    /** Bytes that the file system has allocated for the file; holes do not count. */
    public static long allocatedBytes(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(STAT_SIZE, 8);
            Kernel.check("fstat(" + file + ")", FSTAT, file.number(), status.address());
            return status.get(JAVA_LONG, STAT_BLOCKS) * BLOCK;
        }
    }

    private static long address(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("only memory outside the heap has an address that stays");
        }
        return MemorySegment.ofBuffer(buffer).address();
    }
}
