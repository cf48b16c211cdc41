package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.StartKind;
import dev.instar.engine.StartPreference;
import dev.instar.engine.logs.InstanceOutput;
import dev.instar.runtime.Channel;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxPool;
import dev.instar.template.zygote.Zygote;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts an instance as a clone of its function's template in a fresh sandbox, and cold where there is no template or
 * the clone fails for a reason of ours. Thread-safe.
 */
public final class TemplateStart implements StartMethod {
    private static final Logger LOG = LoggerFactory.getLogger(TemplateStart.class);

    private final SandboxPool sandboxes;
    private final Workloads workloads;
    private final ZygoteProvider zygotes;
    private final StartMethod cold;
    private final CloneWaking waking;

    /**
     * @param cold starts what cannot be cloned
     * @param wakeTimeout how long waking up may take, after-restore hooks included
     * @param timer ends what takes longer
     */
    public TemplateStart(
            SandboxPool sandboxes,
            Workloads workloads,
            ZygoteProvider zygotes,
            StartMethod cold,
            Duration wakeTimeout,
            ScheduledExecutorService timer) {
        this.sandboxes = sandboxes;
        this.workloads = workloads;
        this.zygotes = zygotes;
        this.cold = cold;
        this.waking = new CloneWaking(workloads, wakeTimeout, timer);
    }

    @Override
    public StartedProcess start(String id, FunctionVersion version, InstanceOutput output, boolean background)
            throws InterruptedException {
        Zygote zygote = zygotes.zygote(version);
        if (zygote == null) {
            return cold.start(id, version, output, background);
        }
        try {
            return clone(zygote, id, version, output, background);
        } catch (StartFailedException e) {
            // Nothing has been accepted by the clone yet: the call can be served by another start.
            LOG.warn(
                    "{} is started cold, since its clone failed: {}",
                    version.spec().name(),
                    e.getMessage());
            zygotes.cloneFailed(version, zygote, String.valueOf(e.getMessage()));
            return cold.start(id, version, output, background);
        }
    }

    private StartedProcess clone(
            Zygote zygote, String id, FunctionVersion version, InstanceOutput output, boolean background)
            throws InterruptedException {
        Map<String, Long> phases = new LinkedHashMap<>();
        long began = System.nanoTime();
        Sandbox sandbox = seated(zygote, version, output);
        phases.put("seat", System.nanoTime() - began);
        boolean awake = false;
        try {
            List<Channel> channels = waking.wake(sandbox, id, version, output, background, phases);
            awake = true;
            zygotes.started(version, zygote, sandbox);
            return new StartedProcess(id, kind(version), sandbox, channels, output, phases);
        } finally {
            if (!awake) {
                SandboxTaking.destroy(sandbox);
            }
        }
    }

    private Sandbox seated(Zygote zygote, FunctionVersion version, InstanceOutput output) throws InterruptedException {
        Seat seat = zygotes.takeSeat(version, zygote);
        if (seat != null) {
            seat.output().belongTo(output);
            return seat.sandbox();
        }
        Sandbox sandbox = SandboxTaking.acquireForCall(sandboxes, output);
        try {
            sandbox.seat(workloads.forTemplate(version), zygote, false);
            return sandbox;
        } catch (SandboxException e) {
            throw SandboxTaking.failed(e);
        }
    }

    private static StartKind kind(FunctionVersion version) {
        return version.spec().start() == StartPreference.FORK ? StartKind.FORK : StartKind.TEMPLATE;
    }
}
