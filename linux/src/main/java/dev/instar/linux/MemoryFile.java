package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** An anonymous file in memory (memfd_create(2)), for handing bytes to another process without a disk in between. */
public final class MemoryFile {
    private static final int WRITE = 1;
    private static final int MEMFD_CREATE = 319;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int FCNTL = 72;
    private static final int F_ADD_SEALS = 1033;
    private static final int SEAL_SHRINK_GROW_WRITE_SEAL = 0xf;

    private final Fd fd;

    private MemoryFile(Fd fd) {
        this.fd = fd;
    }

    /**
     * Makes an empty file.
     *
     * @param name shown in {@code /proc/PID/fd}, otherwise without meaning
     */
    public static MemoryFile create(String name) {
        try (Arena arena = Arena.ofConfined()) {
            return new MemoryFile(new Fd((int) Kernel.check(
                    "memfd_create(\"" + name + "\")",
                    MEMFD_CREATE,
                    arena.allocateFrom(name).address(),
                    MFD_CLOEXEC | MFD_ALLOW_SEALING)));
        }
    }

    /** Writes at the end. */
    public void append(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocateFrom(JAVA_BYTE, bytes);
            long written = 0;
            while (written < bytes.length) {
                written += Kernel.check(
                        "write(memfd, " + bytes.length + " bytes)",
                        WRITE,
                        fd.number(),
                        copy.address() + written,
                        bytes.length - written);
            }
            copy.fill((byte) 0);
        }
    }

    /** Makes the content unchangeable, for everybody and for good. */
    public void seal() {
        Kernel.check("fcntl(memfd, F_ADD_SEALS)", FCNTL, fd.number(), F_ADD_SEALS, SEAL_SHRINK_GROW_WRITE_SEAL);
    }

    /** The descriptor; the caller closes it, and with it the file goes. */
    public Fd fd() {
        return fd;
    }
}
