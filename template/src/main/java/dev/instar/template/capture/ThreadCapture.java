package dev.instar.template.capture;

import static dev.instar.linux.Registers.Name.CS;

import dev.instar.linux.Injection;
import dev.instar.linux.InterruptedCall;
import dev.instar.linux.ProcFiles;
import dev.instar.linux.Registers;
import dev.instar.linux.Scheduling;
import dev.instar.linux.TaskStatus;
import dev.instar.linux.TracedProcess;
import dev.instar.linux.TracedThread;
import dev.instar.template.image.Bytes;
import dev.instar.template.image.ThreadState;
import dev.instar.template.image.ThreadState.AlternateStack;
import dev.instar.template.image.ThreadState.RestartableSequence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Takes the state of a stopped thread. */
final class ThreadCapture {
    private static final int USER_CODE_64 = 0x33;
    private static final int SS_ONSTACK = 1;
    private static final int LONGEST_NAME = 15;
    private static final int STACK_T_BYTES = 24;
    private static final int PR_GET_TID_ADDRESS = 40;

    private final TracedProcess process;
    private final ProcFiles proc;

    ThreadCapture(TracedProcess process, ProcFiles proc) {
        this.process = process;
        this.proc = proc;
    }

    /** Refuses a thread in which no 64-bit calls can be issued. */
    static void check(TracedThread thread) {
        if (thread.registers().get(CS) != USER_CODE_64) {
            throw new CaptureRefusedException(
                    "thread " + thread.id() + ", which runs 32-bit code", "use a 64-bit program");
        }
    }

    /**
     * Takes everything.
     *
     * @param injection issues calls as this thread
     */
    ThreadState capture(TracedThread thread, Injection injection) throws IOException {
        int id = thread.id();
        Registers registers = injection.stoppedAt();
        TracedThread.Rseq rseq = thread.rseq();
        Scheduling scheduling = present(proc.scheduling(process.pid(), id), id);
        return new ThreadState(
                present(proc.threadStatus(process.pid(), id).map(TaskStatus::namespaceId), id),
                shortened(present(proc.threadName(process.pid(), id), id)),
                Bytes.of(InterruptedCall.reissued(registers).toBytes()),
                Bytes.of(ExtendedState.withoutTiles(thread.extendedState(), id)),
                injection.signalMask(),
                alternateStack(injection),
                thread.robustList(),
                new RestartableSequence(rseq.address(), rseq.size(), rseq.signature()),
                clearThreadId(injection),
                scheduling.policy(),
                scheduling.nice());
    }

    private static AlternateStack alternateStack(Injection injection) throws IOException {
        injection.call("sigaltstack", 0, injection.scratch());
        ByteBuffer stack = little(injection.scratchBytes(STACK_T_BYTES));
        return new AlternateStack(stack.getLong(0), stack.getInt(8) & ~SS_ONSTACK, stack.getLong(16));
    }

    private static long clearThreadId(Injection injection) throws IOException {
        injection.call("prctl", PR_GET_TID_ADDRESS, injection.scratch());
        return little(injection.scratchBytes(Long.BYTES)).getLong(0);
    }

    /** Bytes that are not text have become longer when they were read. */
    private static String shortened(String name) {
        String shortened = name;
        while (shortened.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            shortened = shortened.substring(0, shortened.length() - 1);
        }
        return shortened;
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static <T> T present(Optional<T> value, int id) throws IOException {
        return value.orElseThrow(() -> new IOException("thread " + id + " has ended"));
    }
}
