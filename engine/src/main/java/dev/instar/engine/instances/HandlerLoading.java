package dev.instar.engine.instances;

import dev.instar.engine.FunctionVersion;
import dev.instar.engine.StartFailedException;
import dev.instar.engine.logs.InstanceOutput;
import dev.instar.runtime.Channel;
import dev.instar.runtime.ChannelException;
import dev.instar.runtime.InitResult;
import dev.instar.runtime.ParkResult;
import dev.instar.runtime.ShimSettings;
import dev.instar.runtime.WakeResult;
import dev.instar.runtime.WakeSettings;
import dev.instar.sandbox.Sandbox;
import dev.instar.sandbox.SandboxException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** Brings a started process to the point where it can take calls, within a time limit. Thread-safe. */
final class HandlerLoading {
    private final Duration atMost;
    private final ScheduledExecutorService timer;

    /** @param timer ends what takes longer than {@code atMost} */
    HandlerLoading(Duration atMost, ScheduledExecutorService timer) {
        this.atMost = atMost;
        this.timer = timer;
    }

    /** Has the shim load the handler. */
    void load(Sandbox sandbox, Channel channel, ShimSettings settings, FunctionVersion version, InstanceOutput output) {
        within("init", "loading the handler", sandbox, channel, version, output, () -> {
            channel.init(settings);
            if (channel.awaitReady() instanceof InitResult.InitFailure failure) {
                failure.trace().lines().forEach(output::remark);
                throw new StartFailedException("init", failure.type() + ": " + failure.message(), null);
            }
        });
    }

    /**
     * Tells a clone who it is.
     *
     * @param background as for {@link Channel#wake}
     */
    void wake(
            Sandbox sandbox,
            Channel channel,
            WakeSettings settings,
            boolean background,
            FunctionVersion version,
            InstanceOutput output) {
        within("wake", "waking up", sandbox, channel, version, output, () -> {
            channel.wake(settings, background);
            if (channel.awaitAwake() instanceof WakeResult.WakeFailure failure) {
                failure.trace().lines().forEach(output::remark);
                throw new StartFailedException("wake", failure.type() + ": " + failure.message(), null);
            }
        });
    }

    /** Lets an idle process get ready to be captured. */
    ParkResult park(Sandbox sandbox, Channel channel, FunctionVersion version, InstanceOutput output) {
        AtomicReference<ParkResult> result = new AtomicReference<>();
        within("park", "parking", sandbox, channel, version, output, () -> result.set(channel.park()));
        return Objects.requireNonNull(result.get());
    }

    private void within(
            String phase,
            String what,
            Sandbox sandbox,
            Channel channel,
            FunctionVersion version,
            InstanceOutput output,
            Runnable exchange) {
        AtomicBoolean tookTooLong = new AtomicBoolean();
        ScheduledFuture<?> guard = timer.schedule(
                () -> {
                    tookTooLong.set(true);
                    channel.close();
                },
                atMost.toMillis(),
                TimeUnit.MILLISECONDS);
        try {
            exchange.run();
        } catch (ChannelException e) {
            settle(sandbox);
            String reason = tookTooLong.get()
                    ? what + " took longer than " + atMost.toMillis() + " ms"
                    : LossReason.of(sandbox, version.spec().limits().memoryBytes(), String.valueOf(e.getMessage()));
            output.lastErrors().forEach(line -> output.remark("last output: " + line));
            throw new StartFailedException(phase, reason, e);
        } catch (IllegalArgumentException e) {
            throw new StartFailedException(phase, String.valueOf(e.getMessage()), e);
        } finally {
            guard.cancel(false);
        }
    }

    /** A clone that was never made says more than the end of its channel. */
    private static void settle(Sandbox sandbox) {
        try {
            sandbox.settle();
        } catch (SandboxException e) {
            throw SandboxTaking.failed(e);
        }
    }
}
