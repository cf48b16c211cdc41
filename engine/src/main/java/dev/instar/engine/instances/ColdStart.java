package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.StartKind;
import dev.instar.engine.logs.InstanceOutput;
import dev.instar.runtime.Channel;
import dev.instar.runtime.ChannelException;
import dev.instar.runtime.InitResult;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import dev.instar.sandbox.SandboxPool;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Starts an instance by executing its runtime in a fresh sandbox and loading the handler. Thread-safe. */
public final class ColdStart implements StartMethod {
    private final SandboxPool sandboxes;
    private final Workloads workloads;
    private final Duration initTimeout;
    private final ScheduledExecutorService timer;

    /**
     * @param workloads what is executed in the sandbox
     * @param initTimeout how long loading the handler may take
     * @param timer ends what takes longer
     */
    public ColdStart(SandboxPool sandboxes, Workloads workloads, Duration initTimeout, ScheduledExecutorService timer) {
        this.sandboxes = sandboxes;
        this.workloads = workloads;
        this.initTimeout = initTimeout;
        this.timer = timer;
    }

    @Override
    public StartedProcess start(String id, FunctionVersion version, InstanceOutput output) throws InterruptedException {
        Map<String, Long> phases = new LinkedHashMap<>();
        long began = System.nanoTime();
        Sandbox sandbox = acquire(output);
        long acquired = System.nanoTime();
        phases.put("sandbox", acquired - began);
        boolean loaded = false;
        try {
            List<Channel> channels = execute(sandbox, version);
            long executed = System.nanoTime();
            phases.put("execute", executed - acquired);
            load(sandbox, channels.getFirst(), id, version, output);
            phases.put("init", System.nanoTime() - executed);
            loaded = true;
            return new StartedProcess(id, StartKind.COLD, sandbox, channels, output, phases);
        } finally {
            if (!loaded) {
                destroy(sandbox);
            }
        }
    }

    private Sandbox acquire(InstanceOutput output) throws InterruptedException {
        try {
            return sandboxes.acquire(output);
        } catch (SandboxException e) {
            throw new StartFailedException(e.phase(), String.valueOf(e.getMessage()), e);
        }
    }

    private List<Channel> execute(Sandbox sandbox, FunctionVersion version) {
        try {
            List<SocketChannel> sockets = sandbox.start(workloads.of(version));
            return sockets.stream().map(Channel::new).toList();
        } catch (SandboxException e) {
            throw new StartFailedException(e.phase(), String.valueOf(e.getMessage()), e);
        }
    }

    private void load(Sandbox sandbox, Channel channel, String id, FunctionVersion version, InstanceOutput output) {
        AtomicBoolean tookTooLong = new AtomicBoolean();
        ScheduledFuture<?> guard = timer.schedule(
                () -> {
                    tookTooLong.set(true);
                    channel.close();
                },
                initTimeout.toMillis(),
                TimeUnit.MILLISECONDS);
        try {
            channel.init(Workloads.settings(id, version));
            if (channel.awaitReady() instanceof InitResult.InitFailure failure) {
                failure.trace().lines().forEach(output::remark);
                throw new StartFailedException("init", failure.type() + ": " + failure.message(), null);
            }
        } catch (ChannelException e) {
            String reason = tookTooLong.get()
                    ? "loading the handler took longer than " + initTimeout.toMillis() + " ms"
                    : LossReason.of(sandbox, version.spec().limits().memoryBytes(), String.valueOf(e.getMessage()));
            output.lastErrors().forEach(line -> output.remark("last output: " + line));
            throw new StartFailedException("init", reason, e);
        } catch (IllegalArgumentException e) {
            throw new StartFailedException("init", String.valueOf(e.getMessage()), e);
        } finally {
            guard.cancel(false);
        }
    }

    /** The end of a start can be an interrupt, and the sandbox has to go all the same. */
    private static void destroy(Sandbox sandbox) {
        boolean interrupted = Thread.interrupted();
        try {
            sandbox.close();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
