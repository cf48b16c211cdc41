package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartKind;
import dev.instar.engine.logs.InstanceOutput;
import dev.instar.runtime.Channel;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxPool;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;

/** Starts an instance by executing its runtime in a fresh sandbox and loading the handler. Thread-safe. */
public final class ColdStart implements StartMethod {
    private final SandboxPool sandboxes;
    private final Workloads workloads;
    private final HandlerLoading loading;

    /**
     * @param workloads what is executed in the sandbox
     * @param initTimeout how long loading the handler may take
     * @param timer ends what takes longer
     */
    public ColdStart(SandboxPool sandboxes, Workloads workloads, Duration initTimeout, ScheduledExecutorService timer) {
        this.sandboxes = sandboxes;
        this.workloads = workloads;
        this.loading = new HandlerLoading(initTimeout, timer);
    }

    @Override
    public StartedProcess start(String id, FunctionVersion version, InstanceOutput output, boolean background)
            throws InterruptedException {
        Map<String, Long> phases = new LinkedHashMap<>();
        long began = System.nanoTime();
        Sandbox sandbox = SandboxTaking.acquireForCall(sandboxes, output);
        long acquired = System.nanoTime();
        phases.put("sandbox", acquired - began);
        boolean loaded = false;
        try {
            List<Channel> channels = SandboxTaking.begin(() -> sandbox.start(workloads.of(version)));
            long executed = System.nanoTime();
            phases.put("execute", executed - acquired);
            loading.load(sandbox, channels.getFirst(), Workloads.settings(id, version), version, output);
            phases.put("init", System.nanoTime() - executed);
            loaded = true;
            return new StartedProcess(id, StartKind.COLD, sandbox, channels, output, phases);
        } finally {
            if (!loaded) {
                SandboxTaking.destroy(sandbox);
            }
        }
    }
}
