package dev.instar.sandbox;

import dev.instar.linux.Child;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

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
            requireEnd(frame.init(), LONGEST_END);
            frame.group().delete(LONGEST_END);
            frame.closeDescriptors();
        } finally {
            for (Child other : others) {
                other.close();
            }
        }
    }

    /** Waits in the kernel: after the launcher's end nobody reports that of its children. */
    static void requireEnd(Child child, Duration longest) throws TimeoutException {
        if (!child.awaitEnd(longest)) {
            throw new TimeoutException("process " + child.pid() + " runs on");
        }
    }
}
