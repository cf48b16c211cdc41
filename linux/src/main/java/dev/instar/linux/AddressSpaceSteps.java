package dev.instar.linux;

import static dev.instar.linux.SyscallProgram.number;

import dev.instar.linux.SyscallProgram.Argument;

/**
 * The system calls that build an address space, as steps of a {@link SyscallProgram}. Addresses and lengths are
 * multiples of the page size; whatever was mapped where something is mapped is gone.
 */
public final class AddressSpaceSteps {
    private static final int PREAD64 = 17;
    private static final int MMAP = 9;
    private static final int MPROTECT = 10;
    private static final int MUNMAP = 11;
    private static final int MREMAP = 25;
    private static final int MADVISE = 28;
    private static final int PRCTL = 157;
    private static final int ARCH_PRCTL = 158;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_GROWSDOWN = 0x100;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MREMAP_MAYMOVE_FIXED = 3;
    private static final int PR_SET_MM = 35;
    private static final int PR_SET_MM_MAP = 14;
    private static final int PR_SET_VMA = 0x53564d41;
    private static final int ARCH_SET_FS = 0x1002;

    private final SyscallProgram program;

    /** Steps are added to this program. */
    public AddressSpaceSteps(SyscallProgram program) {
        this.program = program;
    }

    /** Private memory that reads as zeros. */
    public void mapZeros(long start, long length, int protection) {
        map("zeros", start, length, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, number(-1), 0);
    }

    /** Private memory that the kernel extends downwards when it is touched below its start. */
    public void mapStack(long start, long length) {
        int readAndWrite = 3;
        map("stack", start, length, readAndWrite, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, number(-1), 0);
    }

    /** A file's bytes, copied when they are written to. */
    public void mapPrivate(long start, long length, int protection, Argument file, long offset) {
        map("file", start, length, protection, MAP_PRIVATE | MAP_NORESERVE, file, offset);
    }

    /** A file's bytes themselves. */
    public void mapShared(long start, long length, int protection, Argument file, long offset) {
        map("shared file", start, length, protection, MAP_SHARED, file, offset);
    }

    private void map(String what, long start, long length, int protection, int flags, Argument file, long offset) {
        program.call(
                "mmap(" + what + ", " + range(start, length) + ", protection " + protection + ", offset 0x"
                        + Long.toHexString(offset) + ")",
                MMAP,
                number(start),
                number(length),
                number(protection),
                number(flags | MAP_FIXED),
                file,
                number(offset));
    }

    /** Removes whatever is mapped there. */
    public void unmap(long start, long length) {
        program.call("munmap(" + range(start, length) + ")", MUNMAP, number(start), number(length));
    }

    /** Moves a whole mapping. */
    public void move(long from, long length, long to) {
        program.call(
                "mremap(" + range(from, length) + " to 0x" + Long.toHexString(to) + ")",
                MREMAP,
                number(from),
                number(length),
                number(length),
                number(MREMAP_MAYMOVE_FIXED),
                number(to));
    }

    /** Reads bytes of a file into memory. */
    public void read(long start, long length, Argument file, long offset) {
        program.call(
                "pread64(" + range(start, length) + ")", PREAD64, file, number(start), number(length), number(offset));
    }

    /** See mprotect(2). */
    public void protect(long start, long length, int protection) {
        program.call(
                "mprotect(" + range(start, length) + ", " + protection + ")",
                MPROTECT,
                number(start),
                number(length),
                number(protection));
    }

    /** See madvise(2). */
    public void advise(long start, long length, int advice) {
        program.call(
                "madvise(" + range(start, length) + ", " + advice + ")",
                MADVISE,
                number(start),
                number(length),
                number(advice));
    }

    /** Names an anonymous mapping; kernels without CONFIG_ANON_VMA_NAME go without. */
    public void name(long start, long length, String name) {
        program.call(
                "prctl(PR_SET_VMA, " + range(start, length) + ", \"" + name + "\")",
                PRCTL,
                number(PR_SET_VMA),
                number(0),
                number(start),
                number(length),
                program.string(name));
        program.tolerate(Errno.EINVAL);
    }

    /**
     * Sets what the kernel knows of the address space's parts.
     *
     * @param map {@code struct prctl_mm_map}
     */
    public void setBounds(Argument map, int size) {
        program.call("prctl(PR_SET_MM_MAP)", PRCTL, number(PR_SET_MM), number(PR_SET_MM_MAP), map, number(size));
    }

    /** Sets the base of the thread's segment register {@code fs}, which thread-local storage hangs on. */
    public void setThreadPointer(long address) {
        program.call("arch_prctl(ARCH_SET_FS)", ARCH_PRCTL, number(ARCH_SET_FS), number(address));
    }

    private static String range(long start, long length) {
        return Long.toHexString(start) + "-" + Long.toHexString(start + length);
    }
}
