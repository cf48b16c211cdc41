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
     * Ends what lives in a frame and removes it from the host; its descriptors are closed in any case.
     *
     * @param others of its processes, to be closed with it
     * @throws Exception if something of it is left; its ids must not be given to anybody then
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
                requireEnd(other);
            }
            requireEnd(frame.init());
            frame.group().delete(LONGEST_END);
        } finally {
            for (Child other : others) {
                other.close();
            }
            frame.closeDescriptors();
        }
    }

    private static void requireEnd(Child child) throws TimeoutException {
        // After the launcher's end nobody reports that of its children.
        if (!child.awaitEnd(LONGEST_END)) {
            throw new TimeoutException("process " + child.pid() + " runs on");
        }
    }
}
