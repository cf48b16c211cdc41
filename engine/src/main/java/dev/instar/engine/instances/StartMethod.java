package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.logs.InstanceOutput;

/** A way to bring an instance into being. Thread-safe. */
public interface StartMethod {
    /**
     * Starts an instance and returns when its handler is loaded. Nothing is left of it after a failure.
     *
     * @param id the instance's id
     * @param output where its output goes
     * @param background whether no call waits for it, so that what can be left until its first call may be
     * @throws StartFailedException naming the phase that failed
     * @throws InterruptedException if interrupted
     */
    StartedProcess start(String id, FunctionVersion version, InstanceOutput output, boolean background)
            throws InterruptedException;
}
