package dev.instar.linux;

import java.util.concurrent.CompletableFuture;

/** A clone that has been asked for. */
public final class PendingClone {
    private final CloneServer server;
    private final SyscallProgram program;
    private final ProgramRunner programs;
    private final CompletableFuture<SeqpacketSocket.Message> answer;
    private final SyscallProgram first;

    PendingClone(
            CloneServer server,
            SyscallProgram first,
            SyscallProgram program,
            ProgramRunner programs,
            CompletableFuture<SeqpacketSocket.Message> answer) {
        this.server = server;
        this.first = first;
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
     * Hands over a further program, which may be the last; it is run when the first has been. Returns without waiting.
     */
    public void execute(SyscallProgram further) {
        programs.send(further);
    }

    /**
     * The clone as a process. Called once; blocks until it has been made and has run its first program.
     *
     * @throws LinuxException if it could not be made, or a step of the first program failed
     * @throws IllegalStateException if the zygote has ended
     */
    public Child child() {
        try {
            Child child = server.await(this);
            requireFirst(child);
            return child;
        } catch (RuntimeException failed) {
            programs.close();
            throw failed;
        }
    }

    private void requireFirst(Child child) {
        try {
            SeqpacketSocket.Message message = programs.receive();
            if (message.bytes().length > 0) {
                ProgramRunner.Answer.parse(message.bytes()).orThrow(first);
            }
        } catch (RuntimeException failed) {
            child.close();
            throw failed;
        }
    }
}
