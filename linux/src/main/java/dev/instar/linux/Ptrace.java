package dev.instar.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The calls of ptrace(2) on one thread, from the one thread that traces it. A request on a thread that is not stopped,
 * or is gone, fails with ESRCH.
 */
final class Ptrace {
    private static final int PTRACE = 101;
    private static final int WAIT4 = 61;
    private static final int CONT = 7;
    private static final int GETREGS = 12;
    private static final int SETREGS = 13;
    private static final int DETACH = 17;
    private static final int SYSCALL = 24;
    private static final int GETREGSET = 0x4204;
    private static final int SEIZE = 0x4206;
    private static final int INTERRUPT = 0x4207;
    private static final int GETSIGMASK = 0x420a;
    private static final int SETSIGMASK = 0x420b;
    private static final int GET_RSEQ_CONFIGURATION = 0x420f;
    private static final int NT_X86_XSTATE = 0x202;
    private static final int O_TRACESYSGOOD = 1;
    private static final int O_TRACEEXEC = 1 << 4;
    private static final int O_SUSPEND_SECCOMP = 1 << 21;
    private static final int WNOHANG = 1;
    private static final int WALL = 0x40000000;
    private static final int LARGEST_STATE = 64 * 1024;
    private static final int EAGER_POLLS = 256;
    private static final long POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    private Ptrace() {}

    /** Begins tracing a running thread, which stops when it executes something. Returns 0 or a negated errno. */
    static long seize(int tid, boolean suspendSeccomp) {
        int options = O_TRACESYSGOOD | O_TRACEEXEC | (suspendSeccomp ? O_SUSPEND_SECCOMP : 0);
        return Kernel.call(PTRACE, SEIZE, tid, 0, options);
    }

    /** Asks a running thread to stop. Returns 0 or a negated errno. */
    static long interrupt(int tid) {
        return Kernel.call(PTRACE, INTERRUPT, tid);
    }

    static void proceed(int tid, int signal) {
        Kernel.check("ptrace(PTRACE_CONT, " + tid + ")", PTRACE, CONT, tid, 0, signal);
    }

    static void proceedToSystemCall(int tid, int signal) {
        Kernel.check("ptrace(PTRACE_SYSCALL, " + tid + ")", PTRACE, SYSCALL, tid, 0, signal);
    }

    /** Returns 0 or a negated errno. */
    static long detach(int tid) {
        return Kernel.call(PTRACE, DETACH, tid);
    }

    /**
     * Waits until a thread stops or ends. It is polled, since {@code wait4} has no time limit.
     *
     * @param deadline of {@link System#nanoTime}
     * @return null if it did neither in time
     */
    static @org.jspecify.annotations.Nullable WaitStatus await(int tid, long deadline) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(JAVA_INT);
            for (int poll = 0; ; poll++) {
                long waited = Kernel.call(WAIT4, tid, status.address(), WALL | WNOHANG, 0);
                if (waited == tid) {
                    return new WaitStatus(status.get(JAVA_INT, 0));
                }
                if (waited < 0 && waited != -Errno.EINTR) {
                    throw new LinuxException("wait4(" + tid + ", __WALL)", (int) -waited);
                }
                if (System.nanoTime() - deadline > 0) {
                    return null;
                }
                if (poll < EAGER_POLLS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.parkNanos(POLL_NANOS);
                }
            }
        }
    }

    static Registers registers(int tid) {
        return Registers.of(read("PTRACE_GETREGS", GETREGS, tid, 0, Registers.BYTES));
    }

    static void setRegisters(int tid, Registers registers) {
        write("PTRACE_SETREGS", SETREGS, tid, 0, registers.toBytes());
    }

    static long signalMask(int tid) {
        return longAt(read("PTRACE_GETSIGMASK", GETSIGMASK, tid, 8, 8), 0);
    }

    static void setSignalMask(int tid, long mask) {
        byte[] bytes = new byte[8];
        MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, mask);
        write("PTRACE_SETSIGMASK", SETSIGMASK, tid, 8, bytes);
    }

    /** {@code struct ptrace_rseq_configuration}. */
    static byte[] rseqConfiguration(int tid) {
        int bytes = 24;
        return read("PTRACE_GET_RSEQ_CONFIGURATION", GET_RSEQ_CONFIGURATION, tid, bytes, bytes);
    }

    /** The XSAVE area in its standard form. */
    static byte[] extendedState(int tid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(LARGEST_STATE, 64);
            MemorySegment vector = arena.allocate(16, 8);
            vector.set(JAVA_LONG, 0, state.address());
            vector.set(JAVA_LONG, 8, LARGEST_STATE);
            Kernel.check(
                    "ptrace(PTRACE_GETREGSET, " + tid + ", NT_X86_XSTATE)",
                    PTRACE,
                    GETREGSET,
                    tid,
                    NT_X86_XSTATE,
                    vector.address());
            return state.asSlice(0, vector.get(JAVA_LONG, 8)).toArray(JAVA_BYTE);
        }
    }

    static long longAt(byte[] bytes, int offset) {
        return MemorySegment.ofArray(bytes).get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
    }

    private static byte[] read(String what, int request, int tid, long address, int bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(bytes, 8);
            Kernel.check("ptrace(" + what + ", " + tid + ")", PTRACE, request, tid, address, data.address());
            return data.toArray(JAVA_BYTE);
        }
    }

    private static void write(String what, int request, int tid, long address, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(bytes.length, 8);
            MemorySegment.copy(bytes, 0, data, JAVA_BYTE, 0, bytes.length);
            Kernel.check("ptrace(" + what + ", " + tid + ")", PTRACE, request, tid, address, data.address());
        }
    }
}
