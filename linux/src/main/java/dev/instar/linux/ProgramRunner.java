package dev.instar.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Sends programs to one child and reads its answers, over the child's own socket. */
final class ProgramRunner implements AutoCloseable {
    private final SeqpacketSocket socket;

    ProgramRunner(SeqpacketSocket socket) {
        this.socket = socket;
    }

    /** An answer of the launcher or a child. */
    record Answer(int kind, int step, int error, int pid, long result, int status, long cpuNanos, long peakKib) {
        static Answer parse(byte[] bytes) {
            if (bytes.length != LauncherLayout.ANSWER) {
                throw new IllegalStateException("answer of " + bytes.length + " bytes from the launcher");
            }
            ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            return new Answer(
                    b.getInt(0),
                    b.getInt(LauncherLayout.ANSWER_STEP),
                    b.getInt(LauncherLayout.ANSWER_ERROR),
                    b.getInt(LauncherLayout.ANSWER_PID),
                    b.getLong(LauncherLayout.ANSWER_RESULT),
                    b.getInt(LauncherLayout.ANSWER_STATUS),
                    b.getLong(LauncherLayout.ANSWER_CPU_NANOS),
                    b.getLong(LauncherLayout.ANSWER_PEAK_KIB));
        }

        Answer orThrow(SyscallProgram program) {
            if (kind == LauncherLayout.FAILED) {
                throw new LinuxException(program.describe(step), error);
            }
            return this;
        }
    }

    void send(SyscallProgram program) {
        socket.send(program.encode(), program.descriptors());
    }

    /** The next answer with its descriptors; empty when the process has ended. */
    SeqpacketSocket.Message receive() {
        return socket.receive(LauncherLayout.ANSWER);
    }

    Answer run(SyscallProgram program) {
        send(program);
        byte[] answer = receive().bytes();
        if (answer.length == 0) {
            throw new IllegalStateException("the process ended while it ran " + program.describe(0));
        }
        return Answer.parse(answer).orThrow(program);
    }

    @Nullable
    LinuxException awaitExecution(SyscallProgram program) {
        byte[] answer = receive().bytes();
        if (answer.length == 0) {
            return null;
        }
        Answer parsed = Answer.parse(answer);
        return new LinuxException(program.describe(parsed.step()), parsed.error());
    }

    @Override
    public void close() {
        socket.close();
    }
}
