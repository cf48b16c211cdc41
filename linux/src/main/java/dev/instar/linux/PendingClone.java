package dev.instar.linux;

import java.util.concurrent.CompletableFuture;

/** A clone that has been asked for. */
public final class PendingClone {
    private final CloneServer server;
    private final SyscallProgram program;
    private final ProgramRunner programs;
    private final CompletableFuture<SeqpacketSocket.Message> answer;

    PendingClone(
            CloneServer server,
            SyscallProgram program,
            ProgramRunner programs,
            CompletableFuture<SeqpacketSocket.Message> answer) {
        this.server = server;
        this.program = program;
        this.programs = programs;
        this.answer = answer;
    }

    SyscallProgram program() {
        return program;
    }

    ProgramRunner programs() {
        return programs;
    }

    CompletableFuture<SeqpacketSocket.Message> answer() {
        return answer;
    }

    /**
     * The clone as a process. Called once; blocks until it has been made.
     *
     * @throws LinuxException if it could not be made
     * @throws IllegalStateException if the zygote has ended
     */
    public Child child() {
        try {
            return server.await(this);
        } catch (RuntimeException failed) {
            programs.close();
            throw failed;
        }
    }
}
