package dev.instar.engine.node;

import dev.instar.sandbox.SandboxPool;
import java.io.IOException;
import java.nio.file.Path;

/** Makes the pool of sandboxes that an engine uses and closes. */
@FunctionalInterface
public interface SandboxPoolFactory {
    /**
     * Called once, after the data directory has been locked, so that leftovers of an earlier run can be removed.
     *
     * @param instarFiles directory that is to appear read-only as {@code /instar} in every sandbox
     * @throws IOException saying what the host lacks
     */
    SandboxPool open(Path instarFiles) throws IOException;
}
