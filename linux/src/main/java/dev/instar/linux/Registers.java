package dev.instar.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** General registers of a thread: {@code struct user_regs_struct} of x86-64. Immutable. */
public final class Registers {
    /** Bytes of the kernel's structure. */
    public static final int BYTES = 216;

    /** The registers. */
    public enum Name {
        R15(0),
        R14(8),
        R13(16),
        R12(24),
        RBP(32),
        RBX(40),
        R11(48),
        R10(56),
        R9(64),
        R8(72),
        RAX(80),
        RCX(88),
        RDX(96),
        RSI(104),
        RDI(112),
        /** Number of the system call that a thread stopped in; negative if in none. */
        ORIG_RAX(120),
        RIP(128),
        CS(136),
        EFLAGS(144),
        RSP(152),
        SS(160),
        FS_BASE(168),
        GS_BASE(176),
        DS(184),
        ES(192),
        FS(200),
        GS(208);

        private final int offset;

        Name(int offset) {
            this.offset = offset;
        }
    }

    private final byte[] structure;

    private Registers(byte[] structure) {
        this.structure = structure;
    }

    /**
     * Takes the kernel's structure.
     *
     * @throws IllegalArgumentException if it is not {@value #BYTES} bytes long
     */
    public static Registers of(byte[] structure) {
        if (structure.length != BYTES) {
            throw new IllegalArgumentException("registers of " + structure.length + " bytes");
        }
        return new Registers(structure.clone());
    }

    /** A register's value. */
    public long get(Name name) {
        return little(structure).getLong(name.offset);
    }

    /** The same but for one register. */
    public Registers with(Name name, long value) {
        byte[] changed = structure.clone();
        little(changed).putLong(name.offset, value);
        return new Registers(changed);
    }

    /** The kernel's structure. */
    public byte[] toBytes() {
        return structure.clone();
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
