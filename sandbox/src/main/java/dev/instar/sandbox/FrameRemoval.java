package dev.instar.sandbox;

import dev.instar.linux.Child;
import dev.instar.linux.ControlGroup;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Takes frames down. Thread-safe. */
final class FrameRemoval {
    /** How long processes may take to end. */
    static final Duration LONGEST_END = Duration.ofSeconds(20);

    private FrameRemoval() {}

    /**
     * Ends what lives in a frame and removes it from the host.
     *
     * @param others of its processes, closed in any case
     * @throws Exception if something of it is left; the frame stays open then, for {@link Remains}
     */
    static void remove(SandboxFrame frame, Child... others) throws Exception {
        try {
            frame.init().kill();
            frame.init()
                    .exit()
                    .copy()
                    .orTimeout(LONGEST_END.toSeconds(), TimeUnit.SECONDS)
                    .join();
            for (Child other : others) {
                requireEnd(other, LONGEST_END);
            }
            remove(frame.init(), frame.group(), LONGEST_END);
            frame.closeNetwork();
        } finally {
            for (Child other : others) {
                other.close();
            }
        }
    }

    /**
     * Ends the first process of a sandbox, and with it whatever else is in its pid namespace, and removes the group.
     *
     * @param init closed in the end; null if there is none
     * @param longest how long each of both may take
     * @throws TimeoutException if the process runs on
     * @throws dev.instar.linux.ControlGroupException if the group cannot be removed
     */
    static void remove(@Nullable Child init, ControlGroup group, Duration longest) throws TimeoutException {
        if (init != null) {
            init.kill();
            requireEnd(init, longest);
        }
        group.delete(longest);
        if (init != null) {
            init.close();
        }
    }

    /** Waits in the kernel: after the launcher's end nobody reports that of its children. */
    static void requireEnd(Child child, Duration longest) throws TimeoutException {
        if (!child.awaitEnd(longest)) {
            throw new TimeoutException("process " + child.pid() + " runs on");
        }
    }
}
