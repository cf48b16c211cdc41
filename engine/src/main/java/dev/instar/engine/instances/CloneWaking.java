package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.logs.InstanceOutput;
import dev.instar.runtime.Channel;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;

/** Lets a clone that is seated in a sandbox run, as an instance of its own. Thread-safe. */
final class CloneWaking {
    private final HandlerLoading loading;
    private final CloneIdentities identities;

    /**
     * @param atMost how long waking up may take, after-restore hooks included
     * @param timer ends what takes longer
     */
    CloneWaking(Workloads workloads, Duration atMost, ScheduledExecutorService timer) {
        this.loading = new HandlerLoading(atMost, timer);
        this.identities = new CloneIdentities(workloads);
    }

    /**
     * Returns when the clone has said that it is awake. On a failure the caller destroys the sandbox.
     *
     * @param id what the instance is called from now on
     * @param background whether no call waits, so that it may say so before it has done all that is to be done
     * @param phases is given what the parts of it took, in nanoseconds
     * @throws StartFailedException naming the phase
     */
    List<Channel> wake(
            Sandbox sandbox,
            String id,
            FunctionVersion version,
            InstanceOutput output,
            boolean background,
            Map<String, Long> phases) {
        try {
            long began = System.nanoTime();
            List<Channel> channels = SandboxTaking.begin(sandbox::begin);
            long begun = System.nanoTime();
            phases.put("begin", begun - began);
            loading.wake(
                    sandbox, channels.getFirst(), identities.of(id, version, sandbox), background, version, output);
            phases.put("wake", System.nanoTime() - begun);
            sandbox.settle();
            sandbox.awake();
            return channels;
        } catch (SandboxException e) {
            throw SandboxTaking.failed(e);
        }
    }
}
