package dev.instar.sandbox;

import dev.instar.linux.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A process of ours in a sandbox's pid namespace, outside its control group, that ends all others in there. A signal to
 * everybody is the one order that is certain: the kernel gives it to all at once, under the lock that a fork needs too.
 * Killing what the control group lists is not, since a fork may be between list and signal, and a number may belong to
 * somebody else by then. Used by one thread at a time.
 */
final class Clearing implements AutoCloseable {
    private static final Duration END = Duration.ofSeconds(5);

    private final FramePlan plan;
    private final SandboxFrame frame;
    private final Child child;
    private final int lastPid;

    private Clearing(FramePlan plan, SandboxFrame frame, Child child, int lastPid) {
        this.plan = plan;
        this.frame = frame;
        this.child = child;
        this.lastPid = lastPid;
    }

    /**
     * Makes the process. A platform thread's to call: under a launcher that is stopped this takes as long as that.
     *
     * @throws RuntimeException if launcher or init have ended, or a step failed
     */
    static Clearing enter(FramePlan plan, SandboxFrame frame) {
        Child child = frame.launcher().newChild(0, frame.init(), null);
        try {
            requireInside(child, frame.init());
            return new Clearing(plan, frame, child, (int) child.run(plan.beginClearing()));
        } catch (RuntimeException e) {
            end(child);
            throw e;
        }
    }

    /** In a container whose launcher has been killed, nobody else would reap it, and the init would wait for it. */
    private static void end(Child child) {
        child.kill();
        child.awaitEnd(END);
        child.close();
    }

    /** The program proves it once more by itself; a signal to everybody is worth two locks. */
    private static void requireInside(Child child, Child init) {
        try {
            Path inside = pidNamespace(Integer.toString(init.pid()));
            if (!pidNamespace(Integer.toString(child.pid())).equals(inside)
                    || pidNamespace("self").equals(inside)) {
                throw new IllegalStateException("process " + child.pid() + " is not in the sandbox's pid namespace");
            }
        } catch (IOException e) {
            throw new IllegalStateException("the pid namespace of process " + child.pid() + " cannot be read", e);
        }
    }

    private static Path pidNamespace(String process) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc", process, "ns", "pid"));
    }

    /** Kills everything in the namespace but the init and itself; what is killed may take a while to end. */
    void killAll() {
        child.run(plan.killAll(frame.init()));
    }

    /**
     * Lets the next use number its processes like the first, and ends.
     *
     * @throws UnfitException if the process does not end in time
     */
    void forgetPids() throws UnfitException {
        child.run(plan.forgetPids(lastPid));
        child.disconnect();
        try {
            child.exit().copy().orTimeout(END.toSeconds(), TimeUnit.SECONDS).join();
        } catch (java.util.concurrent.CompletionException e) {
            throw new UnfitException(Destruction.TIMEOUT, "the clearing process did not end within " + END, e);
        }
    }

    /** Ends its process. */
    @Override
    public void close() {
        end(child);
    }
}
