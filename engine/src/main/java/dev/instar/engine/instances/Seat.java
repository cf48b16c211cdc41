package dev.instar.engine.instances;

import dev.instar.sandbox.OutputSink;
import dev.instar.sandbox.Sandbox;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A clone that waits in a sandbox, in front of its first own instruction. Making one takes longest where the kernel
 * moves it into its control group: after a quiet spell a grace period of the kernel's, some milliseconds.
 *
 * @param sandbox where it waits
 * @param output will be its instance's output
 */
public record Seat(Sandbox sandbox, LateOutput output) implements AutoCloseable {
    /** Output whose owner is known only when the instance is. Thread-safe. */
    public static final class LateOutput implements OutputSink {
        private volatile @Nullable OutputSink owner;

        /** Names the owner; before anything of the instance's own has run. */
        void belongTo(OutputSink sink) {
            owner = sink;
        }

        @Override
        public void line(boolean error, String line) {
            Objects.requireNonNull(owner, "nothing of an instance's own runs in a seat")
                    .line(error, line);
        }
    }

    @Override
    public void close() {
        SandboxTaking.destroy(sandbox);
    }
}
