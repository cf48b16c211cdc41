package dev.instar.linux;

import static dev.instar.linux.Registers.Name.RIP;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A thread that is stopped. Only {@link Tracer}'s thread may use it, and only until the work has ended. */
public final class TracedThread {
    private static final int GET_ROBUST_LIST = 274;
    private static final int CRITICAL_SECTION = 8;

    private final int id;

    TracedThread(int id) {
        this.id = id;
    }

    /** Where restartable sequences are registered; see rseq(2). Address 0 for nowhere. */
    public record Rseq(long address, int size, int signature) {}

    /** Its id, as this process sees it. */
    public int id() {
        return id;
    }

    /** General registers, as the stop left them; {@link InterruptedCall} tells what they mean. */
    public Registers registers() {
        return Ptrace.registers(id);
    }

    /** The XSAVE area in its standard form, as PTRACE_GETREGSET with NT_X86_XSTATE gives it. */
    public byte[] extendedState() {
        return Ptrace.extendedState(id);
    }

    /** Blocked signals, bit n−1 for signal n; not those that a call such as ppoll(2) blocks only while it waits. */
    public long signalMask() {
        return Ptrace.signalMask(id);
    }

    /** Its registration of restartable sequences. */
    public Rseq rseq() {
        byte[] configuration = Ptrace.rseqConfiguration(id);
        long sizes = Ptrace.longAt(configuration, 8);
        return new Rseq(Ptrace.longAt(configuration, 0), (int) sizes, (int) (sizes >>> 32));
    }

    /** Head of its list of robust futexes, or 0. */
    public long robustList() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment head = arena.allocate(JAVA_LONG, 2);
            Kernel.check(
                    "get_robust_list(" + id + ")",
                    GET_ROBUST_LIST,
                    id,
                    head.address(),
                    head.asSlice(8).address());
            return head.get(JAVA_LONG, 0);
        }
    }

    /**
     * Ends a restartable sequence that the stop interrupted, as the kernel itself does: every stop preempts, and a
     * preempted sequence continues at its abort handler.
     */
    void abortSequence(ProcessMemory memory) throws IOException {
        long area = rseq().address();
        long descriptor = area == 0 ? 0 : memory.readLong(area + CRITICAL_SECTION);
        if (descriptor == 0) {
            return;
        }
        Registers registers = registers();
        // struct rseq_cs: version and flags, start, length, abort address.
        long inside = registers.get(RIP) - memory.readLong(descriptor + 8);
        if (Long.compareUnsigned(inside, memory.readLong(descriptor + 16)) < 0) {
            Ptrace.setRegisters(id, registers.with(RIP, memory.readLong(descriptor + 24)));
        }
    }

    /** Lets the thread go on where it was. Nothing happens if it is gone. */
    void release() {
        try {
            Registers stopped = registers();
            Registers continued = InterruptedCall.continued(stopped);
            if (continued != stopped) {
                Ptrace.setRegisters(id, continued);
            }
            Ptrace.detach(id);
        } catch (LinuxException e) {
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
        }
    }
}
