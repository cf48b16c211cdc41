package dev.instar.sandbox;

import dev.instar.linux.CloneFlags;
import dev.instar.linux.Launcher;
import dev.instar.linux.MountFlags;
import dev.instar.linux.Steps;
import dev.instar.linux.SyscallProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The launcher of a pool, with the base root mounted for all that it makes; and another one when it has been killed,
 * which nothing of ours does, but the host may when it is out of memory. Thread-safe.
 */
final class Launchers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Launchers.class);

    private final Path runDirectory;
    private final BaseRoot base;
    private final Path instarFiles;
    private final AtomicInteger lost = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private Launcher launcher;
    private boolean closed;

    private Launchers(Path runDirectory, BaseRoot base, Path instarFiles) throws IOException {
        this.runDirectory = runDirectory;
        this.base = base;
        this.instarFiles = instarFiles;
        this.launcher = start();
    }

    /**
     * Starts the first.
     *
     * @param runDirectory the node's own
     * @param instarFiles appears as {@code /instar} in the base root
     * @throws IOException if it cannot be started
     */
    static Launchers open(Path runDirectory, BaseRoot base, Path instarFiles) throws IOException {
        return new Launchers(runDirectory, base, instarFiles);
    }

    private Launcher start() throws IOException {
        Launcher started = Launcher.start(runDirectory.resolve("launcher").toString());
        try {
            started.run(privateMounts());
        } catch (RuntimeException e) {
            started.close();
            throw e;
        }
        CompletableFuture<Void> _ = started.ended().thenRunAsync(() -> report(started), Thread::startVirtualThread);
        return started;
    }

    private SyscallProgram privateMounts() {
        Steps steps = new Steps(new SyscallProgram());
        steps.unshare(CloneFlags.NEWNS);
        // A slave still lets go of what the host unmounts, and shows the host nothing of ours.
        steps.mount("", "/", "", MountFlags.REC | MountFlags.SLAVE, "");
        base.mount(steps, instarFiles);
        return steps.program();
    }

    private void report(Launcher ended) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            lost.incrementAndGet();
        } finally {
            lock.unlock();
        }
        LOG.error(
                "the launcher, process {}, has ended unexpectedly, and all sandboxes with it; another is started",
                ended.pid());
        // So that no zombie is left until the node ends.
        ended.close();
    }

    /**
     * The one that lives. A platform thread's to call: where the last has ended it starts another, some 10 ms.
     *
     * @throws IOException if it cannot be started, or this is closed
     * @throws RuntimeException naming the system call that failed
     */
    Launcher living() throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("the pool is closed");
            }
            if (launcher.hasEnded()) {
                // Its mounts went with its mount namespace: the directories are as bare as at the start.
                launcher = start();
            }
            return launcher;
        } finally {
            lock.unlock();
        }
    }

    /** How many have ended that should not have. */
    int lost() {
        return lost.get();
    }

    @Override
    public void close() {
        Launcher last;
        lock.lock();
        try {
            closed = true;
            last = launcher;
        } finally {
            lock.unlock();
        }
        last.close();
    }
}
