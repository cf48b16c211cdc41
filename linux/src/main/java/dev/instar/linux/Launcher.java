package dev.instar.linux;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes processes by way of a small native program, because a Java process must not fork: the child would wait for
 * locks held by threads that do not exist in it. The launcher and all its children end when this process ends, however
 * it ends. Thread-safe.
 */
public final class Launcher implements AutoCloseable {
    private static final int WAIT4 = 61;
    private static final String RESOURCE = "launcher";

    private static final int MOST_UNCLAIMED = 1024;
    private static final ExitStatus KILLED = new ExitStatus(-1, 9, 0, 0);

    private final SeqpacketSocket socket;
    private final Fd programImage;
    private final int pid;
    private final Thread reader;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<CompletableFuture<Reply>> awaited = new ArrayDeque<>();
    private final Map<Integer, CompletableFuture<ExitStatus>> exits = new HashMap<>();
    private final LinkedHashMap<Integer, ExitStatus> unclaimed = new LinkedHashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private boolean gone;

    /** An answer, and the end of the child it speaks of, if it does. */
    private record Reply(SeqpacketSocket.Message message, CompletableFuture<ExitStatus> exit) {}

    private Launcher(SeqpacketSocket socket, Fd programImage, int pid) {
        this.socket = socket;
        this.programImage = programImage;
        this.pid = pid;
        this.reader = Thread.ofPlatform().name("launcher-answers").daemon().unstarted(this::readAnswers);
    }

    /**
     * Starts the launcher program from a file in memory: the directories there are for programs that run may all be
     * mounted {@code noexec}, as {@code /run} is on Debian.
     *
     * @param name the only argument, by which {@code ps} shows whose it is
     * @throws IOException if the program is not in this build
     */
    public static Launcher start(String name) throws IOException {
        byte[] code = code();
        Fd image = sealed(code);
        // A file of its own: a zygote maps the image, and the kernel lets no process change its executable (prctl's
        // PR_SET_MM_MAP) while it has the present one mapped.
        try (Fd executable = sealed(code)) {
            return start(executable, image, name);
        } catch (RuntimeException e) {
            image.close();
            throw e;
        }
    }

    private static Launcher start(Fd executable, Fd image, String name) {
        SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        try (Fd theirs = pair.theirs()) {
            // Not through /proc/self: the child's own descriptors have been moved about by then.
            String program = "/proc/" + ProcessHandle.current().pid() + "/fd/" + executable.number();
            Launcher launcher = new Launcher(pair.ours(), image, Kernel.spawn(program, name, theirs.number()));
            launcher.reader.start();
            return launcher;
        } catch (RuntimeException e) {
            pair.ours().close();
            throw e;
        }
    }

    private static Fd sealed(byte[] code) {
        MemoryFile file = MemoryFile.create("instar-launcher");
        try {
            file.append(code);
            file.seal();
            return file.fd();
        } catch (RuntimeException e) {
            file.fd().close();
            throw e;
        }
    }

    private static byte[] code() throws IOException {
        try (InputStream in = Launcher.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IOException(
                        "the launcher program is missing from the build; build with gcc and linux-libc-dev installed");
            }
            return in.readAllBytes();
        }
    }

    /** The launcher's own process id. */
    public int pid() {
        return pid;
    }

    /** The program's file, in memory. */
    Fd programImage() {
        return programImage;
    }

    /**
     * Completes when the launcher has ended, whether by {@link #close} or because somebody killed it. Every later
     * request fails.
     */
    public CompletableFuture<Void> ended() {
        return ended.copy();
    }

    /** Whether it has ended: true as soon as a child that ended with it can be seen to have ended. */
    public boolean hasEnded() {
        return ended.isDone() || socket.hasHungUp();
    }

    /**
     * Runs a program in the launcher itself: for what all later children are to inherit, such as its mount namespace.
     *
     * @return the result of its last step
     * @throws LinuxException naming the step that failed
     */
    public long run(SyscallProgram program) {
        SeqpacketSocket.Message message = request(program).message();
        message.descriptors().forEach(Fd::close);
        return ProgramRunner.Answer.parse(message.bytes()).orThrow(program).result();
    }

    /**
     * Makes a child that waits for programs.
     *
     * @param namespaces {@code CLONE_NEW…} flags
     * @param pidNamespaceOf a process whose pid namespace the child joins, or null
     * @param cgroupDirectory a v2 control group to be born in, or null
     */
    public Child newChild(long namespaces, @Nullable Child pidNamespaceOf, @Nullable Fd cgroupDirectory) {
        return newChild(new CloneRequest(namespaces, pidNamespaceOf, cgroupDirectory, 0, 0));
    }

    /**
     * Makes a child that is to become a zygote: programs build a captured process's memory in it, and further programs
     * clone that.
     */
    public CloneServer newCloneServer() {
        return new CloneServer(newChild(new CloneRequest(0, null, null, 0, LauncherLayout.KEEP_PID_NAMESPACE)), this);
    }

    private Child newChild(CloneRequest how) {
        SeqpacketSocket.Pair pair = SeqpacketSocket.pair();
        try (Fd theirs = pair.theirs()) {
            SyscallProgram program = how.program(theirs);
            Reply reply = request(program);
            SeqpacketSocket.Message message = reply.message();
            ProgramRunner.Answer answer =
                    ProgramRunner.Answer.parse(message.bytes()).orThrow(program);
            return new Child(
                    answer.pid(), message.descriptors().getFirst(), new ProgramRunner(pair.ours()), reply.exit());
        } catch (RuntimeException failed) {
            pair.ours().close();
            throw failed;
        }
    }

    /**
     * The end of a process that one of the children has made as its sibling, and which is therefore the launcher's to
     * reap. Asked once for each such process, at any time after it was made.
     */
    CompletableFuture<ExitStatus> adopt(int child) {
        lock.lock();
        try {
            ExitStatus ended = unclaimed.remove(child);
            if (ended != null) {
                return CompletableFuture.completedFuture(ended);
            }
            CompletableFuture<ExitStatus> exit = new CompletableFuture<>();
            if (gone) {
                exit.complete(KILLED);
            } else {
                exits.put(child, exit);
            }
            return exit;
        } finally {
            lock.unlock();
        }
    }

    private Reply request(SyscallProgram program) {
        byte[] encoded = program.encode();
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        lock.lock();
        try {
            if (gone) {
                throw new IllegalStateException("the launcher has ended");
            }
            // Under the lock, so that answers match requests by order; the socket's buffer takes a message without
            // blocking. What could not be sent is not awaited.
            socket.send(encoded, program.descriptors());
            awaited.add(answer);
        } finally {
            lock.unlock();
        }
        try {
            return answer.join();
        } catch (CompletionException e) {
            throw new IllegalStateException("the launcher has ended", e);
        }
    }

    private void readAnswers() {
        try {
            while (true) {
                SeqpacketSocket.Message message = socket.receive(LauncherLayout.ANSWER);
                if (message.bytes().length == 0) {
                    break;
                }
                ProgramRunner.Answer answer = ProgramRunner.Answer.parse(message.bytes());
                if (answer.kind() == LauncherLayout.EXITED) {
                    childExited(answer);
                } else {
                    answered(message, answer.pid());
                }
            }
        } finally {
            launcherEnded();
        }
    }

    /** Here, and not in the thread that asked: the next message may already be the child's end. */
    private void answered(SeqpacketSocket.Message message, int child) {
        CompletableFuture<ExitStatus> exit = new CompletableFuture<>();
        CompletableFuture<Reply> next;
        lock.lock();
        try {
            next = awaited.remove();
            if (child > 0) {
                exits.put(child, exit);
            }
        } finally {
            lock.unlock();
        }
        next.complete(new Reply(message, exit));
    }

    private void childExited(ProgramRunner.Answer answer) {
        ExitStatus status = ExitStatus.of(answer.status(), answer.cpuNanos(), answer.peakKib());
        CompletableFuture<ExitStatus> exit;
        lock.lock();
        try {
            exit = exits.remove(answer.pid());
            if (exit == null) {
                keepUnclaimed(answer.pid(), status);
            }
        } finally {
            lock.unlock();
        }
        if (exit != null) {
            // On another thread: what follows an exit may itself ask the launcher for something.
            exit.completeAsync(() -> status, Thread::startVirtualThread);
        }
    }

    /** Of a clone that ended before it was adopted; the oldest belong to starts that failed long ago. */
    private void keepUnclaimed(int child, ExitStatus status) {
        unclaimed.remove(child);
        if (unclaimed.size() == MOST_UNCLAIMED) {
            unclaimed.pollFirstEntry();
        }
        unclaimed.put(child, status);
    }

    private void launcherEnded() {
        List<CompletableFuture<Reply>> unanswered;
        List<CompletableFuture<ExitStatus>> running;
        lock.lock();
        try {
            gone = true;
            unanswered = List.copyOf(awaited);
            running = List.copyOf(exits.values());
            awaited.clear();
            exits.clear();
        } finally {
            lock.unlock();
        }
        IllegalStateException reason = new IllegalStateException("the launcher has ended");
        unanswered.forEach(answer -> answer.completeExceptionally(reason));
        // The kernel kills a launcher's children with it.
        running.forEach(exit -> exit.complete(KILLED));
        ended.complete(null);
    }

    /** Ends the launcher, and with it every child that has not ended; returns when the launcher has. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        socket.shutdown();
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Kernel.call(WAIT4, pid, 0, 0, 0);
        socket.close();
        programImage.close();
    }
}
