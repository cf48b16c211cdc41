package dev.instar.linux;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A process the launcher has made. It runs programs until one of them executes something or pauses; unless it executes
 * something, it ends when this object is closed or this process ends. Thread-safe.
 */
public final class Child implements AutoCloseable {
    private static final int PIDFD_SEND_SIGNAL = 424;
    private static final int PIDFD_GETFD = 438;
    private static final int SIGKILL = 9;
    private static final int WAITID = 247;
    private static final int P_PID = 1;
    private static final int WEXITED = 4;
    private static final int WNOHANG = 1;
    private static final int POLLIN = 1;

    private final int pid;
    private final Fd pidfd;
    private final ProgramRunner programs;
    private final CompletableFuture<ExitStatus> exit;

    Child(int pid, Fd pidfd, ProgramRunner programs, CompletableFuture<ExitStatus> exit) {
        this.pid = pid;
        this.pidfd = pidfd;
        this.programs = programs;
        this.exit = exit;
    }

    /** Process id as this process sees it. */
    public int pid() {
        return pid;
    }

    ProgramRunner programs() {
        return programs;
    }

    /** Refers to the process however its id is used again; owned by this object. */
    public Fd pidfd() {
        return pidfd;
    }

    /**
     * Completes when the process has ended and been reaped; or when the launcher has ended, which nobody survives for
     * long: {@link #awaitEnd} waits for that.
     */
    public CompletableFuture<ExitStatus> exit() {
        return exit;
    }

    /**
     * Runs a program in the process and waits for its answer: microseconds, unless a call in it blocks.
     *
     * @return the result of its last step
     * @throws LinuxException naming the step that failed
     * @throws IllegalStateException if the process has ended or executes something else by now
     */
    public long run(SyscallProgram program) {
        return programs.run(program).result();
    }

    /**
     * Runs a program that ends by executing something, without waiting: the answer, if the execution fails, is fetched
     * by {@link #executionFailure}.
     */
    public void execute(SyscallProgram program) {
        programs.send(program);
    }

    /**
     * Why the program given to {@link #execute} failed. Blocks until it has failed or the execution has happened.
     *
     * @return null if it was executed
     */
    public @org.jspecify.annotations.Nullable LinuxException executionFailure(SyscallProgram program) {
        return programs.awaitExecution(program);
    }

    /** A descriptor of the process, as one of ours too (pidfd_getfd(2)). */
    public Fd descriptor(int number) {
        return new Fd(
                (int) Kernel.check("pidfd_getfd(" + pid + ", " + number + ")", PIDFD_GETFD, pidfd.number(), number, 0));
    }

    /**
     * Sends SIGKILL; nothing happens if the process has ended, or after {@link #close}. If it is the init of a pid
     * namespace, all in there end.
     */
    public void kill() {
        pidfd.whileOpen(number -> Kernel.call(PIDFD_SEND_SIGNAL, number, SIGKILL, 0, 0));
    }

    /**
     * Waits in the kernel until the process has ended, even if its launcher has too; at once where {@link #exit} tells
     * of it already and the launcher lives. After {@link #close} it only tells whether {@link #exit} has completed.
     *
     * @return false if it still runs after that time
     */
    public boolean awaitEnd(Duration timeout) {
        boolean ended;
        // Others may close this while it waits.
        try (Fd own = pidfd.duplicate().orElse(null)) {
            ended = own == null ? exit.isDone() : (own.poll(POLLIN, Math.toIntExact(timeout.toMillis())) & POLLIN) != 0;
        }
        // An orphan becomes ours if this process is the first of its pid namespace, as in a container, and nobody else
        // would reap it. It is not ours otherwise, and the call fails.
        Kernel.call(WAITID, P_PID, pid, 0, WEXITED | WNOHANG, 0);
        return ended;
    }

    /** Sends no program any more: for a process that has ended, or that runs something else by now and lives on. */
    public void disconnect() {
        programs.close();
    }

    /**
     * Releases our descriptors; a process that runs our own program ends by itself, any other one goes on, and
     * {@link #exit} tells of its end as ever.
     */
    @Override
    public void close() {
        programs.close();
        pidfd.close();
    }
}
