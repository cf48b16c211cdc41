package dev.instar.linux;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Stops a process to look at it, by ptrace(2). Tracing belongs to a thread, so each time has one of its own; when that
 * thread ends, the kernel lets go of everything it traced, whatever has gone wrong.
 */
public final class Tracer {
    /** What our own program is executed from. */
    private static final String MEMORY_FILE = "/memfd:";

    private final int pid;
    private final Duration limit;
    private final ProcFiles proc = new ProcFiles();
    private final Set<Integer> seized = new HashSet<>();
    private final Map<Integer, TracedThread> stopped = new LinkedHashMap<>();
    private final boolean executing;
    private boolean suspendSeccomp = true;

    private Tracer(int pid, Duration limit, boolean executing) {
        this.pid = pid;
        this.limit = limit;
        this.executing = executing;
    }

    /** What is done while the process stands still. */
    @FunctionalInterface
    public interface Work<T> {
        /** Runs on the tracing thread. */
        T run(TracedProcess process) throws IOException;
    }

    /**
     * Stops every thread of a process, does some work and lets the process go on as if nothing had happened. Needs
     * CAP_SYS_PTRACE; where this process is itself under a seccomp filter or lacks CAP_SYS_ADMIN, injected calls are
     * subject to the filter of the traced one. Interrupting the caller interrupts the work.
     *
     * <p>The process may not be a child of this one: its stops would be reported to whatever waits for its end, as
     * {@link Process} does.
     *
     * @param pid as this process sees it
     * @param limit how long a thread may take to stop, each time it has to
     * @throws TraceException if a thread does not stop, the process ends or is traced by another
     * @throws IllegalArgumentException if it is a child of this process
     */
    public static <T> T whileStopped(int pid, Duration limit, Work<T> work) throws IOException {
        return traced(new Tracer(pid, limit, false), work);
    }

    /**
     * As {@link #whileStopped}, for a process of one thread that executes our own program and has been told to execute
     * another: it is stopped in front of the first instruction of the new program, or as soon as possible if it has
     * come further by now.
     *
     * @throws TraceException also if it does not execute another program within {@code limit}
     */
    public static <T> T onceExecuted(int pid, Duration limit, Work<T> work) throws IOException {
        return traced(new Tracer(pid, limit, true), work);
    }

    private static <T> T traced(Tracer tracer, Work<T> work) throws IOException {
        int pid = tracer.pid;
        long self = ProcessHandle.current().pid();
        if (new ProcFiles().stat(pid).map(ProcessStat::parentPid).orElse(0) == self) {
            throw new IllegalArgumentException("process " + pid + " is a child of this one");
        }
        FutureTask<T> task = new FutureTask<>(() -> tracer.trace(work));
        Thread thread = Thread.ofPlatform().name("tracer-" + pid).daemon().start(task);
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                thread.interrupt();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return result(task);
    }

    private static <T> T result(FutureTask<T> task) throws IOException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failed -> throw failed;
                case RuntimeException failed -> throw failed;
                case Error failed -> throw failed;
                case null, default -> throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while tracing");
        }
    }

    private <T> T trace(Work<T> work) throws IOException {
        try {
            stopAll();
            List<TracedThread> threads = new ArrayList<>(stopped.values());
            try (ProcessMemory memory = openMemory()) {
                for (TracedThread thread : threads) {
                    thread.abortSequence(memory);
                }
                return work.run(new TracedProcess(pid, limit, threads, memory));
            }
        } finally {
            stopped.values().forEach(TracedThread::release);
        }
    }

    private ProcessMemory openMemory() throws IOException {
        try {
            return ProcessMemory.open(pid);
        } catch (NoSuchFileException e) {
            throw ended();
        }
    }

    /** A running thread may make others until it is stopped, so this goes on until none is new. */
    private void stopAll() throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            List<Integer> stopping = new ArrayList<>();
            int unsettled = 0;
            for (int tid : proc.threads(pid)) {
                if (!stopped.containsKey(tid)) {
                    unsettled++;
                    if (seized.contains(tid) || seize(tid)) {
                        stopping.add(tid);
                    }
                }
            }
            for (int tid : stopping) {
                if (awaitStop(tid, deadline)) {
                    stopped.put(tid, new TracedThread(tid));
                }
            }
            if (unsettled == 0) {
                break;
            }
            if (System.nanoTime() - deadline > 0) {
                throw notStopping(pid);
            }
        }
        if (!stopped.containsKey(pid)) {
            throw ended();
        }
    }

    /**
     * Begins tracing a thread and asks it to stop.
     *
     * @return false if the thread is at its end
     */
    private boolean seize(int tid) throws IOException {
        long result = Ptrace.seize(tid, suspendSeccomp);
        if (result == -Errno.EPERM && suspendSeccomp && Ptrace.seize(tid, false) == 0) {
            suspendSeccomp = false;
            result = 0;
        }
        if (result == 0) {
            seized.add(tid);
            // From here on it stops when it executes, so what it executes still is what it will stop at the end of.
            if (!executing || !proc.link(pid, "exe").orElse("").startsWith(MEMORY_FILE)) {
                // Fails only on a thread that is at its end, which waiting for it will tell.
                Ptrace.interrupt(tid);
            }
            return true;
        }
        Optional<TaskStatus> read = proc.threadStatus(pid, tid);
        if (read.isEmpty()) {
            return false;
        }
        TaskStatus status = read.get();
        if (status.ended()) {
            if (tid == pid) {
                throw ended();
            }
            return false;
        }
        if (status.tracer() != 0) {
            throw new TraceException(
                    TraceException.Reason.ALREADY_TRACED,
                    "process " + pid + " is traced by process " + status.tracer());
        }
        throw new LinuxException("ptrace(PTRACE_SEIZE, " + tid + ")", (int) -result);
    }

    /** Signals that come in the way are delivered, so that the thread is stopped with none in its hands. */
    private boolean awaitStop(int tid, long deadline) throws TraceException {
        while (true) {
            WaitStatus status = Ptrace.await(tid, deadline);
            if (status == null) {
                throw notStopping(tid);
            }
            if (status.ended()) {
                seized.remove(tid);
                return false;
            }
            if (status.interrupted()) {
                return true;
            }
            if (status.executed()) {
                // Still within the call: to an ordinary stop, in front of the first instruction.
                Ptrace.interrupt(tid);
                Ptrace.proceed(tid, 0);
            } else {
                Ptrace.proceed(tid, status.signal());
            }
        }
    }

    private TraceException notStopping(int tid) {
        return new TraceException(
                TraceException.Reason.NOT_STOPPING, "thread " + tid + " does not stop within " + limit);
    }

    private TraceException ended() {
        return new TraceException(TraceException.Reason.ENDED, "process " + pid + " has ended");
    }
}
