package dev.instar.linux;

import static dev.instar.linux.Registers.Name.ORIG_RAX;
import static dev.instar.linux.Registers.Name.R10;
import static dev.instar.linux.Registers.Name.R8;
import static dev.instar.linux.Registers.Name.R9;
import static dev.instar.linux.Registers.Name.RAX;
import static dev.instar.linux.Registers.Name.RDI;
import static dev.instar.linux.Registers.Name.RDX;
import static dev.instar.linux.Registers.Name.RIP;
import static dev.instar.linux.Registers.Name.RSI;

import java.io.IOException;
import java.util.List;

/**
 * System calls issued by a stopped thread on our behalf. It is led through them from stop to stop, with all signals
 * blocked; single-stepping would send it a SIGTRAP, which resets the handler of a process that ignores that. Closing
 * restores registers, signal mask and the memory lent as scratch, and leaves the thread stopped as it was.
 */
public final class Injection implements AutoCloseable {
    /** Bytes at {@link #scratch}. */
    public static final int SCRATCH_BYTES = 512;

    private static final List<Registers.Name> ARGUMENTS = List.of(RDI, RSI, RDX, R10, R8, R9);
    private static final int UNEXPECTED_STOPS = 16;
    private static final long ALL_SIGNALS = -1;

    private final TracedProcess process;
    private final int tid;
    private final Registers registers;
    private final long mask;
    private final long scratch;
    private final byte[] lent;
    private boolean moved;

    Injection(TracedProcess process, TracedThread thread) throws IOException {
        this.process = process;
        this.tid = thread.id();
        this.registers = thread.registers();
        this.mask = thread.signalMask();
        this.scratch = process.scratch();
        this.lent = process.memory().read(scratch, SCRATCH_BYTES);
        Ptrace.setSignalMask(tid, ALL_SIGNALS);
    }

    /** The thread's own registers, as the stop left them. */
    public Registers stoppedAt() {
        return registers;
    }

    /** The thread's own signal mask; see {@link TracedThread#signalMask}. */
    public long signalMask() {
        return mask;
    }

    /** Memory of the process that a call may write to. */
    public long scratch() {
        return scratch;
    }

    /** What a call has written to {@link #scratch}. */
    public byte[] scratchBytes(int length) throws IOException {
        return process.memory().read(scratch, length);
    }

    /**
     * Issues a call and gives its result.
     *
     * @throws LinuxException if it failed
     * @throws TraceException if the thread did not come through it in time
     */
    public long call(String name, long... arguments) throws IOException {
        Registers calling = registers
                .with(RAX, SystemCallNumbers.of(name))
                .with(ORIG_RAX, -1)
                .with(RIP, process.systemCallInstruction());
        for (int i = 0; i < arguments.length; i++) {
            calling = calling.with(ARGUMENTS.get(i), arguments[i]);
        }
        moved = true;
        Ptrace.setRegisters(tid, calling);
        runToSystemCall();
        runToSystemCall();
        long result = Ptrace.registers(tid).get(RAX);
        if (result < 0 && result >= -4095) {
            throw new LinuxException(name + " in process " + process.pid(), (int) -result);
        }
        return result;
    }

    private void runToSystemCall() throws IOException {
        int signal = 0;
        for (int i = 0; i < UNEXPECTED_STOPS; i++) {
            Ptrace.proceedToSystemCall(tid, signal);
            WaitStatus status = process.await(tid);
            if (status.atSystemCall()) {
                return;
            }
            // Only SIGSTOP cannot be blocked; it takes effect when the thread goes on in earnest.
            signal = status.interrupted() ? 0 : status.signal();
        }
        throw new TraceException(
                TraceException.Reason.NOT_STOPPING, "thread " + tid + " does not come to a system call");
    }

    /**
     * A thread leaves a system call's end without looking whether an earlier call is to be issued again; so it is led
     * on to an ordinary stop, where the kernel does look.
     */
    @Override
    public void close() throws IOException {
        try {
            restoreThread();
        } finally {
            process.memory().write(scratch, lent);
        }
    }

    private void restoreThread() throws IOException {
        Ptrace.setRegisters(tid, registers);
        if (moved) {
            Ptrace.interrupt(tid);
            Ptrace.proceed(tid, 0);
            WaitStatus status = process.await(tid);
            while (!status.interrupted()) {
                Ptrace.proceed(tid, status.signal());
                status = process.await(tid);
            }
            Ptrace.setRegisters(tid, registers);
        }
        Ptrace.setSignalMask(tid, mask);
    }
}
